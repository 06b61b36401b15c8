"""Shots: photos, or tensors, that devices are given; who in them counts, and which face is theirs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from contract.boxes import Box
from demo.drawing.scenes import Spot

NEAR = 0.25
"""A face is of a portrait if its centre is at most so far from the portrait's middle, in shares of its side."""


class Seen(Protocol):
    """What was found in a photo: a region, or a device's answer about it."""

    @property
    def box(self) -> Box | None:
        """Where the face is; None: it is the whole photo."""

    @property
    def is_subject(self) -> bool:
        """Whether the photo is of it, as far as can be told."""


AnySeen = TypeVar("AnySeen", bound=Seen)


@dataclass(frozen=True, slots=True)
class Sitter:
    """Somebody in a photo who counts."""

    name: str
    spot: Spot | None = None
    """Where; None: the whole photo is of them."""

    def find(self, seen: Sequence[AnySeen]) -> AnySeen | None:
        """Return what was found of this sitter: the face nearest to the middle of the spot, or the subject."""
        if self.spot is None:
            return next((one for one in seen if one.is_subject), None)
        spot = self.spot
        near = [one for one in seen if one.box is not None and _distance(one.box, spot) <= NEAR * spot.side]
        return min(near, key=lambda one: _distance(one.box, spot) if one.box else math.inf, default=None)


@dataclass(frozen=True, slots=True)
class Shot:
    """One photo, or tensor, and those in it who count; there may be others."""

    path: Path
    sitters: tuple[Sitter, ...]

    @classmethod
    def of_one(cls, path: Path) -> Shot:
        """Return a shot of the one person, or label, whose folder it lies in."""
        return cls(path, (Sitter(path.parent.name),))


def _distance(box: Box, spot: Spot) -> float:
    left, top, right, bottom = box
    x, y = spot.middle
    return math.hypot((left + right) / 2 - x, (top + bottom) / 2 - y)
