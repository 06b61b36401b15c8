"""A converted head as a template: another classifier is written into its file, without the converter.

Of two heads with one body, files differ in the last layer alone::

    ... -> embedding (1, d) -> FULLY_CONNECTED -> logits (1, classes)
               weights (classes, d): float32, or int8 times one scale, as the converter would choose it
               bias (classes,): float32

The converter takes a second for each file, whatever it writes; this takes milliseconds. A file of which anything looks
different makes no template, and a classifier that the converter might treat otherwise is left to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
from numpy.typing import NDArray

from export.tflite.convert import tflite_schema

SMALLEST_QUANTISED = 1024
"""Weights of fewer numbers stay float32 in a dynamic-range file."""
MOST_INT8 = 127
SMALLEST_SIZE = 1e-6
"""Where no weight is larger, the converter takes them all for zero, or has a scale of its own."""
ALIGNMENT = 16
"""Of constants, which the schema asks for and Python's builder does not keep by itself."""
_IDENTIFIER = b"TFL3"

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class HeadTemplate:
    """A file and the places in it, as indices of tensors, that belong to its classifier."""

    content: bytes
    weights: int
    bias: int
    logits: int
    is_dynamic: bool
    """Whether large weights are int8."""

    @classmethod
    def of(cls, content: bytes, *, kernel: Floats, bias: Floats, is_dynamic: bool) -> HeadTemplate | None:
        """Find the places in a file that was made of a head with this classifier; None where it looks different."""
        model = _parse(content)
        if len(model.subgraphs) != 1:
            return None
        graph = model.subgraphs[0]
        last = graph.operators[-1]
        code = model.operatorCodes[last.opcodeIndex].builtinCode
        if code != tflite_schema().BuiltinOperator.FULLY_CONNECTED or len(last.inputs) != 3:
            return None
        if last.builtinOptions.fusedActivationFunction != tflite_schema().ActivationFunctionType.NONE:
            return None
        _, weights, biases = (int(place) for place in last.inputs)
        found = cls(content, weights, biases, int(last.outputs[0]), is_dynamic)
        return found if found._holds(model, kernel, bias) else None

    def fill(self, kernel: Floats, bias: Floats) -> bytes | None:
        """Return the file of a head with another classifier: a kernel (d, classes) and a bias (classes,).

        Return None where the converter's own file could be of another kind.
        """
        if not _is_usual(kernel, bias):
            return None
        model = _parse(self.content)
        graph = model.subgraphs[0]
        weights = graph.tensors[self.weights]
        width, classes = kernel.shape
        is_quantised = weights.type == tflite_schema().TensorType.INT8
        if int(weights.shape[1]) != width or is_quantised != (self.is_dynamic and kernel.size >= SMALLEST_QUANTISED):
            return None
        rows: NDArray[Any] = np.ascontiguousarray(kernel.T)
        if is_quantised:
            rows, scale = quantise(rows)
            weights.quantization.scale = np.array([scale], np.float32)
        for place, values in ((self.weights, rows), (self.bias, bias)):
            model.buffers[graph.tensors[place].buffer].data = np.frombuffer(values.tobytes(), np.uint8)
        weights.shape = np.array([classes, width], np.int32)
        graph.tensors[self.bias].shape = np.array([classes], np.int32)
        graph.tensors[self.logits].shape = np.array([1, classes], np.int32)
        return _pack(model)

    def _holds(self, model: Any, kernel: Floats, bias: Floats) -> bool:
        """Tell whether the classifier is where it is expected, and nowhere else."""
        graph, types = model.subgraphs[0], tflite_schema().TensorType
        weights, biases, logits = (graph.tensors[place] for place in (self.weights, self.bias, self.logits))
        own = self.weights, self.bias, self.logits
        others = [int(place) for one in graph.operators[:-1] for place in (*one.inputs, *one.outputs)]
        buffers = [tensor.buffer for tensor in graph.tensors]
        if (
            [int(place) for place in graph.outputs] != [self.logits]
            or set(own) & set(others)
            or any(buffers.count(graph.tensors[place].buffer) != 1 for place in own)
            or any(tensor.shapeSignature is not None for tensor in (weights, biases, logits))
            or biases.type != types.FLOAT32
            or logits.type != types.FLOAT32
            or [*logits.shape] != [1, len(bias)]
            or [*weights.shape] != [kernel.shape[1], kernel.shape[0]]
        ):
            return False
        rows: NDArray[Any] = np.ascontiguousarray(kernel.T)
        if weights.type == types.INT8:
            rows, scale = quantise(rows)
            quantisation = weights.quantization
            if [*quantisation.scale] != [scale] or [*quantisation.zeroPoint] != [0]:
                return False
        elif weights.type != types.FLOAT32:
            return False
        constants = ((weights, rows), (biases, bias))
        return all(_bytes_of(model, tensor) == values.tobytes() for tensor, values in constants)


def quantise(weights: Floats) -> tuple[NDArray[np.int8], np.float32]:
    """Return weights as the converter quantises them: whole multiples of one scale, of which the largest has 127.

    It multiplies by the inverse of the scale in float64, and rounds halves away from zero.
    """
    largest = np.float64(np.abs(weights).max())
    scale = np.float32(largest / MOST_INT8)
    multiples = weights.astype(np.float64) * (MOST_INT8 / largest)
    whole = np.copysign(np.floor(np.abs(multiples) + 0.5), multiples)
    return whole.clip(-MOST_INT8, MOST_INT8).astype(np.int8), scale


def _is_usual(kernel: Floats, bias: Floats) -> bool:
    """Tell whether a classifier has nothing that a converter simplifies: constants, zeros, numbers that are none."""
    return (
        kernel.shape[1] > 1
        and bool(np.isfinite(kernel).all() and np.isfinite(bias).all())
        and bool(bias.any())
        and bool(np.ptp(kernel) > 0)
        and bool(np.abs(kernel).max() > SMALLEST_SIZE)
    )


def _bytes_of(model: Any, tensor: Any) -> bytes:
    data = model.buffers[tensor.buffer].data
    return b"" if data is None else bytes(data.tobytes())


def _parse(content: bytes) -> Any:
    return tflite_schema().ModelT.InitFromPackedBuf(content, 0)


def _pack(model: Any) -> bytes:
    builder = _AlignedBuilder(1 << 16)
    builder.Finish(model.Pack(builder), file_identifier=_IDENTIFIER)
    return bytes(builder.Output())


class _AlignedBuilder(flatbuffers.Builder):  # type: ignore[misc]  # flatbuffers ships no types
    """Aligns vectors of bytes, which constants are, as the schema asks for."""

    def StartVector(self, elemSize: int, numElems: int, alignment: int) -> Any:  # noqa: N802, N803  # its names
        return super().StartVector(elemSize, numElems, ALIGNMENT if elemSize == 1 else alignment)
