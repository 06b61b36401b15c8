"""How a rival of our training is run and timed: epoch by epoch, asked after each. Needs numpy alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

RATES, BATCHES = (1e-3, 1e-2), (128, 1024)
EPOCHS = 30
ENOUGH = 3
"""A run ends after so many epochs without a better accuracy."""


@dataclass(frozen=True, slots=True, eq=False)
class Photos:
    """What is trained on, and what is asked."""

    features: NDArray[np.float32]
    """(n, d)."""
    owners: NDArray[np.int64]
    asked: NDArray[np.float32]
    """(m, d)."""
    asked_owners: NDArray[np.int64]

    @property
    def people(self) -> int:
        """How many there are."""
        return int(self.owners.max()) + 1

    def save(self, path: Path) -> None:
        """Write what `load` reads."""
        np.savez(path, features=self.features, owners=self.owners, asked=self.asked, asked_owners=self.asked_owners)

    @classmethod
    def load(cls, path: Path) -> Photos:
        """Read what `save` wrote."""
        with np.load(path) as arrays:
            return cls(*(arrays[name] for name in ("features", "owners", "asked", "asked_owners")))


@dataclass(frozen=True, slots=True)
class Point:
    """How far a run was after an epoch."""

    seconds: float
    accuracy: float
    """On the photos that are asked."""


@dataclass(frozen=True, slots=True)
class Run:
    """One training."""

    points: tuple[Point, ...]

    def later(self, seconds: float) -> Run:
        """Return the run as one that began later."""
        return Run(tuple(Point(point.seconds + seconds, point.accuracy) for point in self.points))

    @classmethod
    def parse(cls, document: dict[str, Any]) -> Run:
        """Read what `asdict` made of one."""
        return cls(tuple(Point(**point) for point in document["points"]))


def run(
    photos: Photos, epoch: Callable[[], None], answers: Callable[[], NDArray[np.int64]], *, epochs: int = EPOCHS
) -> Run:
    """Train epoch by epoch, and ask after each; only the epochs are timed."""
    points: list[Point] = []
    seconds = 0.0
    while len(points) < epochs and not _has_ended([point.accuracy for point in points]):
        began = time.perf_counter()
        epoch()
        seconds += time.perf_counter() - began
        points.append(Point(seconds, float((answers() == photos.asked_owners).mean())))
    return Run(tuple(points))


def _has_ended(accuracies: list[float]) -> bool:
    return len(accuracies) > ENOUGH and max(accuracies[-ENOUGH:]) <= max(accuracies[:-ENOUGH])
