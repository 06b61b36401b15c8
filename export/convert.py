"""Keras networks to TFLite files. No other module imports TensorFlow proper.

A file has one named signature (`contract.cuts`), batch one, and builtin operators only, since neither runtime of the
devices has TensorFlow's own. Batch normalisation runs on its stored statistics. The prefix takes the photo as uint8
and standardises it inside, so that no client can get it wrong.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from contract.cuts import (
    FEATURE_TENSOR,
    HEAD_SIGNATURE,
    LOGITS_OUTPUT,
    PHOTO_INPUT,
    PIXEL_MEAN,
    PIXEL_SCALE,
    PREFIX_SIGNATURE,
)
from contract.manifest import Precision
from export.errors import ConversionError
from export.quantize import Quantize
from export.quiet import silence

CALIBRATION_PHOTOS = 64
"""Of 64, 140 and 300 photos, 64 gave the features closest to float32's."""
MAX_REASON_CHARACTERS = 300

QUANTIZE_OF = {
    Precision.FLOAT32: Quantize.NONE,
    Precision.FLOAT16: Quantize.FLOAT16,
    Precision.DYNAMIC: Quantize.DYNAMIC,
}

Photos = NDArray[np.uint8]


def convert_prefix(prefix: keras.Model, *, quantize: Quantize, calibration_photos: Photos | None = None) -> bytes:
    """Make a file that takes "photo", uint8 (1, height, width, 3), and gives "feature", float32 (1, *shape).

    `prefix` takes standardised photos. `calibration_photos`, uint8 (n, height, width, 3), serve int8 alone.

    Raises:
        ConversionError: a network that builtin operators cannot express, or int8 without calibration photos.
    """
    if quantize is not Quantize.INT8:
        calibration_photos = None
    elif calibration_photos is None or len(calibration_photos) == 0:
        raise ConversionError("int8 conversion", expected="calibration photos", got="none")

    def standardise_and_run(photo: Any) -> Any:
        pixels = keras.ops.cast(photo, "float32")
        return {FEATURE_TENSOR: prefix((pixels - PIXEL_MEAN) / PIXEL_SCALE, training=False)}

    endpoint = _Endpoint(prefix, standardise_and_run, signature=PREFIX_SIGNATURE, takes=PHOTO_INPUT, dtype="uint8")
    return _convert(endpoint, quantize, calibration_photos)


def convert_head(head: keras.Model, *, precision: Precision) -> bytes:
    """Make a file that takes "feature", float32 (1, *shape), and gives "logits", float32 (1, classes).

    Raises:
        ConversionError: a network that builtin operators cannot express.
    """

    def run(feature: Any) -> Any:
        return {LOGITS_OUTPUT: head(feature, training=False)}

    endpoint = _Endpoint(head, run, signature=HEAD_SIGNATURE, takes=FEATURE_TENSOR, dtype="float32")
    return _convert(endpoint, QUANTIZE_OF[precision])


def standardise(photos: Photos) -> NDArray[np.float32]:
    """Scale photos (n, height, width, 3) as the Keras network takes them: what the prefix file does inside."""
    return (photos.astype(np.float32) - np.float32(PIXEL_MEAN)) / np.float32(PIXEL_SCALE)


@dataclass(frozen=True, slots=True)
class _Endpoint:
    """A function over a model's variables."""

    model: keras.Model
    function: Callable[[Any], Any]
    signature: str
    takes: str
    """The name of its one input."""
    dtype: str
    """Of that input."""


def _convert(endpoint: _Endpoint, quantize: Quantize, calibration_photos: Photos | None = None) -> bytes:
    try:
        with silence(), tempfile.TemporaryDirectory() as folder:
            _save(endpoint, folder)
            converter = _converter(endpoint, quantize, folder)
            if calibration_photos is not None:
                converter.representative_dataset = lambda: _single_photos(endpoint, _spread(calibration_photos))
            return bytes(converter.convert())
    except Exception as error:  # the converter's errors have no class of their own
        raise ConversionError(
            f"TFLite conversion of {endpoint.model.name}", expected="builtin operators", got=_reason(error)
        ) from error


def _save(endpoint: _Endpoint, folder: str) -> None:
    import tensorflow as tf

    archive = keras.export.ExportArchive()
    archive.track(endpoint.model)
    shape = [1, *endpoint.model.inputs[0].shape[1:]]
    takes = tf.TensorSpec(shape, endpoint.dtype, name=endpoint.takes)
    archive.add_endpoint(endpoint.signature, endpoint.function, [takes])
    archive.write_out(folder, verbose=False)


def _converter(endpoint: _Endpoint, quantize: Quantize, folder: str) -> Any:
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=[endpoint.signature])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    converter.exclude_conversion_metadata = True  # it names this machine's versions: other bytes, same function
    # Scales for each channel of a dense layer need FULLY_CONNECTED version 12, which tflite-runtime 2.14 has not.
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    if quantize is not Quantize.NONE:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if quantize is Quantize.FLOAT16:
        converter.target_spec.supported_types = [tf.float16]
    return converter


def _spread(photos: Photos) -> Photos:
    """Choose at most 64 of the photos, from all over: neighbours are of one person."""
    chosen: Photos = photos[np.unique(np.linspace(0, len(photos) - 1, CALIBRATION_PHOTOS).astype(int))]
    return chosen


def _single_photos(endpoint: _Endpoint, photos: Photos) -> Iterator[tuple[str, dict[str, Photos]]]:
    return ((endpoint.signature, {endpoint.takes: photo[np.newaxis]}) for photo in photos)


def _reason(error: Exception) -> str:
    """Sum up in one line what may be pages: the operators that are missing, where the converter names them."""
    missing = re.search(r"(?:Flex|Custom) ops: (.+)", str(error))
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"the operators {missing[1]}" if missing else (lines or [type(error).__name__])[0][:MAX_REASON_CHARACTERS]
