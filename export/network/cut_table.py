"""The cuts of a network as a table for people: `fedex-export layers`."""

from __future__ import annotations

from collections.abc import Sequence

from export.network.cut_points import CutPoint, cut_points, recommend, worthwhile
from export.network.network import Network

HEADER = ("layer", "feature", "work before", "upload", "thawed parameters", "")
RECOMMENDED = "<- recommended"


def cut_table(network: Network, *, every: bool) -> str:
    """Write one row a cut, `every` one or those that are worth a look, and the reason for the recommended.

    Raises:
        HeadError: the network ends in no classifier.
        SplitError: it can be cut nowhere.
    """
    points = cut_points(network)
    chosen, reason = recommend(points)
    shown = points if every else _with(chosen, worthwhile(points), points)
    rows = [HEADER, *(_row(point, chosen) for point in shown)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    lines = [_line(row, widths) for row in rows]
    hidden = len(points) - len(shown)
    more = [f"{hidden} more, with uploads no smaller than those of cuts before them: --all"] if hidden else []
    return "\n".join([*lines, *more, f"recommended: {chosen.layer}, {reason}"])


def _with(chosen: CutPoint, shown: Sequence[CutPoint], points: Sequence[CutPoint]) -> tuple[CutPoint, ...]:
    return tuple(point for point in points if point in shown or point is chosen)


def _row(point: CutPoint, chosen: CutPoint) -> tuple[str, ...]:
    return (
        point.layer,
        "x".join(map(str, point.feature_shape)),
        f"{point.work_before:.1%}",
        f"{point.upload_bytes:,} B",
        f"{point.thawed_parameters:,}",
        RECOMMENDED if point is chosen else "",
    )


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    """Set the name to the left, and numbers to the right."""
    first = row[0].ljust(widths[0])
    return "  ".join(
        [first, *(cell.rjust(width) for cell, width in zip(row[1:-1], widths[1:-1], strict=True)), row[-1]]
    ).rstrip()
