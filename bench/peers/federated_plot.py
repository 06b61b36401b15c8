"""The plot of the exhibit "federated": what a device moves until a system is as good as FEDEx."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from bench.evidence.plots import COLOURS, INK, PANEL_IN, new_figure
from bench.evidence.row import EvidenceRow
from bench.peers.federated_rows import NEVER, TO_ALL
from bench.peers.federated_words import Figures, shown_size
from bench.peers.systems import System

DRAWN = (
    System.FEDEX,
    System.MEANS,
    System.ZERO,
    System.USED,
    System.USED_MOMENTUM,
    System.USED_TEN,
    System.USED_USUAL,
)
"""What was measured: lines of int8 are computed, and dip below FEDEx's accuracy after many rounds."""
WIDTH_IN = 7.5


def draw(rows: Sequence[EvidenceRow]) -> Figure:
    """Draw what a device moves until a system is as good as FEDEx, a panel a task."""
    figures = Figures(rows)
    titles = [f"{task}: kB of a device until within 1 % of FEDEx" for task in figures.tasks]
    figure, panels = new_figure(*titles, columns=1)
    figure.set_size_inches(WIDTH_IN, PANEL_IN[1] * len(titles))
    for panel, task in zip(panels, figures.tasks, strict=True):
        moved = [(system, figures.traffic_kb(task, system)) for system in DRAWN]
        kept = [(system, kb) for system, kb in moved if kb is not None]
        places = np.arange(len(kept))
        colours = [COLOURS[1] if system is System.FEDEX else COLOURS[0] for system, _ in kept]
        panel.barh(places, [kb for _, kb in kept], 0.7, color=colours)
        for place, (_, kb) in zip(places, kept, strict=True):
            panel.text(kb * 1.1, float(place), shown_size(kb), va="center", color=INK)
        panel.set_yticks(places, [_named(figures, task, system) for system, _ in kept])
        panel.invert_yaxis()
        panel.set_xscale("log")
        panel.set_xlim(10, 6 * max(kb for _, kb in kept))
        panel.grid(visible=False, axis="y")
    return figure


def _named(figures: Figures, task: str, system: System) -> str:
    """Return a system's name, with what the title does not say of it."""
    row = figures.row(task, system, TO_ALL)
    misses = row is not None and NEVER in row.note
    return f"{system} (not in every cast)" if misses else system.value
