"""Learning curves of the trials of one cycle: where their points lie, in the units of charts. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cloud.overview.values import TrialView
from cloud.web.dashboard.charts import LEFT, RIGHT, ROUNDING, WIDTH, Tick, place_between, place_y

MOST_STEPS = 4
"""Between the ticks of an axis."""
LEAST_RANGE = 1e-3
CHOSEN = "chosen"
OTHERS = ("other-0", "other-1", "other-2", "other-3")
"""Kinds of lines that tell the other trials apart; more of them share the last one."""

Points = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class LearningLine:
    """What one trial went through."""

    name: str
    kind: str
    """How it is drawn."""
    points: str
    """As SVG's `points`."""
    x: float
    y: float
    """Of its end."""
    end: str
    """The number there, for people."""


@dataclass(frozen=True, slots=True)
class LearningChart:
    """A number of each trial that trained for a while, by the epochs that it had trained."""

    lines: tuple[LearningLine, ...]
    """In the order of trials."""
    values: tuple[Tick, ...]
    epochs: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class _Axis:
    """An axis from one round number to another."""

    low: float
    high: float
    step: float

    @classmethod
    def around(cls, low: float, high: float) -> _Axis:
        """Return the shortest one of at most `MOST_STEPS` steps, and one more, around some values."""
        step = _round_up(max(high - low, LEAST_RANGE) / MOST_STEPS)
        first = math.floor(low / step + ROUNDING)
        last = max(math.ceil(high / step - ROUNDING), first + 1)
        return cls(first * step, last * step, step)

    @property
    def ticks(self) -> list[float]:
        return [self.low + self.step * number for number in range(round((self.high - self.low) / self.step) + 1)]

    def y(self, value: float) -> float:
        return round(place_y(value - self.low, self.high - self.low), 1)

    def x(self, value: float) -> float:
        return round(place_between(value, self.low, self.high, LEFT + 8, WIDTH - RIGHT - 8), 1)


def chart_loss(trials: Sequence[TrialView]) -> LearningChart | None:
    """Place the loss of what trials trained on; None where none trained for a while."""
    told = {trial: [(one.epochs, one.loss) for one in trial.curve] for trial in trials}
    return _chart(told, low=0.0, said=lambda loss: f"{loss:.3g}")


def chart_right(trials: Sequence[TrialView]) -> LearningChart | None:
    """Place the share of held-out photos that trials had right; None where nobody looked at any."""
    told = {trial: [(one.epochs, one.right) for one in trial.curve if one.right is not None] for trial in trials}
    return _chart(told, low=1.0, high=1.0, said=lambda share: f"{100 * share:.3g} %")


def _chart(
    told: dict[TrialView, Points], *, said: Callable[[float], str], low: float, high: float = 0.0
) -> LearningChart | None:
    """Place what is told of each trial, on an axis that has `low` and `high` on it."""
    drawn = {trial: points for trial, points in told.items() if points}
    if not drawn:
        return None
    values = [value for points in drawn.values() for _, value in points]
    upright = _Axis.around(min(low, *values), max(high, *values))
    across = _Axis.around(0.0, max(epochs for points in drawn.values() for epochs, _ in points))
    kinds = _kinds(list(drawn))

    def line(trial: TrialView, points: Points) -> LearningLine:
        places = [(across.x(epochs), upright.y(value)) for epochs, value in points]
        drawn_as = " ".join(f"{x},{y}" for x, y in places)
        return LearningLine(trial.name, kinds[trial.name], drawn_as, *places[-1], said(points[-1][1]))

    return LearningChart(
        lines=tuple(line(trial, points) for trial, points in drawn.items()),
        values=tuple(Tick(upright.y(value), said(value)) for value in upright.ticks),
        epochs=tuple(Tick(across.x(epochs), f"{epochs:g}") for epochs in across.ticks),
    )


def _kinds(trials: Sequence[TrialView]) -> dict[str, str]:
    others = [trial.name for trial in trials if not trial.was_chosen]
    kinds = {name: OTHERS[min(place, len(OTHERS) - 1)] for place, name in enumerate(others)}
    return {trial.name: kinds.get(trial.name, CHOSEN) for trial in trials}


def _round_up(step: float) -> float:
    """Return the next number that people like: 1, 2, 2.5 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step) + ROUNDING)
    return next(power * one for one in (1.0, 2.0, 2.5, 5.0, 10.0) if step <= power * one * (1 + ROUNDING))
