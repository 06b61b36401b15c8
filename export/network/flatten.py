"""Networks within networks, dissolved: one level of layers that computes the same.

Every call in the graph is made again, in order, on other tensors; the call of a network within is replaced by the calls
of that network's own graph. So weights are shared with the network that is dissolved, and a layer that was called twice
is called twice. A subclassed network has no graph, and stays one layer.

Layers are renamed where TensorFlow, or one level, needs it: "base/block_13_expand" says where its user finds a layer
that is called "base_block_13_expand" here.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import keras

from export.network.graph import in_order, inputs_of, is_graph, outputs_of

SEPARATOR = "/"
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")
_SAFE_START = re.compile(r"[A-Za-z0-9.]")
_MAX_NAME = 200


@dataclass(frozen=True, slots=True, eq=False)
class Flat:
    """A network of one level."""

    model: keras.Model
    layers: Mapping[str, str]
    """The user's names to the names in `model`."""


def flatten(model: keras.Model, given: Any) -> Flat:
    """Dissolve what is nested in `model`, which takes the symbolic tensor `given`; its layers are shared and renamed.

    Raises:
        ValueError, TypeError: whatever Keras raises where a layer cannot take the tensor that reaches it.
    """
    calls = _Calls()
    outputs = calls.of(model, [given], path="", training=None)
    input_name = _name(inputs_of(model)[0])
    calls.operations.setdefault(input_name, given._keras_history[0])
    names = _rename(calls.operations)
    flat = keras.Model(given, outputs[0], name=_safe(model.name))
    reached = {operation.name for operation in flat.operations}
    layers = {path: names[id(operation)] for path, operation in calls.operations.items()}
    return Flat(flat, {path: name for path, name in layers.items() if name in reached})


@dataclass(frozen=True, slots=True, eq=False)
class _Calls:
    """The calls that were made again."""

    operations: dict[str, Any] = field(default_factory=dict)
    """By the path at which a user finds them: inner ones, then the networks that end in them."""

    def of(self, model: keras.Model, given: list[Any], *, path: str, training: bool | None) -> list[Any]:
        """Make the calls of a network's graph again; return its outputs."""
        values = {id(old): new for old, new in zip(inputs_of(model), given, strict=True)}
        for node in in_order(inputs_of(model), outputs_of(model)):
            arguments = node.arguments.fill_in(values)
            made = self._call(node, *arguments, path=path, training=training)
            values.update((id(old), new) for old, new in zip(node.outputs, made, strict=True))
        return [values[id(tensor)] for tensor in outputs_of(model)]

    def _call(self, node: Any, args: Any, kwargs: dict[str, Any], *, path: str, training: bool | None) -> list[Any]:
        operation = node.operation
        name = path + operation.name
        inner = _inner_arguments(operation, args, kwargs)
        if inner is None:
            if training is not None and _takes_training(operation):
                kwargs = {"training": training, **kwargs}
            self.operations.setdefault(name, operation)
            return list(keras.tree.flatten(operation(*args, **kwargs)))
        asked = kwargs.get("training")
        outputs = self.of(operation, inner, path=name + SEPARATOR, training=training if asked is None else asked)
        if len(outputs) == 1:
            self.operations.setdefault(name, outputs[0]._keras_history[0])
        return outputs


def _inner_arguments(operation: Any, args: Any, kwargs: dict[str, Any]) -> list[Any] | None:
    """Return what a network within would take in its graph; None for any other operation, or call."""
    if len(args) != 1 or not is_graph(operation) or not _is_plain_call(args[0], kwargs):
        return None
    given, wanted = keras.tree.flatten(args[0]), inputs_of(operation)
    if isinstance(args[0], dict) and not _same_keys(args[0], operation):
        return None
    fits = len(given) == len(wanted) and all(
        tensor is not None and len(tensor.shape) == len(want.shape) for tensor, want in zip(given, wanted, strict=True)
    )
    if not fits:
        return None
    return [_cast(tensor, want.dtype) for tensor, want in zip(given, wanted, strict=True)]


def _is_plain_call(given: Any, kwargs: dict[str, Any]) -> bool:
    """Tell whether a call says nothing that the tensors do not: masks are on them, as Keras passed them on itself."""
    for key, value in kwargs.items():
        says_nothing = all(part is None for part in keras.tree.flatten(value))
        masked = all(getattr(tensor, "_keras_mask", None) is not None for tensor in keras.tree.flatten(given))
        if key != "training" and not says_nothing and not (key == "mask" and masked):
            return False
    return True


def _same_keys(given: dict[str, Any], operation: Any) -> bool:
    wanted = getattr(operation, "input", None)
    return isinstance(wanted, dict) and set(wanted) == set(given)


def _cast(tensor: Any, dtype: str) -> Any:
    return tensor if tensor.dtype == dtype else keras.ops.cast(tensor, dtype)


def _takes_training(operation: Any) -> bool:
    return isinstance(operation, keras.layers.Layer) and "training" in inspect.signature(operation.call).parameters


def _rename(operations: dict[str, Any]) -> dict[int, str]:
    """Give each operation a name that is safe and its own; return them by the operation's id."""
    names: dict[int, str] = {}
    for path, operation in operations.items():
        if id(operation) not in names:
            names[id(operation)] = _unique(_safe(path), set(names.values()))
            operation.name = names[id(operation)]
            _rename_within(operation)
    return names


def _rename_within(operation: Any) -> None:
    """Rename the layers of an opaque layer, too, whose names TensorFlow would refuse."""
    flatten_layers = getattr(operation, "_flatten_layers", None)
    for layer in flatten_layers(include_self=False) if flatten_layers else ():
        safe = _safe(layer.name)
        if safe != layer.name:
            layer.name = safe


def _safe(name: str) -> str:
    safe = _UNSAFE.sub("_", name)[:_MAX_NAME]
    return safe if _SAFE_START.match(safe) else f"layer{safe}"


def _unique(name: str, taken: set[str]) -> str:
    number, candidate = 1, name
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    return candidate


def _name(tensor: Any) -> str:
    name: str = tensor._keras_history[0].name
    return name
