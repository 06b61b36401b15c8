"""How summaries are shown: one table of figures, one of acceptance at stated rates of strangers; all in percent."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bench.learning.figures import RATES
from bench.learning.summary import Estimate, Summary

COLUMNS = {
    "old_first": "old first",
    "old_best": "old best",
    "old_latest": "old latest",
    "new_best": "new best",
    "new_latest": "new latest",
    "strangers_first": "strangers first",
    "strangers_best": "strangers best",
    "strangers_latest": "strangers latest",
    "top1_best": "top-1 best",
    "top1_latest": "top-1 latest",
    "published": "best published",
    "largest_loss": "largest loss",
}
LEGEND = """\
percent of test photos, mean and 95 % interval over seeds. old, new: accepted (the right label, not refused); strangers:
anything said of them; published: cycles that changed best; largest loss: points that those whom best knew lost by one
cycle
"""


def format_figures(summaries: Sequence[Summary]) -> str:
    """Return the table of figures, a line for each scenario and world."""
    titles = ("scenario", "world", *COLUMNS.values(), "cpu s a cycle")
    lines = [
        (
            one.scenario,
            one.world,
            *(_percent(one.figures[name]) for name in COLUMNS),
            f"{one.figures['seconds'].mean:.1f}",
        )
        for one in summaries
    ]
    return f"{_table([titles, *lines])}\n{LEGEND.rstrip()}"


def format_curves(summaries: Sequence[Summary]) -> str:
    """Return the table of acceptance at stated rates of strangers, a line for each head; empty without any."""
    titles = ("scenario", "world", "head", *(f"at {100 * rate:g} %" for rate in RATES))
    lines = [
        (one.scenario, one.world, head, *(_percent(rates[rate]) for rate in RATES))
        for one in summaries
        for head, rates in one.curves.items()
    ]
    return _table([titles, *lines]) if lines else ""


def _percent(estimate: Estimate) -> str:
    if math.isnan(estimate.mean):
        return "-"
    if math.isnan(estimate.margin):
        return f"{100 * estimate.mean:.1f}"
    return f"{100 * estimate.mean:.1f} ±{100 * estimate.margin:.1f}"


def _table(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
