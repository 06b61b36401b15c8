"""A row of evidence: one figure, with its spread, and the paper's beside it. The one format that exhibits keep."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One figure: a cell of a table, or a point of a curve."""

    line: str
    """What was measured, as "freeze6": rows of one line stand in one line of the table."""
    column: str
    """What about it, as "images a second"."""
    value: float | None
    """The median over repeats; None where it was not measured, and `note` says why."""
    unit: str = ""
    low: float | None = None
    """The smallest and the largest of the repeats, where there are several."""
    high: float | None = None
    repeats: int = 1
    paper: float | None = None
    """What the paper says, in the same unit."""
    note: str = ""
    """What a reader has to know of this figure alone, as "computed"."""

    def __post_init__(self) -> None:
        for figure in (self.value, self.low, self.high, self.paper):
            if figure is not None and not math.isfinite(figure):
                raise ValueError(f"{self.line}, {self.column}: expected a finite figure or None, got {figure}")
        if self.value is None and not self.note:
            raise ValueError(f"{self.line}, {self.column}: expected a note of why it was not measured, got none")

    @classmethod
    def of(
        cls, line: str, column: str, values: Sequence[float], unit: str, *, paper: float | None = None, note: str = ""
    ) -> EvidenceRow:
        """Return the row of repeats, at least one."""
        several = len(values) > 1
        return cls(
            line,
            column,
            float(statistics.median(values)),
            unit,
            low=float(min(values)) if several else None,
            high=float(max(values)) if several else None,
            repeats=len(values),
            paper=paper,
            note=note,
        )

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> EvidenceRow:
        """Read what `to_json` made."""
        return cls(**document)

    def to_json(self) -> dict[str, object]:
        """Return the row as it is kept: what is at its default is left out."""
        return {
            name: value
            for name in self.__slots__
            if (value := getattr(self, name)) not in (None, "") or name == "value"
            if not (name == "repeats" and value == 1)
        }


def figure_of(rows: Sequence[EvidenceRow], line: str, column: str) -> float | None:
    """Return one figure, or None where it was not measured.

    Raises:
        KeyError: there is no such row.
    """
    for row in rows:
        if (row.line, row.column) == (line, column):
            return row.value
    raise KeyError((line, column))
