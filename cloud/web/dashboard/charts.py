"""Charts: where points, bars and ticks lie, in the units of an SVG's view box. Pure: numbers in, places out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cloud.overview.values import DayView, PointView, ReleaseView, TrialView

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 62, 22, 14, 30
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25)
MOST_TICKS = 5
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of an axis."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A release in a chart."""

    x: float
    y: float
    title: str
    is_refused: bool


@dataclass(frozen=True, slots=True)
class Line:
    """The releases of one channel, in the order of time."""

    name: str
    points: str
    """As SVG's `points`."""
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class AccuracyChart:
    """Accuracy over time."""

    lines: tuple[Line, ...]
    shares: tuple[Tick, ...]
    days: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """What one trial says of known people, by how many strangers it lets in."""

    name: str
    points: str
    """As SVG's `points`."""
    dots: tuple[Dot, ...]
    was_chosen: bool


@dataclass(frozen=True, slots=True)
class TrialChart:
    """The curves of the trials of one cycle."""

    curves: tuple[Curve, ...]
    known: tuple[Tick, ...]
    strangers: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One day."""

    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class DayChart:
    """A number a day."""

    bars: tuple[Bar, ...]
    counts: tuple[Tick, ...]
    days: tuple[Tick, ...]
    total: int


def chart_accuracy(history: Sequence[ReleaseView]) -> AccuracyChart | None:
    """Place the releases whose accuracy is known; None where there are fewer than two."""
    known = sorted((one for one in history if one.accuracy is not None), key=lambda one: one.issued)
    if len(known) < 2:
        return None
    first, last = known[0].issued, max(known[-1].issued, known[0].issued + 1)
    values = [one.accuracy or 0.0 for one in known]
    step = next((one for one in STEPS if (max(values) - min(values)) / one <= MOST_TICKS - 1), STEPS[-1])
    lowest, highest = math.floor(min(values) / step + ROUNDING), math.ceil(max(values) / step - ROUNDING)
    if lowest == highest:  # all alike: one step of the axis around them
        lowest, highest = (lowest - 1, highest) if lowest else (lowest, highest + 1)
    low, high = lowest * step, highest * step

    def place(one: ReleaseView) -> tuple[float, float]:
        x = place_between(one.issued, first, last, LEFT + 8, WIDTH - RIGHT - 8)
        return x, place_y((one.accuracy or 0.0) - low, high - low)

    def line(channel: str) -> Line:
        own = [one for one in known if one.channel == channel]
        places = [place(one) for one in own]
        dots = tuple(
            Dot(round(x, 1), round(y, 1), _title(one), one.gate is not None and not one.gate.passes)
            for (x, y), one in zip(places, own, strict=True)
        )
        return Line(channel, " ".join(f"{x:.1f},{y:.1f}" for x, y in places), dots)

    ticks = [step * number for number in range(lowest, highest + 1)]
    return AccuracyChart(
        lines=tuple(line(channel) for channel in ("latest", "best")),
        shares=tuple(Tick(round(place_y(one - low, high - low), 1), f"{100 * one:.0f} %") for one in ticks),
        days=tuple(
            Tick(round(place_between(at, first, last, LEFT + 8, WIDTH - RIGHT - 8), 1), _day(at))
            for at in sorted({first, (first + last) / 2, last})
        ),
    )


def chart_trials(trials: Sequence[TrialView]) -> TrialChart | None:
    """Place what trials say at strict, balanced and friendly; None where no trial tells."""
    told = [one for one in trials if one.points]
    if not told:
        return None
    most = max(max((point.strangers for one in told for point in one.points), default=0.0), 0.01)
    step = next((one for one in STEPS if most / one <= MOST_TICKS), STEPS[-1])
    end = step * max(math.ceil(most / step - ROUNDING), 1)

    def place(share: float) -> float:
        return round(place_between(share, 0.0, end, LEFT + 8, WIDTH - RIGHT - 8), 1)

    def curve(one: TrialView) -> Curve:
        dots = tuple(
            Dot(place(point.strangers), round(place_y(point.known, 1.0), 1), _point_title(one, point), is_refused=False)
            for point in one.points
        )
        return Curve(one.name, " ".join(f"{dot.x},{dot.y}" for dot in dots), dots, one.was_chosen)

    return TrialChart(
        curves=tuple(sorted(map(curve, told), key=lambda one: one.was_chosen)),
        known=tuple(
            Tick(round(place_y(share, 1.0), 1), f"{100 * share:.0f} %") for share in (0.0, 0.25, 0.5, 0.75, 1.0)
        ),
        strangers=tuple(
            Tick(place(step * number), f"{100 * step * number:g} %") for number in range(round(end / step) + 1)
        ),
    )


def chart_days(days: Sequence[DayView], *, of: str) -> DayChart:
    """Place a bar for each day: its `uploads`, or its `rows`."""
    counts = [day.uploads if of == "uploads" else day.rows for day in days]
    most = _rounded_up(max(counts, default=0))
    slot = (WIDTH - LEFT - RIGHT) / max(len(days), 1)
    bars = tuple(
        Bar(
            x=round(LEFT + slot * place + slot * 0.15, 1),
            y=round(place_y(count, most), 1),
            width=round(slot * 0.7, 1),
            height=round(place_y(0, most) - place_y(count, most), 1),
            title=f"{day.day}: {count:,}",
        )
        for place, (day, count) in enumerate(zip(days, counts, strict=True))
    )
    marked = range(len(days) - 1, -1, -7)
    return DayChart(
        bars=bars,
        counts=tuple(Tick(round(place_y(one, most), 1), f"{one:,}") for one in sorted({0, most // 2, most})),
        days=tuple(Tick(round(LEFT + slot * (place + 0.5), 1), days[place].day[5:]) for place in marked),
        total=sum(counts),
    )


def place_y(value: float, most: float) -> float:
    """Return how far down a value from 0 to `most` lies."""
    return place_between(value, 0.0, most, HEIGHT - BOTTOM, TOP)


def place_between(value: float, low: float, high: float, begin: float, end: float) -> float:
    """Return where from `begin` to `end` a value from `low` to `high` lies."""
    return begin + (end - begin) * (value - low) / (high - low)


def _title(one: ReleaseView) -> str:
    judged = "" if one.gate is None or one.gate.passes else ", refused by the gate"
    return (
        f"{one.channel} {one.serial}: {100 * (one.accuracy or 0.0):.1f} % of {one.held_out}{judged}, {_day(one.issued)}"
    )


def _point_title(one: TrialView, point: PointView) -> str:
    return (
        f"{one.name}, {point.name}: {100 * point.known:.1f} % of the known, {100 * point.strangers:.1f} % of strangers"
    )


def _rounded_up(count: int) -> int:
    """Return the next even number that people like: 2, 4, 10, 20, 40, 100, ..."""
    power = 1
    while True:
        for step in (2, 4, 10):
            if count <= step * power:
                return step * power
        power *= 10


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%m-%d")
