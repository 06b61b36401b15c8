"""Writes tiny models as the converter makes them; run as a program of its own, as TensorFlow and a runtime do not mix.

    photo uint8 [1, 160, 160, 3] -> means of 2 x 4 tiles, standardised -> feature float32 [1, 8] -> logits [1, n]

Class k of a head is tile k: a photo that is bright in tile k alone is of class k.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import tensorflow as tf

PHOTO = tf.TensorSpec((1, 160, 160, 3), tf.uint8, name="photo")


def write_prefix(path: Path) -> None:
    """Write the prefix of every test."""

    def run(photo: tf.Tensor) -> dict[str, tf.Tensor]:
        tiles = tf.nn.avg_pool2d((tf.cast(photo, tf.float32) - 127.5) / 128.0, (80, 40), (80, 40), "VALID")
        return {"feature": tf.reshape(tf.reduce_mean(tiles, axis=3), (1, 8))}

    write(path, run, PHOTO, signature="prefix")


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


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    write_prefix(folder / "prefix.tflite")
    write_head(folder / "three.tflite", classes=3)
    write_head(folder / "four.tflite", classes=4)
    write_head(folder / "one.tflite", classes=1)
    write_head(folder / "steeper.tflite", classes=3, scale=5.1)
    write_head(folder / "nine.tflite", classes=3, features=9)
    write_head(folder / "tail.tflite", classes=3, signature="tail")
    write_head(folder / "endless.tflite", classes=3, scale=float("inf"))
