"""What a head says of one photo, as values that the cache keeps and the display prints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Ranked:
    """A label with its calibrated probability."""

    label: str
    probability: float
    """From 0 to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What the head says of one photo."""

    results: tuple[Ranked, ...]
    """The best labels, best first."""
    unknown: bool
    """Whether even the best label is below the threshold in use."""
    feature: NDArray[np.float32]
    """The feature, of the space's shape."""
    head_serial: int
    """The serial of the head that answered; 0 is the bundle's."""
    runtime: str
    """Name and version of the runtime that computed the feature."""

    @property
    def label(self) -> str | None:
        """The best label, or None for "unknown"."""
        return None if self.unknown else self.results[0].label
