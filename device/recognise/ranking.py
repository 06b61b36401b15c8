"""Turns logits into an answer: calibrated probabilities, the best labels, or "unknown". Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device.answers import Ranked


@dataclass(frozen=True, slots=True)
class Ranking:
    """The labels of one answer."""

    results: tuple[Ranked, ...]
    """The best labels, best first."""
    unknown: bool
    """Whether even the best is below the threshold in use."""


def rank(
    logits: NDArray[np.float32], *, labels: Sequence[str], temperature: float, threshold: float, top: int
) -> Ranking:
    """Rank one head's logits, float32 (classes,), all finite, by softmax(logits / temperature)."""
    powers = np.exp((logits.astype(np.float64) - logits.max()) / temperature)
    probabilities = powers / powers.sum()
    results = tuple(Ranked(labels[index], float(probabilities[index])) for index in _best(probabilities, top))
    return Ranking(results, unknown=results[0].probability < threshold)


def _best(probabilities: NDArray[np.float64], top: int) -> list[int]:
    """Return the classes of the highest probabilities, best first; ties go to the lower class."""
    count = min(top, len(probabilities))
    least = np.partition(probabilities, -count)[-count]
    candidates = np.flatnonzero(probabilities >= least)
    order = np.argsort(-probabilities[candidates], kind="stable")[:count]
    return [int(index) for index in candidates[order]]
