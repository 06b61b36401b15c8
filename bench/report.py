"""How the bench's rows are shown and kept: one table on the terminal, and `build/bench.json`."""

import json
from collections.abc import Sequence
from pathlib import Path

from bench.row import BenchRow, NotMeasured

TITLES = ("figure", "value", "unit", "reference", "ratio", "goal", "holds")
VERDICTS = {True: "yes", False: "NO", None: ""}


def format_rows(rows: Sequence[BenchRow | NotMeasured]) -> str:
    """Return the rows as a table; what was left out stands below it, with the reason."""
    cells = [TITLES, *(_cells(row) for row in rows if isinstance(row, BenchRow))]
    widths = [max(len(line[column]) for line in cells) for column in range(len(TITLES))]
    lines = [
        "  ".join(
            _align(cell, width, column) for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    ]
    left_out = [f"left out: {row.name}: {row.reason}" for row in rows if isinstance(row, NotMeasured)]
    return "\n".join(lines + left_out)


def write_report(rows: Sequence[BenchRow | NotMeasured], path: Path) -> None:
    """Keep the rows as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([row.to_json() for row in rows], indent=2) + "\n")


def _cells(row: BenchRow) -> tuple[str, ...]:
    return (
        row.name,
        _number(row.value),
        row.unit,
        "" if row.reference is None else _number(row.reference),
        "" if row.ratio is None else f"{row.ratio:.3f}",
        "" if row.goal is None else str(row.goal),
        VERDICTS[row.holds],
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _align(cell: str, width: int, column: int) -> str:
    return cell.rjust(width) if column in (1, 3, 4) else cell.ljust(width)
