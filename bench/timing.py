"""How a call is timed against another: turn and turn about, and by medians.

Alternating spreads whatever else the machine does over both sides, and a median forgets the odd slow call.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MedianTimes:
    """Median seconds of a measured call and of its reference."""

    measured_s: float
    reference_s: float


def compare(
    measured: Callable[[], object], reference: Callable[[], object], *, rounds: int, warm_up: int = 3
) -> MedianTimes:
    """Return the medians over `rounds` alternations, after `warm_up` that do not count."""
    kept: tuple[list[float], list[float]] = ([], [])
    for turn in range(warm_up + rounds):
        for call, times in zip((measured, reference), kept, strict=True):
            took_s = seconds(call)
            if turn >= warm_up:
                times.append(took_s)
    return MedianTimes(statistics.median(kept[0]), statistics.median(kept[1]))


def seconds(call: Callable[[], object]) -> float:
    """Return how long one call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started
