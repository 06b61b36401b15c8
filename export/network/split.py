"""A network divided in two at one layer that separates it.

The prefix computes everything up to and including the layer, the head everything after it from the layer's output
alone. Both share their layers, and so their weights, with the network they came from.

Keras keeps a functional network as nodes: one for each call of an operation, joined by symbolic tensors. A tensor
knows its node through `_keras_history`, which Keras's own code for saving a network reads the same way.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import keras

from export.errors import SplitError

SHOWN_NAMES = 5
"""A message with more names than this helps nobody."""


@dataclass(frozen=True, slots=True)
class SplitModel:
    """`head(prefix(photos))` equals the network that was split."""

    prefix: keras.Model
    head: keras.Model

    @property
    def feature_shape(self) -> tuple[int, ...]:
        """The shape of one feature, without the batch."""
        return tuple(self.prefix.outputs[0].shape[1:])


def split(model: keras.Model, layer: str) -> SplitModel:
    """Divide any Keras functional (or sequential) network after the layer of that name.

    Raises:
        SplitError: no such layer; it is an input or the output, is called more than once, has several outputs; the
            head would read other tensors than this layer's output (they are named); prefix and head would share
            weights.
    """
    outputs = _outputs(model)
    cut = _output_of(layer, model.name, nodes=_nodes_behind(outputs))
    prefix_nodes, head_nodes = _nodes_behind([cut]), _nodes_behind(outputs, stop=cut)
    _check_has_a_head(layer, cut, outputs)
    _check_separates(layer, cut, prefix_nodes, head_nodes, outputs)
    _check_shares_no_weights(layer, prefix_nodes, head_nodes)
    return SplitModel(
        prefix=keras.Model(_single(model.inputs), cut, name=f"{model.name}_prefix"),
        head=keras.Model(cut, _single(outputs), name=f"{model.name}_head"),
    )


def trainable_parameters(model: keras.Model) -> int:
    """Count the numbers that training may change, as the paper's Table 1 does."""
    return sum(math.prod(variable.shape) for variable in model.trainable_variables)


def _outputs(model: keras.Model) -> list[Any]:
    outputs = getattr(model, "outputs", None)
    if not outputs:
        raise SplitError(f"network {model.name}", expected="a functional Keras network", got=type(model).__name__)
    return list(outputs)


def _output_of(layer: str, model: str, *, nodes: list[Any]) -> Any:
    calls = [node for node in nodes if node.operation.name == layer]
    where = f"layer {layer}"
    if not calls:
        raise SplitError(where, expected=f"a layer of {model}", got=_near_names(layer, nodes))
    if len(calls) > 1:
        raise SplitError(where, expected="a layer that is called once", got=f"{len(calls)} calls")
    if calls[0].is_input:
        raise SplitError(where, expected="a layer that computes a feature", got="the network's input")
    if len(calls[0].outputs) != 1:
        raise SplitError(where, expected="a layer with one output", got=f"{len(calls[0].outputs)} outputs")
    return calls[0].outputs[0]


def _near_names(layer: str, nodes: list[Any]) -> str:
    near = difflib.get_close_matches(layer, [node.operation.name for node in nodes], n=3)
    return f"no layer of that name; near it are {', '.join(near)}" if near else "no layer of that name"


def _check_has_a_head(layer: str, cut: Any, outputs: list[Any]) -> None:
    if any(cut is output for output in outputs):
        raise SplitError(f"layer {layer}", expected="a layer with a head after it", got="an output of the network")


def _check_separates(layer: str, cut: Any, prefix_nodes: list[Any], head_nodes: list[Any], outputs: list[Any]) -> None:
    """Refuse a head that reads anything else than the cut's output: inputs, or what stands before the cut."""
    before = {id(node) for node in prefix_nodes}
    of_the_head = [node for node in head_nodes if id(node) not in before and not node.is_input]
    read = [tensor for node in of_the_head for tensor in node.input_tensors] + outputs
    crossing = [
        tensor for tensor in read if tensor is not cut and (id(_node(tensor)) in before or _node(tensor).is_input)
    ]
    if crossing:
        raise SplitError(
            f"layer {layer}",
            expected="a layer that separates the network: a head that reads its output alone",
            got=f"a head that also reads {_listed(_node(tensor).operation.name for tensor in crossing)}",
        )


def _check_shares_no_weights(layer: str, prefix_nodes: list[Any], head_nodes: list[Any]) -> None:
    frozen = {id(node.operation) for node in prefix_nodes}
    shared = [node.operation for node in head_nodes if id(node.operation) in frozen]
    weighty = [operation.name for operation in shared if getattr(operation, "weights", ())]
    if weighty:
        raise SplitError(
            f"layer {layer}", expected="weights frozen or thawed", got=f"{_listed(weighty)} on both sides of it"
        )


def _node(tensor: Any) -> Any:
    operation, index, _ = tensor._keras_history
    return operation._inbound_nodes[index]


def _nodes_behind(tensors: Iterable[Any], *, stop: Any = None) -> list[Any]:
    """Find the nodes that compute these tensors, each once, nearest first; the search does not go past `stop`."""
    found: dict[int, Any] = {}
    waiting = [tensor for tensor in tensors if tensor is not stop]
    while waiting:
        node = _node(waiting.pop())
        if id(node) not in found:
            found[id(node)] = node
            waiting += [tensor for tensor in node.input_tensors if tensor is not stop]
    return list(found.values())


def _single(tensors: list[Any]) -> Any:
    return tensors[0] if len(tensors) == 1 else tensors


def _listed(names: Iterable[str]) -> str:
    unique = sorted(set(names))
    more = len(unique) - SHOWN_NAMES
    return ", ".join(unique[:SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")
