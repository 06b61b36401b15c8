"""Writes tiny models as the converter makes them; run as a program of its own, as TensorFlow and a runtime do not mix.

    photo uint8 [1, 160, 160, 3] -> means of 2 x 4 tiles, standardised -> feature float32 [1, 8] -> logits [1, n]
    photo uint8 [1, 80, 160, 1]  -> the same of its middle, 80 wide: what a letterbox makes of a square photo
    tensor float32 [1, 8, 4]     -> means of its 8 rows

    the face detector, where the package that carries it is installed

Class k of a head is tile or row k: a photo that is bright in tile k alone is of class k.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import tensorflow as tf

ROOT = Path(__file__).resolve().parents[2]
PHOTO = tf.TensorSpec((1, 160, 160, 3), tf.uint8, name="photo")
GREY_PHOTO = tf.TensorSpec((1, 80, 160, 1), tf.uint8, name="photo")
TENSOR = tf.TensorSpec((1, 8, 4), tf.float32, name="tensor")


def write_prefix(path: Path) -> None:
    """Write the prefix of every test."""

    def run(photo: tf.Tensor) -> dict[str, tf.Tensor]:
        tiles = tf.nn.avg_pool2d((tf.cast(photo, tf.float32) - 127.5) / 128.0, (80, 40), (80, 40), "VALID")
        return {"feature": tf.reshape(tf.reduce_mean(tiles, axis=3), (1, 8))}

    write(path, run, PHOTO, signature="prefix")


def write_grey_prefix(path: Path) -> None:
    """Write a prefix of grey photos twice as wide as high, which sees their middle."""

    def run(photo: tf.Tensor) -> dict[str, tf.Tensor]:
        middle = tf.cast(photo[:, :, 40:120], tf.float32)
        tiles = tf.nn.avg_pool2d((middle - 127.5) / 128.0, (40, 20), (40, 20), "VALID")
        return {"feature": tf.reshape(tiles, (1, 8))}

    write(path, run, GREY_PHOTO, signature="prefix")


def write_tensor_prefix(path: Path) -> None:
    """Write a prefix of tensors."""

    def run(tensor: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"feature": tf.reduce_mean(tensor, axis=2)}

    write(path, run, TENSOR, signature="prefix")


def write_head(path: Path, *, classes: int, scale: float = 5.0, features: int = 8, signature: str = "head") -> None:
    """Write a head whose class k is `scale` times feature k."""

    def run(feature: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"logits": tf.matmul(feature, scale * tf.eye(features, classes))}

    write(path, run, tf.TensorSpec((1, features), tf.float32, name="feature"), signature=signature)


def write(
    path: Path, run: Callable[[tf.Tensor], dict[str, tf.Tensor]], takes: tf.TensorSpec, *, signature: str
) -> None:
    """Convert one function."""
    module, saved = tf.Module(), str(path.with_suffix(".saved"))
    module.run = tf.function(run, input_signature=[takes])
    tf.saved_model.save(module, saved, signatures={signature: module.run})
    path.write_bytes(tf.lite.TFLiteConverter.from_saved_model(saved, signature_keys=[signature]).convert())


def write_detector(path: Path) -> None:
    """Write what finds faces, or nothing where its package is not installed; another file than expected is an error."""
    sys.path.insert(0, str(ROOT))
    from export.errors import ConversionError
    from export.tflite.detector import read_source, rewrite_detector

    try:
        source = read_source()
    except ConversionError:
        return
    path.write_bytes(rewrite_detector(source))


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    write_prefix(folder / "prefix.tflite")
    write_grey_prefix(folder / "grey-prefix.tflite")
    write_tensor_prefix(folder / "tensor-prefix.tflite")
    write_head(folder / "three.tflite", classes=3)
    write_head(folder / "four.tflite", classes=4)
    write_head(folder / "one.tflite", classes=1)
    write_head(folder / "flat.tflite", classes=3, scale=0.0)
    write_head(folder / "steeper.tflite", classes=3, scale=5.1)
    write_head(folder / "nine.tflite", classes=3, features=9)
    write_head(folder / "tail.tflite", classes=3, signature="tail")
    write_head(folder / "endless.tflite", classes=3, scale=float("inf"))
    write_detector(folder / "detector.tflite")
