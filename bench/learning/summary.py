"""What many seeds say together: a mean with its 95 % interval for each figure."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.learning.figures import Played, names_of_figures
from bench.learning.scenarios import SCENARIOS
from bench.learning.worlds import NAMES

T_95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131)
"""Student's t, two-sided, for 1 degree of freedom and more; beyond them the last one is wide enough."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over seeds, and how far the 95 % interval goes to each side of it; NaN where it cannot be told."""

    mean: float
    margin: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Estimate:
        """Estimate from one value a seed; those that are NaN are left out."""
        told = [value for value in values if not math.isnan(value)]
        if len(told) < 2:
            return cls(told[0] if told else math.nan, math.nan)
        t = T_95[min(len(told) - 1, len(T_95)) - 1]
        return cls(statistics.fmean(told), t * statistics.stdev(told) / math.sqrt(len(told)))

    def to_json(self) -> dict[str, float | None]:
        """Return it for JSON, which has no NaN."""
        return {
            name: None if math.isnan(value) else value for name, value in (("mean", self.mean), ("margin", self.margin))
        }


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """One scenario in one world, over all seeds."""

    scenario: str
    world: str
    seeds: tuple[int, ...]
    figures: Mapping[str, Estimate]
    curves: Mapping[str, Mapping[float, Estimate]]
    reasons: Mapping[str, int]
    """How often the gate said what."""
    values: Mapping[str, tuple[float, ...]]
    """Each figure of each seed."""

    @classmethod
    def of(cls, played: Sequence[Played]) -> Summary:
        """Sum up one scenario in one world; at least one seed."""
        first = played[0]
        values = {name: tuple(float(getattr(one.figures, name)) for one in played) for name in names_of_figures()}
        return cls(
            scenario=first.scenario,
            world=first.world,
            seeds=tuple(one.seed for one in played),
            figures={name: Estimate.of(of_seeds) for name, of_seeds in values.items()},
            curves={
                head: {rate: Estimate.of([one.curves[head][rate] for one in played]) for rate in rates}
                for head, rates in first.curves.items()
            },
            reasons=Counter(reason for one in played for reason in one.reasons),
            values=values,
        )

    def to_json(self) -> dict[str, object]:
        """Return it as the report keeps it."""
        return {
            "scenario": self.scenario,
            "world": self.world,
            "seeds": list(self.seeds),
            "figures": {name: estimate.to_json() for name, estimate in self.figures.items()},
            "curves": {
                head: {f"{rate:g}": estimate.to_json() for rate, estimate in rates.items()}
                for head, rates in self.curves.items()
            },
            "reasons": dict(self.reasons),
            "values": {name: [None if math.isnan(one) else one for one in of] for name, of in self.values.items()},
        }


def summarise(played: Sequence[Played]) -> list[Summary]:
    """Return one summary for each scenario and world, in the order of their lists."""
    groups: dict[tuple[str, str], list[Played]] = {}
    for one in sorted(played, key=lambda one: one.seed):
        groups.setdefault((one.scenario, one.world), []).append(one)
    scenarios = list(SCENARIOS)
    listed = sorted(groups, key=lambda key: (scenarios.index(key[0]), NAMES.index(key[1])))
    return [Summary.of(groups[key]) for key in listed]
