"""Where a network can be cut, what each cut costs, and which is recommended."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from contract.codecs import DEFAULT_CODEC, encoded_layout
from contract.patterns import NAME_PATTERN
from contract.tensors import DTYPES
from export.errors import SplitError
from export.network.graph import in_order
from export.network.network import Network
from export.network.network_end import read_end
from export.network.split import Names, check_separates
from export.network.work import is_activation, multiply_adds

MUCH_LARGER, FAR_FEWER = 16, 8
"""How many times larger an upload may be for how many times fewer parameters."""
FEWEST_NUMBERS = 32
"""A feature of fewer leaves little by which classes that come later could be told apart."""
LEAST_WORK = 0.5
"""A cut before half of the work leaves more to the cloud's training than to the device."""


@dataclass(frozen=True, slots=True)
class CutPoint:
    """A layer after which a network can be cut."""

    layer: str
    """As its user calls it."""
    feature_shape: tuple[int, ...]
    work_before: float
    """The share of a whole inference's multiply-adds that the prefix does, 0 to 1."""
    upload_bytes: int
    """Of one feature, in the codec that devices use."""
    thawed_parameters: int
    """What training may change after it, for the network's own classes."""
    is_activation: bool = False
    """Whether the layer is an activation, which belongs to what stands before it."""


def cut_points(network: Network) -> tuple[CutPoint, ...]:
    """List every layer that separates the network, first to last, with weights before it and the classifier after it.

    Raises:
        HeadError: the network ends in no classifier.
    """
    flat, names = network.flat, Names(network.layers)
    nodes = in_order(flat.inputs, flat.outputs)
    work = np.cumsum([multiply_adds(node) for node in nodes])
    thawed = _thawed_after(nodes)
    last = _place_of(read_end(flat, where="network").read, nodes)
    points = []
    for place in _narrow_places(flat, nodes):
        if place > last:
            break
        cut = nodes[place].outputs[0]
        path = next((path for path in names.all_of(nodes[place].operation) if NAME_PATTERN.fullmatch(path)), None)
        if path is not None and work[place] and _can_be_cut(cut, flat.outputs, names, path):
            share = float(work[place] / work[-1]) if work[-1] else 0.0
            shape = tuple(cut.shape[1:])
            active = is_activation(nodes[place].operation)
            points.append(CutPoint(path, shape, share, upload_bytes(shape), thawed[place], active))
    return tuple(points)


def recommend(points: Sequence[CutPoint]) -> tuple[CutPoint, str]:
    """Choose the cut with the smallest upload after most of the work, then the smallest head; say why in a line.

    One that leaves far fewer parameters to train is better, as long as its upload is not much larger: few samples have
    to train them, and the cloud does it again and again.

    Raises:
        SplitError: there is no point to choose from.
    """
    if not points:
        expected = (
            "a layer with weights before the classifier, after which the network can be cut: devices run up to it"
        )
        raise SplitError("network", expected=expected, got="none")
    late = [point for point in points if point.work_before >= LEAST_WORK] or list(points)
    wide = [point for point in late if math.prod(point.feature_shape) >= FEWEST_NUMBERS] or late
    settled = _settled(wide)
    smallest = min(settled, key=lambda point: (point.upload_bytes, point.thawed_parameters))
    near = [point for point in settled if point.upload_bytes <= MUCH_LARGER * smallest.upload_bytes]
    chosen = min(near, key=lambda point: (point.thawed_parameters, point.upload_bytes))
    if chosen.thawed_parameters * FAR_FEWER <= smallest.thawed_parameters:
        return chosen, (
            f"the fewest parameters to train, {chosen.thawed_parameters:,}; after {chosen.work_before:.0%} of the work "
            f"at {chosen.upload_bytes} bytes a sample"
        )
    chosen = smallest
    reason = (
        f"the smallest upload, {chosen.upload_bytes} bytes a sample, after {chosen.work_before:.0%} of the work; "
        f"{chosen.thawed_parameters:,} parameters to train"
    )
    return chosen, reason


def worthwhile(points: Sequence[CutPoint]) -> tuple[CutPoint, ...]:
    """Thin the points out to those with a smaller upload than every one before them.

    Who cuts earlier trains more of the network, and pays for it with larger uploads: the others cost both.
    """
    kept: list[CutPoint] = []
    for point in _settled(points):
        if not kept or point.upload_bytes < kept[-1].upload_bytes:
            kept.append(point)
    return tuple(kept)


def _settled(points: Sequence[CutPoint]) -> list[CutPoint]:
    """Keep one of each run of neighbours with features of one shape: the one with the fewest parameters after it.

    Among equals an activation, whose values are half as far apart; else the first, for the others do nothing that
    the head could not do as well.
    """
    kept: list[CutPoint] = []
    for point in points:
        if not kept or kept[-1].feature_shape != point.feature_shape:
            kept.append(point)
        elif point.thawed_parameters < kept[-1].thawed_parameters or point.is_activation:
            kept[-1] = point
    return kept


def upload_bytes(shape: tuple[int, ...]) -> int:
    """Tell how many bytes a feature of a shape takes in the codec that devices use."""
    layout = encoded_layout(DEFAULT_CODEC, count=1, shape=shape)
    return sum(DTYPES[dtype].itemsize * math.prod(sizes) for dtype, sizes in layout.values())


def _thawed_after(nodes: Sequence[Any]) -> list[int]:
    """Count the trainable parameters after each node, those of a layer that is called twice once."""
    counts, seen, after = [0] * len(nodes), set[int](), 0
    for place in range(len(nodes) - 1, -1, -1):
        counts[place] = after
        for variable in getattr(nodes[place].operation, "trainable_variables", ()):
            if id(variable) not in seen:
                seen.add(id(variable))
                after += math.prod(variable.shape)
    return counts


def _place_of(tensor: Any, nodes: Sequence[Any]) -> int:
    """Return the place of the node that computes a tensor; -1 for the network's input."""
    return next((place for place, node in enumerate(nodes) if any(tensor is made for made in node.outputs)), -1)


def _narrow_places(flat: Any, nodes: Sequence[Any]) -> Iterator[int]:
    """Yield where one tensor alone is still needed: what stands before is its past, and what follows reads it alone.

    `nodes` are in an order in which each follows those that it reads from.
    """
    needed = {id(tensor): len(nodes) for tensor in flat.outputs}
    for place, node in enumerate(nodes):
        for tensor in node.input_tensors:
            needed[id(tensor)] = max(needed.get(id(tensor), 0), place)
    calls = Counter(id(node.operation) for node in nodes)
    living = {id(flat.inputs[0])}
    for place, node in enumerate(nodes):
        living |= {id(tensor) for tensor in node.outputs if id(tensor) in needed}
        living = {tensor for tensor in living if needed[tensor] > place}
        if len(node.outputs) == 1 and living == {id(node.outputs[0])} and calls[id(node.operation)] == 1:
            yield place


def _can_be_cut(cut: Any, outputs: Sequence[Any], names: Names, path: str) -> bool:
    try:
        check_separates(cut, list(outputs), names, layer=path)
    except SplitError:
        return False
    return True
