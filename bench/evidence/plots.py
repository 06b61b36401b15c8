"""The one style of all plots: readable in print, on white and on dark pages.

Backgrounds are clear and texts grey. Colours are of middle lightness, so that they stand out from both pages; lines
also differ in markers and dashes, for print without colour. An SVG of the same figures has the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text

from contract.files import atomic_write

INK = "#7f7f7f"
"""Texts, axes and grids."""
COLOURS = ("#3d7fd0", "#d0661f", "#2c9462", "#a163c4", "#cf4458", "#8c7a3c", "#3a8fa3")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES = ("-", "--", "-.", ":")
HATCHES = ("", "////", "....", "xxxx", "\\\\\\\\", "----", "++++")
"""Of bars: they differ in print, too."""
PANEL_IN = (4.2, 3.1)
"""Width and height of one panel, in inches."""

_STYLE: dict[Any, Any] = {
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "legend.frameon": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.titlecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": INK,
    "grid.alpha": 0.25,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.5,
    "svg.fonttype": "none",
    "svg.hashsalt": "fedex",
}


@dataclass(frozen=True, slots=True)
class LineLook:
    """How one line or kind of bar looks."""

    colour: str
    marker: str
    dash: str
    hatch: str

    @property
    def of_bar(self) -> dict[str, Any]:
        """The arguments of `Axes.bar` and `Axes.barh`."""
        return {"color": self.colour, "hatch": self.hatch, "edgecolor": "#ffffff", "linewidth": 0}

    @property
    def of_line(self) -> dict[str, Any]:
        """The arguments of `Axes.plot`."""
        return {"color": self.colour, "marker": self.marker, "linestyle": self.dash}


def looks(count: int) -> list[LineLook]:
    """Return so many looks, all different up to 28."""
    dashes = [dash for dash in DASHES for _ in COLOURS]
    both = zip(cycle(COLOURS), cycle(MARKERS), cycle(dashes), cycle(HATCHES), strict=False)
    return [LineLook(*look) for look in islice(both, count)]


def new_figure(*titles: str, columns: int | None = None) -> tuple[Figure, list[Axes]]:
    """Return a figure and its panels, one for each title, in one row unless `columns` says otherwise."""
    columns = columns or len(titles)
    rows = -(-len(titles) // columns)
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(PANEL_IN[0] * columns, PANEL_IN[1] * rows), layout="constrained")
        FigureCanvasSVG(figure)
        panels = [figure.add_subplot(rows, columns, place + 1) for place in range(len(titles))]
        for panel, title in zip(panels, titles, strict=True):
            panel.set_title(title)
    return figure, panels


def write_svg(figure: Figure, path: Path) -> None:
    """Write the figure, whole or not at all; the same figure gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for text in figure.findobj(Text):
        if to_hex(text.get_color()) == "#000000":  # made after the figure, without our style
            text.set_color(INK)
    for legend in figure.findobj(Legend):
        legend.set_frame_on(False)
    drawn = StringIO()
    with mpl.rc_context(_STYLE):
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    lines = [line.rstrip() for line in drawn.getvalue().splitlines()]
    atomic_write(path, ("\n".join(lines) + "\n").encode())
