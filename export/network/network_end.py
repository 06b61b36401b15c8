"""How a network ends: its classifier, and what it does with the logits.

    Dense                               its kernel and bias; over positions (a sequence, a map), too
    a 1x1 convolution                   a Dense over positions
    a convolution as wide as its input  a Dense on that input, flattened
    then                                Dropout, Identity, Flatten, Reshape, a mean over positions, an affine step of
                                        the classes (BatchNormalization, a temperature), in any order
    at last                             nothing, a softmax, or a sigmoid of one unit

A mean over positions and a Dense at each of them may change places, so that the Dense can come last: that is how all of
these become a body and one Dense, which grows by classes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import keras
import numpy as np

from export.errors import HeadError
from export.network.graph import node_of
from export.network.last_kernel import Floats, Kernel, Move, array_of, by_sizes, is_kernel_layer, read_kernel

_WITHOUT_EFFECT = (
    keras.layers.Identity,
    keras.layers.Dropout,
    keras.layers.SpatialDropout1D,
    keras.layers.SpatialDropout2D,
    keras.layers.SpatialDropout3D,
    keras.layers.AlphaDropout,
    keras.layers.GaussianDropout,
    keras.layers.GaussianNoise,
    keras.layers.ActivityRegularization,
)
"""Layers that give what they were given when nothing is trained."""
_MEANS = (
    keras.layers.GlobalAveragePooling1D,
    keras.layers.GlobalAveragePooling2D,
    keras.layers.GlobalAveragePooling3D,
    keras.layers.AveragePooling1D,
    keras.layers.AveragePooling2D,
    keras.layers.AveragePooling3D,
)
_ENDS = "logits, a softmax over the classes, or a sigmoid of one unit"
_WITHOUT_MASK = "no mask between the classifier and the end: take the mean before the last Dense, or leave out Masking"
_CLASSIFIER = (
    f"a Dense or a 1x1 convolution as its last layer, then {_ENDS} (a network without its top needs one, trained)"
)


class OutputKind(StrEnum):
    """What a network's own answers are."""

    LOGITS = "logits"
    SOFTMAX = "softmax"
    SIGMOID = "sigmoid"
    """Of one unit: how likely the second of two classes is."""


@dataclass(frozen=True, slots=True, eq=False)
class End:
    """The end of a network: logits are `moves(read) @ kernel + bias`."""

    read: Any
    """The symbolic tensor (n, ..., d) that the classifier reads."""
    moves: Sequence[Move]
    """What is done to its positions until one is left."""
    kernel: Floats
    """(d, units)."""
    bias: Floats
    """(units,)."""
    output: OutputKind


def read_end(model: keras.Model, *, where: str) -> End:
    """Read how a network with one output ends; `where` names it in errors.

    Raises:
        HeadError: not as the table at the top of this module says.
    """
    nodes = _after_the_classifier(model, where)
    found = read_kernel(nodes[0], where=where)
    reading = _Reading(where, found)
    reading.activate(found.activation, nodes[0])
    for node in nodes[1:]:
        reading.read(node)
    return reading.end(model.outputs[0])


def _after_the_classifier(model: keras.Model, where: str) -> list[Any]:
    """Return the last layer with a kernel, and all the calls after it, in their order."""
    nodes = [node_of(model.outputs[0])]
    while not is_kernel_layer(nodes[-1].operation):
        node = nodes[-1]
        reads = {id(tensor): tensor for tensor in node.input_tensors}
        if node.is_input or len(reads) != 1 or not _may_follow(node.operation):
            expected = _WITHOUT_MASK if _mask_of(node) is not None else _CLASSIFIER
            raise HeadError(where, expected=expected, got=_ending(nodes))
        nodes.append(node_of(next(iter(reads.values()))))
    return nodes[::-1]


def _ending(nodes: Sequence[Any]) -> str:
    last = nodes[-1]
    if last.is_input:
        return "neither after its input"
    with_mask = " with a mask of positions" if _mask_of(last) is not None else ""
    return f"{type(last.operation).__name__}{with_mask}"


def _mask_of(node: Any) -> Any:
    return None if node.is_input else node.arguments.kwargs.get("mask")


def _may_follow(operation: Any) -> bool:
    """Tell whether what is no classifier may stand after one; what it does there is judged later."""
    return isinstance(operation, keras.layers.BatchNormalization) or not getattr(operation, "weights", ())


class _Reading:
    """What has been read of the calls after a classifier."""

    def __init__(self, where: str, found: Kernel) -> None:
        self._where = where
        self._read, self._moves = found.read, list(found.moves)
        self._kernel, self._bias = found.kernel, found.bias
        self._output: OutputKind | None = None

    def end(self, output: Any) -> End:
        """Return the whole; refuse a network that still has several answers, one for each position."""
        shape = output.shape[1:]
        if math.prod(shape[:-1]) != 1:
            expected = "one answer for the whole input: a mean over the positions at its end"
            raise HeadError(self._where, expected=expected, got=f"an answer for each of {by_sizes(shape[:-1])}")
        return End(self._read, self._moves, self._kernel, self._bias, self._output or OutputKind.LOGITS)

    def read(self, node: Any) -> None:
        """Take one more call into account."""
        operation = node.operation
        if isinstance(operation, _WITHOUT_EFFECT) or _is_cast(operation):
            return
        if isinstance(operation, keras.layers.Activation):
            self.activate(operation.activation, node)
        elif type(operation).__name__ in ("Softmax", "LogSoftmax", "Sigmoid") and _is_plain(node):
            self._activated(_named(operation), node, axis=getattr(operation, "axis", -1))
        elif (affine := _affine(node)) is not None:
            self._scaled(*affine, node)
        else:
            self._moved(node)

    def activate(self, function: Any, node: Any) -> None:
        """Take the activation function of a layer into account."""
        name = getattr(function, "__name__", type(function).__name__)
        if function is not None and name != "linear":
            self._activated(name, node, axis=-1)

    def _activated(self, name: str, node: Any, *, axis: Any) -> None:
        shape = node.outputs[0].shape
        units = self._kernel.shape[1]
        if name in ("softmax", "log_softmax"):
            fits = axis in (-1, len(shape) - 1) and units > 1
        else:
            fits = name == "sigmoid" and units == 1
        if name == "sigmoid" and units > 1:
            raise HeadError(
                self._where,
                expected=f"{_ENDS}: an inference has one label, so train with a softmax",
                got=f"a sigmoid of {units} units",
            )
        if not fits or self._output is not None or math.prod(shape[1:-1]) != 1:
            raise HeadError(self._where, expected=f"{_ENDS}, once and at the end", got=self._told(name, node))
        self._output = {"softmax": OutputKind.SOFTMAX, "sigmoid": OutputKind.SIGMOID}.get(name, OutputKind.LOGITS)

    def _told(self, name: str, node: Any) -> str:
        over = math.prod(node.outputs[0].shape[1:-1])
        if self._output is not None:
            return f"{name} after {self._output}"
        if over != 1:
            return f"{name} at each of {over} positions"
        return f"{name} of {self._kernel.shape[1]} units"

    def _scaled(self, scale: Floats, offset: Floats, node: Any) -> None:
        if self._output is not None:
            self._refuse(node)
        self._kernel = (self._kernel * scale).astype(np.float32)
        self._bias = (self._bias * scale + offset).astype(np.float32)

    def _moved(self, node: Any) -> None:
        """Take a call that does the same to every class."""
        before, after = node.input_tensors[0].shape[1:], node.outputs[0].shape[1:]
        units = self._kernel.shape[1]
        if _is_reshaping(node.operation) and math.prod(before[:-1]) == 1 and math.prod(after) == units:
            return
        move = _move(node, units)
        if move is None or self._output is not None:
            self._refuse(node)
        else:
            self._moves.append(move)

    def _refuse(self, node: Any) -> None:
        after = f" after {self._output}" if self._output is not None else ""
        raise HeadError(
            self._where,
            expected=_CLASSIFIER,
            got=f"{type(node.operation).__name__}{after}",
        )


def _move(node: Any, units: int) -> Move | None:
    """Return what a call does to positions, for embeddings of another width; None where it does anything else."""
    operation, after = node.operation, node.outputs[0].shape[1:]
    if type(operation) in _MEANS:
        again = operation.get_config()
        return lambda tensor, name: type(operation).from_config({**again, "name": name})(tensor)
    if _is_reshaping(operation) and len(after) > 1 and after[-1] == units:
        return lambda tensor, name: keras.layers.Reshape((*after[:-1], tensor.shape[-1]), name=name)(tensor)
    if type(operation).__name__ == "Mean" and _is_plain(node) and _spares_classes(operation.axis, node):
        return lambda tensor, name: keras.ops.mean(tensor, axis=operation.axis, keepdims=operation.keepdims)
    if type(operation).__name__ == "GetItem" and len(node.arguments.args) == 2 and after[-1:] == (units,):
        key = node.arguments.args[1]
        if isinstance(key, (tuple, list)) and 1 < len(key) < len(after) + 2 and all(map(_is_place, key)):
            return lambda tensor, name: tensor[tuple(key)]
    return None


def _is_place(key: Any) -> bool:
    """Tell whether an index chooses among positions: numbers and slices, from the first axis on."""
    return isinstance(key, (int, slice))


def _spares_classes(axis: Any, node: Any) -> bool:
    rank = len(node.input_tensors[0].shape)
    axes = [axis] if isinstance(axis, int) else axis or [-1]
    return all(number % rank not in (0, rank - 1) for number in axes)


def _affine(node: Any) -> tuple[Floats, Floats] | None:
    """Return scale and offset of a call that is affine in each class: numbers, or one for each."""
    operation = node.operation
    if isinstance(operation, keras.layers.BatchNormalization):
        return _normalisation(operation) if operation.axis in (-1, len(node.outputs[0].shape) - 1) else None
    if isinstance(operation, keras.layers.Rescaling):
        units = node.outputs[0].shape[-1]
        scale, offset = _of_classes(operation.scale, units), _of_classes(operation.offset, units)
        return None if scale is None or offset is None else (scale, offset)
    return _arithmetic(type(operation).__name__, node)


def _of_classes(values: Any, units: int) -> Floats | None:
    """Return one number for all classes, or one for each (units,), however they are nested; None of anything else."""
    numbers = np.asarray(values, np.float32)
    if numbers.size == 1:
        return numbers.reshape(())
    return numbers.reshape(-1) if numbers.shape[-1] == numbers.size == units else None


def _normalisation(layer: Any) -> tuple[Floats, Floats]:
    scale = 1 / np.sqrt(array_of(layer.moving_variance) + layer.epsilon)
    if layer.scale:
        scale = scale * array_of(layer.gamma)
    shift = -array_of(layer.moving_mean) * scale
    return scale, shift + array_of(layer.beta) if layer.center else shift


def _arithmetic(name: str, node: Any) -> tuple[Floats, Floats] | None:
    """Take an operation of the logits and one number, such as a temperature."""
    args = node.arguments.args
    if len(args) != 2 or node.arguments.kwargs or len(node.input_tensors) != 1:
        return None
    first = args[0] is node.input_tensors[0]
    number = args[1] if first else args[0]
    if not isinstance(number, (int, float)):
        return None
    value, none, one = np.float32(number), np.float32(0), np.float32(1)
    known: dict[str, tuple[Any, Any]] = {"Multiply": (value, none), "Add": (one, value)}
    if first:
        known |= {"Subtract": (one, -value)}
        known |= {"Divide": (one / value, none), "TrueDivide": (one / value, none)} if number else {}
    return known.get(name)


def _is_reshaping(operation: Any) -> bool:
    layers = (keras.layers.Flatten, keras.layers.Reshape)
    return isinstance(operation, layers) or type(operation).__name__ in ("Reshape", "Squeeze", "Ravel", "ExpandDims")


def _is_cast(operation: Any) -> bool:
    return type(operation).__name__ == "Cast" and getattr(operation, "dtype", None) == "float32"


def _is_plain(node: Any) -> bool:
    """Tell whether a call has no other argument than its tensor."""
    return len(node.arguments.args) == 1 and not any(value is not None for value in node.arguments.kwargs.values())


def _named(operation: Any) -> str:
    return {"Softmax": "softmax", "LogSoftmax": "log_softmax", "Sigmoid": "sigmoid"}[type(operation).__name__]
