"""Two reports beside each other, before and after a change, as a table in Markdown.

`python -m bench.learning.comparison BEFORE.json AFTER.json` prints it, without scenarios that only one of them has.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract.command_line import run as run_main

COLUMNS = {
    "old_first": "old, first head",
    "old_best": "old, best",
    "new_best": "new, best",
    "strangers_best": "strangers, best",
    "top1_best": "top-1, best",
    "published": "best published",
    "largest_loss": "largest loss",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One scenario in one world, as a report has it."""

    scenario: str
    world: str
    figures: Mapping[str, Any]
    """Figure -> mean and margin, shares or null."""


def read_rows(report: Path) -> list[Row]:
    """Read a report that the bench wrote."""
    rows = json.loads(report.read_text())["rows"]
    return [Row(row["scenario"], row["world"], row["figures"]) for row in rows]


def format_comparison(before: list[Row], after: list[Row]) -> str:
    """Return a line for each scenario and world that both have, in the order of `after`; in percent."""
    was = {(row.scenario, row.world): row for row in before}
    pairs = [(was[row.scenario, row.world], row) for row in after if (row.scenario, row.world) in was]
    lines = [
        (row.scenario, row.world, *(f"{_shown(old, name)} -> {_shown(row, name)}" for name in COLUMNS))
        for old, row in pairs
    ]
    titles = ("scenario", "world", *COLUMNS.values())
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (titles, ["---"] * len(titles), *lines))


def main() -> None:
    """Print the comparison of two reports."""
    before, after = (read_rows(Path(name)) for name in sys.argv[1:3])
    print(format_comparison(before, after))


def _shown(row: Row, name: str) -> str:
    estimate = row.figures.get(name) or {"mean": None, "margin": None}
    mean, margin = estimate["mean"], estimate["margin"]
    if mean is None:
        return "-"
    return f"{100 * mean:.1f}" if margin is None else f"{100 * mean:.1f} ±{100 * margin:.1f}"


if __name__ == "__main__":
    run_main(main)
