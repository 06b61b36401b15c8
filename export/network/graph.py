"""A Keras network as a graph.

Keras keeps a functional network as nodes: one for each call of an operation, joined by symbolic tensors. A tensor knows
its node through `_keras_history`, which Keras's own code for saving a network reads the same way.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import keras

_DEEP = 50_000
"""Keras walks a network by recursion, one level a layer: more than Python's usual 1000 for the largest."""


def node_of(tensor: Any) -> Any:
    """Return the call that computed a tensor."""
    operation, index, _ = tensor._keras_history
    return operation._inbound_nodes[index]


def nodes_behind(tensors: Iterable[Any], *, stop: Any = None) -> list[Any]:
    """Find the nodes that compute these tensors, each once, nearest first; the search does not go past `stop`."""
    found: dict[int, Any] = {}
    waiting = [tensor for tensor in tensors if tensor is not stop]
    while waiting:
        node = node_of(waiting.pop())
        if id(node) not in found:
            found[id(node)] = node
            waiting += [tensor for tensor in node.input_tensors if tensor is not stop]
    return list(found.values())


def in_order(inputs: Sequence[Any], outputs: Sequence[Any]) -> list[Any]:
    """List the nodes between these tensors, each after those that it reads from; `inputs` have no node here."""
    given = {id(tensor) for tensor in inputs}
    done: dict[int, Any] = {}
    waiting = [node_of(tensor) for tensor in reversed(outputs) if id(tensor) not in given]
    while waiting:
        node = waiting[-1]
        behind = [node_of(tensor) for tensor in node.input_tensors if id(tensor) not in given]
        missing = [other for other in behind if id(other) not in done]
        if missing:
            waiting += reversed(missing)
            continue
        done.setdefault(id(waiting.pop()), node)
    return list(done.values())


def is_graph(operation: Any) -> bool:
    """Tell whether an operation is a functional or sequential network whose call is no more than its graph."""
    if not isinstance(operation, keras.Model) or not _calls_as_keras(type(operation)):
        return False
    return bool(inputs_of(operation)) and bool(outputs_of(operation))


def inputs_of(model: keras.Model) -> list[Any]:
    """Return the tensors that a network takes; none for one without a graph."""
    return _tensors(model, "inputs")


def outputs_of(model: keras.Model) -> list[Any]:
    """Return the tensors that a network gives; none for one without a graph."""
    return _tensors(model, "outputs")


@contextlib.contextmanager
def deep_graphs() -> Iterator[None]:
    """Let Keras walk networks of more layers than Python's usual depth of calls inside the block."""
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(max(usual, _DEEP))
    try:
        yield
    finally:
        sys.setrecursionlimit(usual)


def _tensors(model: Any, name: str) -> list[Any]:
    try:
        return list(getattr(model, name) or [])
    except (AttributeError, ValueError):  # a sequential network that was not built, a subclassed one
        return []


def _calls_as_keras(kind: type) -> bool:
    """Tell whether a class inherits its call from Keras's own functional or sequential network."""
    owner = next(parent for parent in kind.__mro__ if "call" in vars(parent))
    return owner.__module__.startswith("keras.")
