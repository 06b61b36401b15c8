"""How many calls a second were answered, and how long each took."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.row import BenchRow, Goal

SHARES = (50, 99)
"""Percentiles of the times that rows are about."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Calls of one measurement."""

    a_second: float
    took_s: Sequence[float]
    """Each."""

    def took_ms(self, share: int) -> float:
        """Return a percentile of the times, in milliseconds; NaN where there was no call."""
        return 1000 * float(np.percentile(self.took_s, share)) if self.took_s else float("nan")


def compare_rates(
    name: str, measured: Callable[[], Rate], reference: Callable[[], Rate], *, rounds: int, goal: Goal
) -> list[BenchRow]:
    """Return the rows of one comparison, medians over rounds in turns; the goal is the rate's."""
    ours, theirs = zip(*((measured(), reference()) for _ in range(rounds)), strict=True)

    def median(rates: Sequence[Rate], share: int) -> float:
        return statistics.median(rate.took_ms(share) for rate in rates)

    rates = (statistics.median(rate.a_second for rate in side) for side in (ours, theirs))
    times = [
        BenchRow(f"{name}, p{share}", median(ours, share), "ms", reference=median(theirs, share)) for share in SHARES
    ]
    return [BenchRow(name, next(rates), "1/s", reference=next(rates), goal=goal), *times]
