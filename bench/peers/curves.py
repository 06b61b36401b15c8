"""How accuracy grows by rounds, in how many of them it is as good as another, and which setting is quickest. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.peers.averaging import Averaging, answers
from bench.peers.heads import Head
from bench.peers.task import Accuracy, Cast, Task, score

AS_GOOD = 0.99


@dataclass(frozen=True, slots=True)
class Curve:
    """Accuracy after each round, at least one."""

    points: tuple[Accuracy, ...]

    @property
    def end(self) -> Accuracy:
        """The last one."""
        return self.points[-1]

    def rounds_for_all(self, other: Accuracy) -> int | None:
        """Return from which round on everybody's is as good as another's, or None."""
        return rounds_to([point.everybody for point in self.points], AS_GOOD * other.everybody)

    def rounds_for_new(self, other: Accuracy) -> int | None:
        """Return from which round on the new people's is as good as another's, or None."""
        return rounds_to([point.new for point in self.points], AS_GOOD * other.new)


def rounds_to(values: Sequence[float], goal: float) -> int | None:
    """Return the first round, counted from 1, from which on values stay at the goal or above; None: never."""
    below = [place for place, value in enumerate(values, start=1) if value < goal]
    first = below[-1] + 1 if below else 1
    return first if first <= len(values) else None


def averaged(averaging: Averaging, task: Task, cast: Cast, start: Head, *, rounds: int, seed: int = 0) -> Curve:
    """Return how accuracy grows as heads are averaged."""
    given = answers(averaging, task, start, rounds=rounds, seed=seed)
    return Curve(tuple(score(one, task, cast) for one in given))


def quickest(
    candidates: Sequence[Averaging],
    task: Task,
    starts: Sequence[Head],
    goals: Sequence[Accuracy],
    *,
    rounds: int,
) -> Averaging:
    """Return the setting that is as good as the goals in the fewest rounds, over all casts together.

    Everybody's counts first, then the new people's, then where it ends: all on the photos that are tested, which nobody
    could do with devices in the field.
    """

    def slowness(candidate: Averaging) -> tuple[float, float, float]:
        curves = [
            averaged(candidate, task, cast, start, rounds=rounds, seed=seed)
            for seed, (cast, start) in enumerate(zip(task.casts, starts, strict=True))
        ]
        both = list(zip(curves, goals, strict=True))
        everybody = sum(curve.rounds_for_all(goal) or math.inf for curve, goal in both)
        new = sum(curve.rounds_for_new(goal) or 2 * rounds for curve, goal in both)
        return everybody, new, -sum(curve.end.everybody for curve in curves)

    return min(candidates, key=slowness)
