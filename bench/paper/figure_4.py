"""Figure 4 of the paper: what a head is worth, by the share of the additional data that it was trained on."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial

from matplotlib.figure import Figure

from bench.evidence.exhibit import Exhibit, Run
from bench.evidence.plots import looks, new_figure
from bench.evidence.row import EvidenceRow, figure_of
from bench.isolated import in_fresh_process
from bench.learning.people import PHOTO_SETS, read_people, real_folders
from bench.learning.processes import side_by_side
from bench.learning.worlds import available
from bench.paper.more_data import Draw, Point, play_draw
from bench.paper.paper_size import LONG, PAPER, CrowdSize, SharePoint, epoch_steps, measure_shares

PAPER_START, PAPER_MINUTES, EPOCHS = 92.77, 4.0, 10
"""Paper (HotMobile 2020), Figure 4: validation accuracy in percent without additional data; less than so many minutes
for so many epochs over all of it, on six GPUs."""
PAPER_BATCH = 90
"""The same, Table 1."""
SHARES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
TRAINED_SHARES = (0.0, 0.2, 1.0)
"""At the paper's size, where each takes a minute."""
SEEDS = 10
BASE_PHOTOS = (1, 2)
WORLD = "lfw65"
TOY_SIZE = CrowdSize(people=30, base_photos=2, more=200, tests=2)

RIGHT, SAID, GAINED, ADDED = "right, %", "said, %", "draws that gained", "photos added"
MEANS, TRAINED = "paper's size, class means, right, %", "paper's size, trained on, right, %"
EVERYTHING, MINUTES = f"paper's size, {EPOCHS} epochs over everything", "minutes"
"""Lines; there is a column for each share, and one of minutes."""


def measure(run: Run) -> Sequence[EvidenceRow]:
    """Return the rows of Figure 4: the paper's size first, while a process may still use all cores."""
    shares, size = (SHARES[::6], TOY_SIZE) if run.is_toy else (SHARES, PAPER)
    run.say(f"{size.people:,} people, {size.more:,} photos more")
    trained = shares if run.is_toy else TRAINED_SHARES
    at_size = in_fresh_process(measure_shares, size, shares=shares, trained=trained, say=run.say)
    (run.raw / "paper-size.json").write_text(json.dumps([[asdict(point) for point in points] for points in at_size]))
    points = _play(run, shares)
    (run.raw / "people.json").write_text(json.dumps([asdict(point) for point in points]))
    return [*rows_of_people(points), *rows_of_size(*at_size)]


def _play(run: Run, shares: Sequence[float]) -> list[Point]:
    [world] = available((WORLD,), real=() if run.is_toy else real_folders())
    run.shared.mkdir(parents=True, exist_ok=True)
    if world in PHOTO_SETS:
        read_people(world, work=run.shared)
    base_photos, seeds = (BASE_PHOTOS[:1], 1) if run.is_toy else (BASE_PHOTOS, SEEDS)
    draws = [Draw(world, base, seed) for seed in range(seeds) for base in base_photos]
    points: list[Point] = []
    call: Callable[[Draw], list[Point]] = partial(play_draw, shares=shares, work=run.shared)
    for number, played in enumerate(side_by_side(call, draws, processes=os.cpu_count() or 1), start=1):
        points += played
        run.say(f"{world}: draw {number} of {len(draws)}")
    return sorted(points, key=lambda point: (point.draw.base_photos, point.share, point.draw.seed))


def rows_of_people(points: Sequence[Point]) -> Iterator[EvidenceRow]:
    """Yield the curves of people with so many base photos, with their bands over draws."""
    starts = {(point.draw.base_photos, point.draw.seed): point for point in points if point.share == 0}
    for base, share in sorted({(point.draw.base_photos, point.share) for point in points}):
        here = [point for point in points if (point.draw.base_photos, point.share) == (base, share)]
        name, column = _name(here[0]), _column(share)
        yield EvidenceRow.of(f"{name}, {RIGHT}", column, [100 * point.right for point in here], "%")
        yield EvidenceRow.of(f"{name}, {SAID}", column, [100 * point.said for point in here], "%")
        gained = sum(point.said > starts[base, point.draw.seed].said for point in here)
        yield EvidenceRow(f"{name}, {GAINED}, of {len(here)}", column, gained, f"of {len(here)}")
        yield EvidenceRow.of(f"{name}, {ADDED}", column, [point.added for point in here], "photos")


def rows_of_size(means: Sequence[SharePoint], trained: Sequence[SharePoint]) -> Iterator[EvidenceRow]:
    """Yield the curves at the paper's size, and the time of the paper's epochs."""
    for line, points in ((MEANS, means), (TRAINED, trained)):
        for point in points:
            paper = PAPER_START if point.share == 0 else None
            yield EvidenceRow(line, _column(point.share), 100 * point.right, "%", paper=paper)
        note = "with all that can be added"
        yield EvidenceRow(line, MINUTES, points[-1].seconds / 60, MINUTES, note=note)
    most = trained[-1]
    if most.steps_a_second is None:
        note = "not measured: the training was too short to be timed"
        yield EvidenceRow(EVERYTHING, MINUTES, None, MINUTES, paper=PAPER_MINUTES, note=note)
        return
    minutes = EPOCHS * epoch_steps(most.samples) / most.steps_a_second / 60
    note = (
        f"computed: {EPOCHS} times the steps that go over all {most.samples:,} samples, at the steps a second "
        f"measured, in batches of {LONG.batch_for(most.samples):,}; the paper's Table 1 has batches of {PAPER_BATCH}"
    )
    yield EvidenceRow(EVERYTHING, MINUTES, minutes, MINUTES, paper=PAPER_MINUTES, note=note)


def _name(point: Point) -> str:
    base = point.draw.base_photos
    return f"{point.draw.world}, {base} base photo{'s' * (base > 1)}"


def _column(share: float) -> str:
    return f"{100 * share:g} %"


def findings(rows: Sequence[EvidenceRow]) -> Sequence[str]:
    """Say what the rows bear out."""
    return [*(_of_people(rows, name) for name in names_of(rows)), _of_size(rows), _time(rows)]


def names_of(rows: Sequence[EvidenceRow]) -> list[str]:
    """Return the names of the curves of people."""
    suffix = f", {SAID}"
    return list(dict.fromkeys(row.line.removesuffix(suffix) for row in rows if row.line.endswith(suffix)))


def _of_people(rows: Sequence[EvidenceRow], name: str) -> str:
    right, said = (_curve(rows, f"{name}, {what}") for what in (RIGHT, SAID))
    gained = [row for row in rows if row.line.startswith(f"{name}, {GAINED}")][1:]
    helped = next((row.column for row in gained if (row.value or 0) > int(row.unit.removeprefix("of ")) / 2), None)
    when = (
        f"the smallest share with which most draws say more than without is {helped}"
        if helped
        else "**with no share do most draws say more than without**"
    )
    worse = [f"{share:g} %" for share, value in zip(said.shares, said.values, strict=True) if value < said.values[0]]
    dips = f" **Less is said than without at {', '.join(worse)}.**" if worse else ""
    return (
        f"{name}: with all that can be added, right goes from {right.values[0]:.1f} to {right.values[-1]:.1f} %, "
        f"and said from {said.values[0]:.1f} to {said.values[-1]:.1f} %; {when}.{dips}"
    )


def _of_size(rows: Sequence[EvidenceRow]) -> str:
    means, trained = _curve(rows, MEANS), _curve(rows, TRAINED)
    helps = "helps already, as the paper has it" if means.values[1] > means.values[0] else "**does not help**"
    return (
        f"At the paper's size, features drawn, right of what is asked: class means {means.said}; trained on "
        f"{trained.said}. A share of {means.shares[1]:g} % {helps}: class means gain "
        f"{means.values[1] - means.values[0]:.2f} points by it."
    )


def _time(rows: Sequence[EvidenceRow]) -> str:
    minutes, own = figure_of(rows, EVERYTHING, MINUTES), figure_of(rows, TRAINED, MINUTES)
    if minutes is None or own is None:
        return f"How long {EPOCHS} epochs take was not measured."
    slower = "longer than" if minutes > PAPER_MINUTES else "no longer than"
    return (
        f"{EPOCHS} epochs over everything take {minutes:.1f} minutes on this machine, {slower} the paper's four on six "
        f"GPUs. A cycle does not run them: the recipe's steps do not grow with the samples, and take {own:.1f} minutes."
    )


@dataclass(frozen=True, slots=True)
class _Curve:
    """What a line says, by the share in percent."""

    shares: list[float]
    values: list[float]
    low: list[float]
    high: list[float]

    @property
    def said(self) -> str:
        return ", ".join(
            f"{value:.1f} % with {share:g} %" for share, value in zip(self.shares, self.values, strict=True)
        )


def _curve(rows: Sequence[EvidenceRow], line: str) -> _Curve:
    points = [(row, row.value) for row in rows if row.line == line and row.column != MINUTES and row.value is not None]
    return _Curve(
        [float(row.column.removesuffix(" %")) for row, _ in points],
        [value for _, value in points],
        [value if row.low is None else row.low for row, value in points],
        [value if row.high is None else row.high for row, value in points],
    )


def draw(rows: Sequence[EvidenceRow]) -> Figure:
    """Draw what is right and what is said by the share added, and both at the paper's size."""
    names = names_of(rows)
    world = names[0].partition(",")[0]
    figure, panels = new_figure(f"{world}: right", f"{world}: said", "Paper's size, drawn features: right")
    for panel, what in zip(panels, (RIGHT, SAID), strict=False):
        for name, look in zip(names, looks(len(names)), strict=True):
            curve = _curve(rows, f"{name}, {what}")
            panel.fill_between(curve.shares, curve.low, curve.high, color=look.colour, alpha=0.2, linewidth=0)
            panel.plot(curve.shares, curve.values, label=name.partition(", ")[2], **look.of_line)
    for line, look in zip((MEANS, TRAINED), looks(2), strict=True):
        curve = _curve(rows, line)
        panels[2].plot(curve.shares, curve.values, label=line.split(", ")[1], **look.of_line)
    panels[2].plot([0], [PAPER_START], label="paper's start", **{**looks(3)[2].of_line, "linestyle": ""})
    for panel in panels:
        panel.set_xscale("symlog", linthresh=2)
        panel.set_xticks([100 * share for share in SHARES], [f"{100 * share:g}" for share in SHARES])
        panel.minorticks_off()
        panel.set_xlabel("additional data, %")
        panel.set_ylabel("%")
        panel.legend(loc="lower right")
    return figure


EXHIBIT = Exhibit(
    "figure-4",
    "Figure 4: accuracy by the share of additional data",
    about=f"""\
Freeze6. *People of the data*: everybody of lfw65 (real features, VGGFace2 weights; where there are no photos, people
who are drawn as embeddings, and the table says synthetic65), known from the start by one photo or by two; with more the
first head is right about nearly all, and there is nothing to see. The rest of their photos is added share by share,
sent by devices, each share in one whole training cycle of FEDEx (vetting, trials, gate) from the same first head; half
of each person's photos, ten at most, are asked and never added. Over {SEEDS} draws of who has which photos where; bands
and brackets are the smallest and the largest of these. *Right* is the best label, *said* the same where the head is
sure enough to say it (the balanced point). A draw *gained* where more is said than without additional data.

*The paper's size*: {PAPER.people:,} classes, {PAPER.base_photos} photos of each from the start and {PAPER.more:,} more
of anybody, **synthetic features**, drawn to lie about as small real faces do (`bench/measure/crowd.py`); {PAPER.tests}
photos of each class are asked. Class means, and the last layer trained on from these by FEDEx's recipe, which are two
trials of a cycle; one draw, no vetting and no gate.""",
    differs=f"""\
The paper's features were VGGFace2's, of whole training photos, which are not to be had; its start, 92.77 %, is that of
a head which knew many photos of each class. Every answer of the paper counts; where FEDEx's own answer is "unknown",
*said* counts that as wrong. Ten epochs at the paper's size are computed from the steps a second of a shorter training,
in the recipe's batches of {LONG.batch_for(PAPER.more):,}; the paper's Table 1 has batches of {PAPER_BATCH}, with which
there would be more steps of less work.""",
    measure=measure,
    findings=findings,
    draw=draw,
    needs=f"`FEDEX_DATA` with photos in `faces/{WORLD}` for real people",
)
