"""The only home of how a call is timed against another: turn and turn about, and by medians.

Alternating spreads whatever else the machine does over both sides, and a median forgets the odd slow call.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Comparison:
    """Median seconds of a measured call and of its reference."""

    measured_s: float
    reference_s: float


def compare(
    measured: Callable[[], object], reference: Callable[[], object], *, rounds: int, warm_up: int = 3
) -> Comparison:
    """Return the medians over `rounds` alternations, after `warm_up` that do not count."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for turn in range(warm_up + rounds):
        for call, kept in zip((measured, reference), seconds, strict=True):
            took = _time(call)
            if turn >= warm_up:
                kept.append(took)
    return Comparison(statistics.median(seconds[0]), statistics.median(seconds[1]))


def _time(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started
