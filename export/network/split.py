"""A network divided in two at one layer that separates it.

The prefix computes everything up to and including the layer, the head everything after it from the layer's output
alone. Both share their layers, and so their weights, with the network they came from.

A user names a layer as they find it, "base/block_13_expand" in a network within, and messages say it so, too.
"""

from __future__ import annotations

import difflib
import inspect
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import keras

from contract.cuts import check_feature_shape
from contract.errors import ContractError, shown
from contract.patterns import NAME_PATTERN
from export.errors import SplitError
from export.network.flatten import SEPARATOR
from export.network.graph import deep_graphs, node_of, nodes_behind, outputs_of
from export.network.network import Network

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


def split(network: Network, layer: str) -> SplitModel:
    """Divide a network after the layer that its user calls so.

    Raises:
        SplitError: as `split_model` does, or a name that no bundle can hold.
    """
    return split_model(network.flat, layer, layers=network.layers)


def split_model(model: keras.Model, layer: str, *, layers: Mapping[str, str] | None = None) -> SplitModel:
    """Divide a Keras network of one level after a layer; `layers` are other names of its layers, to their own.

    Raises:
        SplitError: no such layer; it is an input or the output, is called more than once, has several outputs or one
            that is no feature of the contract, or carries a mask that the head needs; the head would read other tensors
            than this layer's output (they are named); prefix and head would share weights.
    """
    outputs = outputs_of(model)
    if not outputs:
        raise SplitError(f"network {model.name}", expected="a functional Keras network", got=type(model).__name__)
    names = Names(layers or {node.operation.name: node.operation.name for node in nodes_behind(outputs)})
    cut = _output_of(layer, names, nodes=nodes_behind(outputs), model=model.name)
    check_separates(cut, outputs, names, layer=layer)
    with deep_graphs():
        return SplitModel(
            prefix=keras.Model(_single(model.inputs), cut, name=f"{model.name}_prefix"),
            head=keras.Model(cut, _single(outputs), name=f"{model.name}_head"),
        )


def trainable_parameters(model: keras.Model) -> int:
    """Count the numbers that training may change, as the paper's Table 1 does."""
    return sum(math.prod(variable.shape) for variable in model.trainable_variables)


class Names:
    """What a user calls the layers of a network, and what they are called in it."""

    def __init__(self, layers: Mapping[str, str]) -> None:
        self._own = layers
        self._users: dict[str, list[str]] = {}
        for path, name in layers.items():
            self._users.setdefault(name, []).append(path)

    def own(self, path: str) -> str | None:
        """Return the layer's name in the network."""
        return self._own.get(path)

    def of(self, operation: Any) -> str:
        """Return what the user calls an operation."""
        return self.all_of(operation)[0]

    def all_of(self, operation: Any) -> list[str]:
        """Return everything that the user calls an operation: a layer that ends a network within has its name, too."""
        return self._users.get(operation.name, [operation.name])

    def near(self, wanted: str) -> list[str]:
        """Return the names most like one that there is not: in whatever network within, first."""
        within = [path for path in self._own if path.endswith(SEPARATOR + wanted)]
        return within or difflib.get_close_matches(wanted, self._own, n=3)


def _output_of(layer: str, names: Names, *, nodes: list[Any], model: str) -> Any:
    where = f"layer {shown_name(layer)}"
    own = names.own(layer)
    calls = [node for node in nodes if node.operation.name == own]
    if not calls:
        near = ", ".join(names.near(layer)[:SHOWN_NAMES])
        got = f"no layer of that name; near it are {near}" if near else "no layer of that name"
        raise SplitError(where, expected=f"a layer of {model}", got=got)
    if not NAME_PATTERN.fullmatch(layer):
        raise SplitError(
            where,
            expected="a name of 1 to 128 printable ASCII characters, which a bundle can hold: rename the layer",
            got=f"{len(layer)} characters" if layer.isascii() else "other characters",
        )
    if len(calls) > 1:
        raise SplitError(where, expected="a layer that is called once", got=f"{len(calls)} calls")
    if calls[0].is_input:
        raise SplitError(where, expected="a layer that computes a feature", got="the network's input")
    if len(calls[0].outputs) != 1:
        raise SplitError(where, expected="a layer with one output", got=f"{len(calls[0].outputs)} outputs")
    return calls[0].outputs[0]


def shown_name(layer: str) -> str:
    """Show a layer's name as it is where it is printable and short."""
    return layer if NAME_PATTERN.fullmatch(layer) else shown(layer)


def check_separates(cut: Any, outputs: list[Any], names: Names, *, layer: str) -> None:
    """Refuse a tensor from which the outputs cannot be computed, as its name in messages is `layer`."""
    where = f"layer {shown_name(layer)}"
    prefix_nodes, head_nodes = nodes_behind([cut]), nodes_behind(outputs, stop=cut)
    _check_has_a_head(where, cut, outputs)
    _check_needs_no_mask(where, cut, head_nodes, names)
    _check_reads_the_cut_alone(where, cut, prefix_nodes, head_nodes, outputs, names)
    _check_shares_no_weights(where, prefix_nodes, head_nodes, names)
    _check_is_a_feature(where, cut)


def _check_has_a_head(where: str, cut: Any, outputs: list[Any]) -> None:
    if any(cut is output for output in outputs):
        raise SplitError(where, expected="a layer with a head after it", got="an output of the network")


def _check_reads_the_cut_alone(
    where: str, cut: Any, prefix_nodes: list[Any], head_nodes: list[Any], outputs: list[Any], names: Names
) -> None:
    """Refuse a head that reads anything else than the cut's output: inputs, or what stands before the cut."""
    before = {id(node) for node in prefix_nodes}
    of_the_head = [node for node in head_nodes if id(node) not in before and not node.is_input]
    read = [tensor for node in of_the_head for tensor in node.input_tensors] + outputs
    crossing = [
        tensor for tensor in read if tensor is not cut and (id(node_of(tensor)) in before or node_of(tensor).is_input)
    ]
    if crossing:
        raise SplitError(
            where,
            expected="a layer that separates the network: a head that reads its output alone",
            got=f"a head that also reads {_listed(names.of(node_of(tensor).operation) for tensor in crossing)}",
        )


def _check_shares_no_weights(where: str, prefix_nodes: list[Any], head_nodes: list[Any], names: Names) -> None:
    frozen = {id(node.operation) for node in prefix_nodes}
    shared = [node.operation for node in head_nodes if id(node.operation) in frozen]
    weighty = [names.of(operation) for operation in shared if getattr(operation, "weights", ())]
    if weighty:
        raise SplitError(where, expected="weights frozen or thawed", got=f"{_listed(weighty)} on both sides of it")


def _check_is_a_feature(where: str, cut: Any) -> None:
    """Refuse what no bundle can say: another dtype than float32, or sizes out of the contract's bounds."""
    shape = tuple(cut.shape[1:])
    if cut.dtype != "float32":
        raise SplitError(where, expected="a layer that computes float32", got=str(cut.dtype))
    if None in shape:
        got = "x".join("?" if size is None else str(size) for size in shape)
        raise SplitError(where, expected="a feature of a known size", got=got)
    try:
        check_feature_shape(shape, where=f"{where}, feature")
    except ContractError as error:
        raise SplitError(error.where, expected=error.expected, got=error.got) from error


def _check_needs_no_mask(where: str, cut: Any, head_nodes: list[Any], names: Names) -> None:
    """Refuse a head of which a layer would miss the mask that the prefix computes beside its feature."""
    if getattr(cut, "_keras_mask", None) is None:
        return
    reading = [node.operation for node in head_nodes if not node.is_input and _takes_mask(node.operation)]
    if reading:
        raise SplitError(
            where,
            expected="a layer without a mask, which is no part of a feature: cut after the layers that use it",
            got=f"a mask, read by {_listed(names.of(operation) for operation in reading)}",
        )


def _takes_mask(operation: Any) -> bool:
    return isinstance(operation, keras.layers.Layer) and "mask" in inspect.signature(operation.call).parameters


def _single(tensors: list[Any]) -> Any:
    return tensors[0] if len(tensors) == 1 else tensors


def _listed(names: Iterable[str]) -> str:
    unique = sorted(set(names))
    more = len(unique) - SHOWN_NAMES
    return ", ".join(unique[:SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")
