"""An exhibit: one table or figure, with what a reader has to know to believe it.

A module of `bench.paper` or `bench.peers` defines `EXHIBIT`, and is named as the exhibit, with underscores. Loading it
must be cheap: what is heavy (Keras, Flower, a service) is loaded or started by `measure`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from matplotlib.figure import Figure

from bench.evidence.row import EvidenceRow


class Size(StrEnum):
    """How much is measured."""

    FULL = "full"
    """What the page shows."""
    TOY = "toy"
    """Every step once, on as little as will do, in seconds: for tests. Its figures mean nothing."""


@dataclass(frozen=True, slots=True)
class Run:
    """One measurement of one exhibit."""

    size: Size
    work: Path
    """A folder for whatever is made on the way, empty at first; it stays until the next time."""
    raw: Path
    """A folder for raw results, which are kept beside the rows."""
    say: Callable[[str], None]
    """Tells a person how far it is: one short line each time."""

    @property
    def shared(self) -> Path:
        """A folder for what takes long and is the same for several exhibits; it stays, and may not be there yet."""
        return self.work.parent / "shared"

    @property
    def is_toy(self) -> bool:
        """Whether this is for a test."""
        return self.size is Size.TOY


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A table or figure."""

    name: str
    """As "table-1"."""
    title: str
    about: str
    """What was measured, on what and how; Markdown."""
    differs: str
    """How that differs from the paper's set-up, or from how others would be used; Markdown."""
    measure: Callable[[Run], Sequence[EvidenceRow]]
    """Called in a fresh process. Raises `bench.evidence.errors.CannotMeasure` where something is missing here."""
    findings: Callable[[Sequence[EvidenceRow]], Sequence[str]]
    """Sentences that the rows bear out, also what is worse than one would like; each is one paragraph of Markdown."""
    draw: Callable[[Sequence[EvidenceRow]], Figure] | None = None
    """Draws a plot, by `bench.evidence.plots`, where it is easier seen than read."""
    needs: str = ""
    """What must be there beside the project, as "`make peers-install`"."""
