"""The work of a call, in multiplications with an addition, for one input: rough where a layer is opaque.

A kernel is used once at each position of what it computes, a recurrent one once at each step; attention multiplies
every query with every key, and the result with every value. What has no kernel is left out: it is a hundredth or less.
"""

from __future__ import annotations

import math
from typing import Any

import keras

_RECURRENT = (keras.layers.RNN, keras.layers.Bidirectional)
_ACTIVATIONS = (
    keras.layers.Activation,
    keras.layers.ReLU,
    keras.layers.LeakyReLU,
    keras.layers.PReLU,
    keras.layers.ELU,
)
_ACTIVATION_OPERATIONS = frozenset(
    (
        "Relu",
        "Relu6",
        "LeakyRelu",
        "Elu",
        "Selu",
        "Gelu",
        "Silu",
        "HardSilu",
        "HardSigmoid",
        "Sigmoid",
        "Tanh",
        "Softplus",
    )
)
"""Of keras.ops, by the names of their classes, which have no public home."""
_ATTENTION = (
    keras.layers.MultiHeadAttention,
    keras.layers.GroupQueryAttention,
)
_TRANSPOSED = (keras.layers.Conv1DTranspose, keras.layers.Conv2DTranspose, keras.layers.Conv3DTranspose)


def multiply_adds(node: Any) -> int:
    """Count the multiply-adds of one call in a graph, for a batch of one."""
    operation = node.operation
    if isinstance(operation, keras.layers.Embedding) or not node.input_tensors:
        return 0
    given, made = _sizes(node.input_tensors[0]), _sizes(node.outputs[0])
    if isinstance(operation, _RECURRENT):
        places = given[0] * math.prod(made[1:-1] if _keeps_steps(operation) else made[:-1])
    elif isinstance(operation, _TRANSPOSED):
        places = math.prod(given[:-1])
    else:
        places = math.prod(made[:-1])
    return _kernels(operation) * places + _between_tensors(node, given, made)


def is_activation(operation: Any) -> bool:
    """Tell whether an operation is an activation function alone."""
    if isinstance(operation, keras.layers.Layer):
        return isinstance(operation, _ACTIVATIONS)
    return type(operation).__name__ in _ACTIVATION_OPERATIONS


def _kernels(operation: Any) -> int:
    weights = getattr(operation, "weights", ())
    return sum(math.prod(weight.shape) for weight in weights if len(weight.shape) > 1 and weight.name != "bias")


def _keeps_steps(operation: Any) -> bool:
    return bool(getattr(operation, "return_sequences", False))


def _between_tensors(node: Any, given: tuple[int, ...], made: tuple[int, ...]) -> int:
    """Count the products of two computed tensors."""
    operation = node.operation
    if isinstance(operation, _ATTENTION):
        keys = _sizes(node.input_tensors[min(1, len(node.input_tensors) - 1)])
        return 2 * math.prod(given[:-1]) * math.prod(keys[:-1]) * _width_of_heads(operation)
    if isinstance(operation, (keras.layers.Attention, keras.layers.AdditiveAttention)):
        keys = _sizes(node.input_tensors[min(1, len(node.input_tensors) - 1)])
        return 2 * math.prod(given) * math.prod(keys[:-1])
    if type(operation).__name__ in ("Matmul", "Dot"):
        return math.prod(made) * given[-1]
    return 0


def _width_of_heads(layer: Any) -> int:
    if isinstance(layer, keras.layers.GroupQueryAttention):
        return int(layer.num_query_heads * layer.head_dim)
    return int(layer.num_heads * layer.key_dim)


def _sizes(tensor: Any) -> tuple[int, ...]:
    """Return a tensor's sizes without the batch; one that is not known counts as one."""
    return tuple(size or 1 for size in tensor.shape[1:]) or (1,)
