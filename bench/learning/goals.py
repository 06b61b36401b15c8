"""What learning is to reach among clean devices, as rows of the bench: five cycles of growth, in every world."""

from __future__ import annotations

from collections.abc import Sequence

from bench.learning.summary import Estimate, Summary
from bench.row import BenchRow, at_most

GOALS_ARE_FOR = "growth5"
MANY_PEOPLE = 50
STRANGERS_MANY, STRANGERS_FEW = 2.5, 5.0
"""The most of them that are accepted, in percent, by a head of so many people, and of fewer."""
LOSS, BEHIND = 1.0, 0.5
"""Points."""


def goal_rows(summaries: Sequence[Summary]) -> list[BenchRow]:
    """Return the rows of every world in which growth was played.

    Means over seeds with their intervals in the names; of losses the worst seed.
    """
    return [row for summary in summaries if summary.scenario == GOALS_ARE_FOR for row in _rows(summary)]


def _rows(summary: Summary) -> list[BenchRow]:
    figures, values = summary.figures, summary.values
    strangers = STRANGERS_MANY if figures["known"].mean >= MANY_PEOPLE else STRANGERS_FEW
    pairs = zip(values["old_best"], values["old_latest"], strict=True)
    behind = Estimate.of([latest - best for best, latest in pairs])
    where = f"{summary.world}, {len(summary.seeds)} seeds"
    return [
        BenchRow(
            f"{where}, the most that best's people lost by one cycle, in the worst seed"
            f" (on average {100 * figures['largest_loss'].mean:.1f})",
            100 * max(values["largest_loss"]),
            "points",
            goal=at_most(LOSS),
        ),
        _row(f"{where}, strangers accepted by best", figures["strangers_best"], strangers, unit="percent"),
        _row(f"{where}, old people accepted, best behind latest", behind, BEHIND, unit="points"),
    ]


def _row(name: str, estimate: Estimate, most: float, *, unit: str) -> BenchRow:
    return BenchRow(f"{name} (±{100 * estimate.margin:.1f})", 100 * estimate.mean, unit, goal=at_most(most))
