"""Multi-user gain, the paper's adaptive sharing: a head of one's own, a group's, and both."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import partial

from matplotlib.figure import Figure

from bench.evidence.exhibit import Exhibit, Run
from bench.evidence.plots import INK, looks, new_figure
from bench.evidence.row import EvidenceRow, figure_of
from bench.learning.people import PHOTO_SETS, read_people, real_folders
from bench.learning.processes import side_by_side
from bench.learning.worlds import available
from bench.paper.circles import (
    BOTH,
    CASTING,
    CIRCLE,
    EVERYBODY,
    FIRST,
    GROUP,
    HERE,
    OTHERS_KNOWN,
    OTHERS_NEW,
    OWN,
    PHOTOS,
    Play,
    Told,
    play_group,
)

WORLD, SEEDS = "lfw65", 5
ALL_DEVICES = 1000
"""More than a group has."""
ASKED = (HERE, OTHERS_KNOWN, OTHERS_NEW, EVERYBODY)
HEADS = (FIRST, OWN, GROUP, BOTH)
RIGHT, SAID = "right, %", "said, %"


def measure(run: Run) -> Sequence[EvidenceRow]:
    """Return the rows."""
    [world] = available((WORLD,), real=() if run.is_toy else real_folders())
    run.shared.mkdir(parents=True, exist_ok=True)
    if world in PHOTO_SETS:
        read_people(world, work=run.shared)
    seeds, devices = (1, 2) if run.is_toy else (SEEDS, ALL_DEVICES)
    plays = [Play(world, seed, devices) for seed in range(seeds)]
    told: list[Told] = []
    call: Callable[[Play], list[Told]] = partial(play_group, work=run.shared)
    for number, played in enumerate(side_by_side(call, plays, processes=os.cpu_count() or 1), start=1):
        told += played
        run.say(f"{world}: group {number} of {len(plays)}")
    (run.raw / "told.json").write_text(json.dumps([asdict(one) for one in told]))
    return [*rows_of(told)]


def rows_of(told: Sequence[Told]) -> Iterator[EvidenceRow]:
    """Yield a line for each kind of people who are asked about: of each group all devices' photos together."""
    seeds = sorted({one.play.seed for one in told})
    world = told[0].play.world
    for asked in ASKED:
        for heads in HEADS:
            here = [one for one in told if (one.asked, one.heads) == (asked, heads)]
            groups = [some for seed in seeds if (some := [one for one in here if one.play.seed == seed])]
            if groups:
                right, said = (
                    [100 * sum(getattr(one, what) for one in some) / sum(one.photos for one in some) for some in groups]
                    for what in ("right", "said")
                )
                yield EvidenceRow.of(f"{world}, {asked}", f"{heads}, {RIGHT}", right, "%")
                yield EvidenceRow.of(f"{world}, {asked}", f"{heads}, {SAID}", said, "%")


def findings(rows: Sequence[EvidenceRow]) -> Sequence[str]:
    """Say what the rows bear out."""
    lines = {line.partition(", ")[2]: line for line in dict.fromkeys(row.line for row in rows)}
    said = [_what_others_bring(rows, lines[OTHERS_NEW])] if OTHERS_NEW in lines else []
    return [*said, _what_it_costs(rows, lines[HERE]), _whether_both_win(rows, lines[EVERYBODY])]


def _what_others_bring(rows: Sequence[EvidenceRow], line: str) -> str:
    own, group = (_value(rows, line, f"{heads}, {RIGHT}") for heads in (OWN, GROUP))
    why = " (as it must be: it has no class of theirs)" if own == 0 else ""
    return (
        f"Of people whom neither the bundle nor this device's user knows, a head of one's own is right about {own:.1f} "
        f"% of the photos{why}, and the group's about {group:.1f} %: {_gain(group - own)}."
    )


def _what_it_costs(rows: Sequence[EvidenceRow], line: str) -> str:
    parts = [_pair(rows, line, what) for what in (RIGHT, SAID)]
    return f"Of people whom the device's own user named, the group's head beside one's own: {'; '.join(parts)}."


def _pair(rows: Sequence[EvidenceRow], line: str, what: str) -> str:
    own, group = (_value(rows, line, f"{heads}, {what}") for heads in (OWN, GROUP))
    return f"{what.partition(',')[0]} {group:.1f} % for {own:.1f} % ({_gain(group - own)})"


def _whether_both_win(rows: Sequence[EvidenceRow], line: str) -> str:
    parts = []
    for what in (RIGHT, SAID):
        group, both = (_value(rows, line, f"{heads}, {what}") for heads in (GROUP, BOTH))
        parts.append(f"{what.partition(',')[0]} {both:.1f} % for {group:.1f} % ({_gain(both - group)})")
    return (
        f"Asking both and taking the surer answer, beside the group's head alone, over everybody: {'; '.join(parts)}. "
        "FEDEx serves the group's head alone."
    )


def _gain(points: float) -> str:
    if abs(points) < 0.05:
        return "no difference"
    return f"{points:+.1f} points" if points > 0 else f"**{points:+.1f} points**"


def _value(rows: Sequence[EvidenceRow], line: str, column: str) -> float:
    return figure_of(rows, line, column) or 0.0


def draw(rows: Sequence[EvidenceRow]) -> Figure:
    """Draw a group of bars for each kind of people."""
    figure, panels = new_figure("Right", "Said")
    lines = list(dict.fromkeys(row.line for row in rows))
    width = 0.8 / len(HEADS)
    for panel, what in zip(panels, (RIGHT, SAID), strict=True):
        for number, (heads, look) in enumerate(zip(HEADS, looks(len(HEADS)), strict=True)):
            chosen = [row for row in rows if row.column == f"{heads}, {what}"]
            places = [lines.index(row.line) + (number - 1.5) * width for row in chosen]
            values = [row.value or 0.0 for row in chosen]
            panel.bar(places, values, width, label=heads, **look.of_bar)
            low = [value if row.low is None else row.low for row, value in zip(chosen, values, strict=True)]
            high = [value if row.high is None else row.high for row, value in zip(chosen, values, strict=True)]
            panel.vlines(places, low, high, color=INK, linewidth=1.2)
        titles = [line.partition(", ")[2].replace(", ", ",\n").replace(" on ", "\non ", 1) for line in lines]
        panel.set_xticks(range(len(lines)), titles, fontsize=7)
        panel.set_ylabel("%")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(HEADS))
    return figure


EXHIBIT = Exhibit(
    "sharing",
    "Multi-user gain: a group's head, one's own, and both",
    about=f"""\
Freeze6, people of lfw65 (where there are no photos, people who are drawn as embeddings: synthetic65). The bundle knows
{CASTING.base:.0%} of them by {CASTING.base_photos} photos each, the others are new. There is a device for every five
people; its user knows a circle, {CIRCLE:.0%} of all, by chance, and names {PHOTOS} photos of each that no other device
has. From the same first head one training cycle of FEDEx makes a head of each device's photos alone (*own*) and one of
all devices' (*group's*). *The surer of both* asks both and takes the answer that is more probable, by each head's own
estimate. Every device is asked about photos that no device has had. *Right* is the best label, *said* the same where
the head that answers is sure enough to say it. Over {SEEDS} groups: medians, and the smallest and the largest.""",
    differs="""\
The paper describes sharing within a group and gives no figures for it. Photos of lfw65 come from many cameras, so a
device has no look of its own that a head of one's own could learn; and all users mean the same person by the same name.
Where either is otherwise, a head of one's own is worth more than here.""",
    measure=measure,
    findings=findings,
    draw=draw,
    needs=f"`FEDEX_DATA` with photos in `faces/{WORLD}` for real people",
)
