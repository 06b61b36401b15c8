"""Rows of the bench: a figure, what it is compared with, and whether it meets its goal."""

from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    """On which side of the goal a figure is good."""

    AT_MOST = "at most"
    AT_LEAST = "at least"


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound, on the row's ratio where it has one, else on its value."""

    direction: Direction
    bound: float

    def __str__(self) -> str:
        return f"{self.direction} {self.bound:g}"

    def is_met_by(self, figure: float) -> bool:
        """Tell whether the figure lies on the good side, the bound itself included; NaN never does."""
        return figure <= self.bound if self.direction is Direction.AT_MOST else figure >= self.bound


@dataclass(frozen=True, slots=True)
class BenchRow:
    """One figure."""

    name: str
    value: float
    unit: str
    reference: float | None = None
    """What the same run measured beside it, in the same unit."""
    goal: Goal | None = None

    @property
    def ratio(self) -> float | None:
        """The value over its reference."""
        return None if self.reference is None else self.value / self.reference

    @property
    def holds(self) -> bool | None:
        """Whether the goal is met; None where there is no goal."""
        if self.goal is None:
            return None
        return self.goal.is_met_by(self.value if self.ratio is None else self.ratio)

    def to_json(self) -> dict[str, object]:
        """Return the row as `build/bench.json` keeps it."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "reference": self.reference,
            "ratio": self.ratio,
            "goal": None if self.goal is None else str(self.goal),
            "holds": self.holds,
        }


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """A measurement that could not be taken here, and why."""

    name: str
    reason: str

    def to_json(self) -> dict[str, object]:
        """Return the same keys as a row has, without figures."""
        empty = dict.fromkeys(("value", "unit", "reference", "ratio", "goal", "holds"))
        return {"name": self.name, **empty, "left_out": self.reason}


def at_most(bound: float) -> Goal:
    """Return a goal for what should be small."""
    return Goal(Direction.AT_MOST, bound)


def at_least(bound: float) -> Goal:
    """Return a goal for what should be large."""
    return Goal(Direction.AT_LEAST, bound)
