"""Rows as a table: a line for each `line`, a column for each `column`, in the order in which they come."""

from __future__ import annotations

from collections.abc import Sequence

from bench.evidence.row import EvidenceRow

NOTHING = "–"


def markdown_table(rows: Sequence[EvidenceRow]) -> str:
    """Return the rows as a Markdown table, with what has a note below it.

    A column has another one beside it for the paper's figures, where there are some.
    """
    columns = list(dict.fromkeys(row.column for row in rows))
    with_paper = {row.column for row in rows if row.paper is not None}
    lines = list(dict.fromkeys(row.line for row in rows))
    cells = {(row.line, row.column): row for row in rows}
    notes = list(dict.fromkeys(row.note for row in rows if row.note))
    titles = ["", *(title for column in columns for title in _titles(column, rows, with_paper))]
    body = [
        [line, *(cell for column in columns for cell in _cells(cells.get((line, column)), column in with_paper, notes))]
        for line in lines
    ]
    table = ["| " + " | ".join(cells) + " |" for cells in (titles, ["---", *["---:"] * (len(titles) - 1)], *body)]
    below = [f"{number}. {note}" for number, note in enumerate(notes, start=1)]
    return "\n".join([*table, *(["", *below] if below else [])])


def shown(value: float | None) -> str:
    """Return a figure with three digits that count, or all that stand before the point."""
    if value is None:
        return NOTHING
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 1e-3 or value == 0 else f"{value:.1e}"


def shown_range(values: Sequence[float]) -> str:
    """Return the smallest and the largest of some figures, or the one that all of them are, as they are shown."""
    low, high = shown(min(values)), shown(max(values))
    return low if low == high else f"{low} to {high}"


def _titles(column: str, rows: Sequence[EvidenceRow], with_paper: set[str]) -> list[str]:
    units = {row.unit for row in rows if row.column == column}
    unit = units.pop() if len(units) == 1 else ""
    title = f"{column}, {unit}" if unit and f" {unit} " not in f" {column} " else column
    return [title, "paper"] if column in with_paper else [title]


def _cells(row: EvidenceRow | None, has_paper: bool, notes: Sequence[str]) -> list[str]:
    if row is None:
        return [NOTHING] * (1 + has_paper)
    text = shown(row.value)
    if row.low is not None and row.high is not None and not shown(row.low) == text == shown(row.high):
        text += f" ({shown(row.low)} to {shown(row.high)})"
    if row.note:
        text += f" [{notes.index(row.note) + 1}]"
    return [text, shown(row.paper)] if has_paper else [text]
