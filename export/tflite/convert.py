"""Keras networks to TFLite files. No other module imports TensorFlow proper.

A file has one named signature (`contract.cuts`), batch one, and builtin operators only, since neither runtime of the
devices has TensorFlow's own. Batch normalisation runs on its stored statistics. A prefix of photos takes them as uint8
and standardizes them inside, so that no client can get it wrong.
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
    PREFIX_SIGNATURE,
)
from contract.inputs import ModelInput, PhotoInput
from contract.manifest import Precision
from export.errors import ConversionError
from export.network.standardization import Standardization, standardize_inside
from export.quiet import silence
from export.tflite.quantize import Quantize

CALIBRATION_INPUTS = 64
"""Of 64, 140 and 300 photos, 64 gave the features closest to float32's."""
MAX_REASON_CHARACTERS = 300

QUANTIZE_OF = {
    Precision.FLOAT32: Quantize.NONE,
    Precision.FLOAT16: Quantize.FLOAT16,
    Precision.DYNAMIC: Quantize.DYNAMIC,
}

Inputs = NDArray[Any]
"""(n, *shape), as the bundle's input says."""


def convert_prefix(
    prefix: keras.Model,
    *,
    model_input: ModelInput,
    standardization: Standardization,
    quantize: Quantize,
    calibration: Inputs | None = None,
) -> bytes:
    """Make a file that takes "photo" or "tensor", (1, *input shape), and gives "feature", float32 (1, *shape).

    `prefix` takes photos that are standardized so. `calibration`, inputs (n, *shape), serves int8 alone.

    Raises:
        ConversionError: a network that builtin operators cannot express, or int8 without inputs to calibrate on.
    """
    if quantize is not Quantize.INT8:
        calibration = None
    elif calibration is None or len(calibration) == 0:
        raise ConversionError("int8 conversion", expected="inputs to calibrate on", got="none")

    def standardize_and_run(given: Any) -> Any:
        taken = standardize_inside(given, standardization) if isinstance(model_input, PhotoInput) else given
        return {FEATURE_TENSOR: prefix(taken, training=False)}

    shape, dtype = model_input.shape, model_input.dtype.name
    endpoint = _Endpoint(prefix, standardize_and_run, PREFIX_SIGNATURE, model_input.name, dtype, shape)
    return _convert(endpoint, quantize, calibration)


def convert_head(head: keras.Model, *, precision: Precision) -> bytes:
    """Make a file that takes "feature", float32 (1, *shape), and gives "logits", float32 (1, classes).

    Raises:
        ConversionError: a network that builtin operators cannot express.
    """

    def run(feature: Any) -> Any:
        return {LOGITS_OUTPUT: head(feature, training=False)}

    shape = tuple(head.inputs[0].shape[1:])
    endpoint = _Endpoint(head, run, HEAD_SIGNATURE, FEATURE_TENSOR, "float32", shape)
    return _convert(endpoint, QUANTIZE_OF[precision])


def tflite_schema() -> Any:
    """Return the classes of TFLite's file format that come with TensorFlow: others bring a second TFLite along."""
    from tensorflow.lite.python import schema_py_generated

    return schema_py_generated


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
    shape: tuple[int, ...]
    """Of that input, without the batch."""


def _convert(endpoint: _Endpoint, quantize: Quantize, calibration: Inputs | None = None) -> bytes:
    try:
        with silence(), tempfile.TemporaryDirectory() as folder:
            _save(endpoint, folder)
            converter = _converter(endpoint, quantize, folder)
            if calibration is not None:
                converter.representative_dataset = lambda: _single_inputs(endpoint, _spread(calibration))
            return bytes(converter.convert())
    except Exception as error:  # the converter's errors have no class of their own
        raise ConversionError(
            f"TFLite conversion of {endpoint.model.name}", expected="builtin operators", got=_reason(error)
        ) from error


def _save(endpoint: _Endpoint, folder: str) -> None:
    import tensorflow as tf

    archive = keras.export.ExportArchive()
    archive.track(endpoint.model)
    takes = tf.TensorSpec([1, *endpoint.shape], endpoint.dtype, name=endpoint.takes)
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


def _spread(inputs: Inputs) -> Inputs:
    """Choose at most 64 of the inputs, from all over: neighbours are of one label."""
    chosen: Inputs = inputs[np.unique(np.linspace(0, len(inputs) - 1, CALIBRATION_INPUTS).astype(int))]
    return chosen


def _single_inputs(endpoint: _Endpoint, inputs: Inputs) -> Iterator[tuple[str, dict[str, Inputs]]]:
    return ((endpoint.signature, {endpoint.takes: one[np.newaxis]}) for one in inputs)


def _reason(error: Exception) -> str:
    """Sum up in one line what may be pages: the operators that are missing, where the converter names them."""
    missing = re.search(r"(?:Flex|Custom) ops: (.+)", str(error))
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"the operators {missing[1]}" if missing else (lines or [type(error).__name__])[0][:MAX_REASON_CHARACTERS]
