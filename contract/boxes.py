"""Boxes: where in a photo a face is, in whole pixels, and which boxes of two looks at it are of one face. Pure."""

import math
from collections.abc import Iterable, Sequence

SAME_FACE = 0.5
"""The intersection over union from which on two boxes of one photo are of one face."""

Box = tuple[int, int, int, int]
"""Left, top, right and bottom of a face, in pixels of the oriented photo; it may reach beyond the photo."""


def whole_box(edges: Iterable[float]) -> Box:
    """Return left, top, right and bottom in whole pixels: the nearest, halves up."""
    left, top, right, bottom = (math.floor(edge + 0.5) for edge in edges)
    return left, top, right, bottom


def match_boxes(boxes: Sequence[Box], known: Sequence[Box]) -> list[int | None]:
    """Return for each box which of the known ones of the same photo is of the same face; None where none is.

    Pairs are taken by their overlap, the greatest first (of equal ones that of the earlier box, then of the earlier
    known one), down to `SAME_FACE`. Each box and each known one is in one pair at most.
    """
    pairs = [
        (overlap(box, place), number, index) for number, box in enumerate(boxes) for index, place in enumerate(known)
    ]
    matches: list[int | None] = [None] * len(boxes)
    for shared, number, index in sorted(pairs, key=lambda pair: (-pair[0], *pair[1:])):
        if shared >= SAME_FACE and matches[number] is None and index not in matches:
            matches[number] = index
    return matches


def overlap(one: Box, other: Box) -> float:
    """Return the intersection over union of two boxes; 0 if neither has an area."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(width, 0) * max(height, 0)
    union = _area(one) + _area(other) - shared
    return shared / union if union > 0 else 0.0


def _area(box: Box) -> int:
    left, top, right, bottom = box
    return (right - left) * (bottom - top)
