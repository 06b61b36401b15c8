"""The kernel of a network's last layer: what a Dense, a convolution or an EinsumDense multiplies an embedding with."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from export.errors import HeadError

Floats = NDArray[np.float32]
Move = Callable[[Any, str], Any]
"""What is done to the positions of an embedding (n, ..., d), whatever d is, by a layer of the name that is given."""

_CONVOLUTIONS = (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D)


@dataclass(frozen=True, slots=True, eq=False)
class Kernel:
    """A layer as a Dense: it computes `moves(read) @ kernel + bias`, before its activation."""

    read: Any
    """The symbolic tensor (n, ..., d) that the layer reads."""
    kernel: Floats
    """(d, units)."""
    bias: Floats
    """(units,)."""
    activation: Any
    """The layer's own function of `moves(read) @ kernel + bias`, or None; also where the layer is within another."""
    moves: tuple[Move, ...] = ()


def is_kernel_layer(operation: Any) -> bool:
    """Tell whether an operation is a layer that `read_kernel` reads."""
    if isinstance(operation, keras.layers.TimeDistributed):
        operation = operation.layer
    if isinstance(operation, keras.layers.Dense):
        return type(operation).call is keras.layers.Dense.call
    return type(operation) in (*_CONVOLUTIONS, keras.layers.EinsumDense)


def read_kernel(node: Any, *, where: str) -> Kernel:
    """Read the kernel and bias of a call of such a layer.

    Raises:
        HeadError: a convolution of more than one position that is not as wide as its input, or an EinsumDense that is
            no Dense.
    """
    operation, read = node.operation, node.input_tensors[0]
    layer = operation.layer if isinstance(operation, keras.layers.TimeDistributed) else operation
    if isinstance(layer, keras.layers.Dense):
        return Kernel(read, array_of(layer.kernel), _bias(layer, layer.units), layer.activation)
    if isinstance(layer, keras.layers.EinsumDense):
        return _einsum(layer, read, where)
    return _convolution(layer, read, where)


def _einsum(layer: Any, read: Any, where: str) -> Kernel:
    """Take an EinsumDense that is a Dense by another name: "abc,cd->abd"."""
    kernel = array_of(layer.kernel)
    given, _, result = layer.equation.replace(" ", "").partition("->")
    left, _, right = given.partition(",")
    fits = kernel.ndim == 2 and right[:1] == left[-1:] and result == left[:-1] + right[1:]
    bias = np.zeros(kernel.shape[-1], np.float32) if layer.bias is None else array_of(layer.bias)
    if not fits or bias.shape != kernel.shape[1:]:
        raise HeadError(where, expected="a Dense as its last layer", got=f"an EinsumDense of {layer.equation}")
    return Kernel(read, kernel, bias, layer.activation)


def _convolution(layer: Any, read: Any, where: str) -> Kernel:
    kernel = array_of(layer.kernel)
    classes, places = kernel.shape[-1], tuple(read.shape[1:-1])
    single = math.prod(layer.kernel_size) == 1 and (set(layer.strides) == {1} or set(places) == {1})
    covers = tuple(layer.kernel_size) == places and (layer.padding == "valid" or set(places) == {1})
    if layer.groups != 1 or not (single or (covers and set(layer.dilation_rate) == {1})):
        raise HeadError(
            where,
            expected="a Dense, a 1x1 convolution, or one as wide as its input as its last layer",
            got=f"a kernel of {by_sizes(layer.kernel_size)} over {by_sizes(places)}",
        )
    moves: tuple[Move, ...] = () if single else (_flattened,)
    return Kernel(read, kernel.reshape(-1, classes), _bias(layer, classes), layer.activation, moves)


def _flattened(tensor: Any, name: str) -> Any:
    return keras.layers.Reshape((math.prod(tensor.shape[1:]),), name=name)(tensor)


def _bias(layer: Any, units: int) -> Floats:
    return np.zeros(units, np.float32) if layer.bias is None else array_of(layer.bias)


def array_of(variable: Any) -> Floats:
    """Return a variable's values."""
    return np.asarray(keras.ops.convert_to_numpy(variable), np.float32)


def by_sizes(sizes: Sequence[int | None]) -> str:
    """Write sizes as "3x3"."""
    return "x".join("?" if size is None else str(size) for size in sizes) or "one position"
