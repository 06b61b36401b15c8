"""How accuracy grows by rounds, in how many of them it is as good as another, and which setting is quickest. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.peers.averaging import Averaging, answers
from bench.peers.heads import Head
from bench.peers.task import Accuracy, Cast, Integers, Task, score

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
    [curve] = curves_of(averaging, task, [cast], [start], rounds=rounds, first_seed=seed)
    return curve


def curves_of(
    averaging: Averaging,
    task: Task,
    casts: Sequence[Cast],
    starts: Sequence[Head],
    *,
    rounds: int,
    first_seed: int = 0,
) -> Iterator[Curve]:
    """Yield the curve of each cast from its start; what begins alike, without chance, is averaged once for all."""
    given: list[Integers] = []
    before: Head | None = None
    for seed, (cast, start) in enumerate(zip(casts, starts, strict=True), start=first_seed):
        if start is not before or averaging.a_round is not None:
            given = list(answers(averaging, task, start, rounds=rounds, seed=seed))
        before = start
        yield Curve(tuple(score(one, task, cast) for one in given))


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
    could do with devices in the field. Who does not get there within the rounds is taken to need twice as many. A
    setting is given up as soon as it cannot be the quickest any more.
    """
    best, least = candidates[0], (math.inf, math.inf, 0.0)
    for candidate in candidates:
        found = slowness(candidate, task, starts, goals, rounds=rounds, enough=least[0])
        if found < least:
            best, least = candidate, found
    return best


def slowness(
    averaging: Averaging,
    task: Task,
    starts: Sequence[Head],
    goals: Sequence[Accuracy],
    *,
    rounds: int,
    enough: float = math.inf,
) -> tuple[float, float, float]:
    """Return the rounds for everybody, those for the new, and the end, negative; past `enough`, whatever has run."""
    everybody, new, ends = 0.0, 0.0, 0.0
    for curve, goal in zip(curves_of(averaging, task, task.casts, starts, rounds=rounds), goals, strict=True):
        everybody += curve.rounds_for_all(goal) or 2 * rounds
        new += curve.rounds_for_new(goal) or 2 * rounds
        ends -= curve.end.everybody
        if everybody > enough:
            break
    return everybody, new, ends


def is_at_edge(averaging: Averaging, candidates: Sequence[Averaging]) -> bool:
    """Return whether a further rate, or more epochs, than were tried might do better; fewer than one are none."""
    rates, epochs = [one.rate for one in candidates], {one.epochs for one in candidates}
    return averaging.rate in (min(rates), max(rates)) or (len(epochs) > 1 and averaging.epochs == max(epochs))
