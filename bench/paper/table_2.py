"""The exhibit "table-2": how long pushes and pulls take, over the same lines for everything."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.figure import Figure

from bench.evidence.exhibit import Exhibit, Run
from bench.evidence.line import PROFILES, line
from bench.evidence.plots import looks, new_figure
from bench.evidence.row import EvidenceRow, figure_of
from bench.evidence.tables import shown_range
from bench.paper.acts import (
    FEW_CLASSES,
    FLOAT_BYTES,
    GRADIENTS,
    JPEG,
    MANY_CLASSES,
    PAPER_GRADIENTS_S,
    PAPER_S,
    TOY_CLASSES,
    WHOLE_BYTES,
    WHOLE_MODEL,
    Ends,
    acts_of,
    fetch_name,
    gradients_name,
    pull_name,
    push_name,
)
from bench.paper.household import CUT, household, make_heads
from bench.paper.sink import sink
from bench.paper.ten_photos import PHOTOS, SENT_CUTS, draw_ten_photos, read_ten_photos
from bench.paper.transfers import LONGEST_S, PROCESSOR, TRAFFIC, measure_line
from contract.codecs import DEFAULT_CODEC, Codec
from contract.cuts import CUTS


def measure(run: Run) -> list[EvidenceRow]:
    """Measure every act over every line, the fastest line first: then the sizes are known."""
    run.say("ten photos, through the whole network")
    photos = draw_ten_photos() if run.is_toy else read_ten_photos(run.work)
    classes = TOY_CLASSES if run.is_toy else (FEW_CLASSES, MANY_CLASSES)
    profiles = sorted(PROFILES, key=lambda one: -one.up_bps)
    rows: list[EvidenceRow] = []
    run.say("a service, and heads to release")
    heads = make_heads(run.work, classes)
    with household(run.work, heads, cuts=SENT_CUTS) as home, sink() as sink_port:
        acts = list(acts_of(photos, home, cuts=SENT_CUTS[-2:] if run.is_toy else SENT_CUTS))
        sizes: dict[str, int] = {}
        for profile in profiles[:1] if run.is_toy else profiles:
            with line(home.port, profile) as to_service, line(sink_port, profile) as to_sink:
                ends = Ends(to_service, to_sink, home)
                rows += measure_line(run, profile, ends, acts, sizes)
    names, columns = [act.name for act in acts], [TRAFFIC, PROCESSOR, *(profile.name for profile in PROFILES)]
    return sorted(rows, key=lambda row: (names.index(row.line), columns.index(row.column)))


def findings(rows: Sequence[EvidenceRow]) -> list[str]:
    """Say how FEDEx's exchange stands beside the others."""
    lines = [profile.name for profile in PROFILES if any(row.column == profile.name for row in rows)]
    cuts = [cut for cut in SENT_CUTS if any(row.line == push_name(cut, DEFAULT_CODEC) for row in rows)]
    return [
        _whole_exchange(rows, lines),
        _head_exchange(rows, lines),
        _codecs(rows, cuts, lines[-1]),
        _photos(rows, cuts),
        *_paper_rates(rows),
    ]


def _whole_exchange(rows: Sequence[EvidenceRow], lines: Sequence[str]) -> str:
    ours, theirs = _exchange(rows, _ours(rows)), _exchange(rows, (GRADIENTS, WHOLE_MODEL))
    ratios = shown_range(
        [_exchange(rows, (GRADIENTS, WHOLE_MODEL), one) / _exchange(rows, _ours(rows), one) for one in lines]
    )
    return (
        f"One exchange of FEDEx at {CUT} (ten features up, the head down) is {_kb(ours)}; one of the paper's FedAvg "
        f"(all gradients up, the whole model down) is {_kb(theirs)}, and takes {ratios} times as long, line by line."
    )


def _head_exchange(rows: Sequence[EvidenceRow], lines: Sequence[str]) -> str:
    """Compare with FedAvg of the head alone, of as many classes, which is what FEDEx trains."""
    classes = _fewest_classes(rows)
    fetched = any(row.line == fetch_name(classes) for row in rows)
    theirs = (gradients_name(classes), fetch_name(classes) if fetched else gradients_name(classes))
    down = "up and down" if fetched else "up, and counted the same down"
    kb = _exchange(rows, theirs) / _exchange(rows, _ours(rows))
    ratios = shown_range([_exchange(rows, theirs, one) / _exchange(rows, _ours(rows), one) for one in lines])
    return (
        f"That is not a fair comparison: FEDEx trains the head alone. FedAvg of that head ({classes} classes, float32 "
        f"{down}) moves {kb:.2g} times FEDEx's bytes a round and takes {ratios} times as "
        "long; it needs a round or many, as the section on peers shows."
    )


def _codecs(rows: Sequence[EvidenceRow], cuts: Sequence[str], fastest: str) -> str:
    """Say what the codec saves and costs, which was measured over the fastest line."""
    ratios = [
        (figure_of(rows, push_name(cut, Codec.FLOAT32), TRAFFIC) or 0.0)
        / (figure_of(rows, push_name(cut, DEFAULT_CODEC), TRAFFIC) or 1.0)
        for cut in cuts
    ]
    pushes = {cut: push_name(cut, DEFAULT_CODEC) for cut in cuts}
    packing = {cut: figure_of(rows, name, PROCESSOR) or 0.0 for cut, name in pushes.items()}
    shares = [
        f"{packing[cut] / 10 / (figure_of(rows, name, fastest) or math.inf):.0f} % at {cut}"
        for cut, name in pushes.items()
    ]
    return (
        f"The default codec ({DEFAULT_CODEC}) sends {shown_range(ratios)} times fewer bytes than float32, cut by cut. "
        f"To pack and send them takes {shown_range([*packing.values()])} ms of the device's processor. Of the seconds "
        f"of such a push over {fastest} that is {', '.join(shares)}."
    )


def _photos(rows: Sequence[EvidenceRow], cuts: Sequence[str]) -> str:
    jpeg = figure_of(rows, JPEG, TRAFFIC) or 0.0
    sizes = {cut: figure_of(rows, push_name(cut, DEFAULT_CODEC), TRAFFIC) or 0.0 for cut in cuts}
    larger = [cut for cut, size in sizes.items() if size > jpeg]
    if not larger:
        return f"At every cut ten features are smaller than the ten photos as JPEG ({jpeg:,.0f} kB)."
    return (
        f"The ten photos themselves would be {jpeg:,.0f} kB as JPEG: at {', '.join(larger)} the features are larger "
        "than the photos that they are made of, whatever else speaks for such a cut."
    )


def _paper_rates(rows: Sequence[EvidenceRow]) -> list[str]:
    """Say what rates the paper's figures would be, if they were traffic."""
    if not any(row.line == push_name("freeze4", Codec.FLOAT32) for row in rows):
        return []
    rates = {cut: PHOTOS * FLOAT_BYTES * _elements(cut) / 1000 / seconds for cut, seconds in PAPER_S.items()}
    said = ", ".join(f"{rate:.1f} kB/s at {cut}" for cut, rate in rates.items())
    return [
        f"If the paper's figures were of traffic, its features (as plain float32) would have gone at {said}, and its "
        f"gradients ({WHOLE_BYTES / 1e6:.0f} MB) at {WHOLE_BYTES / 1000 / PAPER_GRADIENTS_S:,.0f} kB/s: its rows of "
        "features look like the time of an encoding."
    ]


def _elements(cut: str) -> int:
    return math.prod(CUTS[cut].feature_shape)


def _ours(rows: Sequence[EvidenceRow]) -> tuple[str, str]:
    return push_name(CUT, DEFAULT_CODEC), pull_name(_fewest_classes(rows))


def _fewest_classes(rows: Sequence[EvidenceRow]) -> int:
    """Return the classes of the small head, which toys have fewer of."""
    return next(count for count in (FEW_CLASSES, TOY_CLASSES[0]) if any(row.line == pull_name(count) for row in rows))


def _exchange(rows: Sequence[EvidenceRow], names: Sequence[str], column: str = TRAFFIC) -> float:
    return sum(figure_of(rows, name, column) or 0.0 for name in names)


def _kb(size: float) -> str:
    return f"{size / 1000:,.0f} MB" if size >= 10_000 else f"{size:,.1f} kB"


def draw(rows: Sequence[EvidenceRow]) -> Figure:
    """Draw the seconds of every act over each line, and the paper's."""
    figure, (panel,) = new_figure("seconds, over each line")
    figure.set_size_inches(7.2, 7.0)
    names = list(dict.fromkeys(row.line for row in rows))
    columns = [profile.name for profile in PROFILES]
    *of_lines, of_paper = looks(len(columns) + 1)
    for column, look in zip(columns, of_lines, strict=True):
        points = {names.index(row.line): row.value for row in rows if row.column == column and row.value is not None}
        panel.plot([*points.values()], [*points], color=look.colour, marker=look.marker, ls="", label=column)
    points = {names.index(row.line): row.paper for row in rows if row.paper is not None}
    panel.plot([*points.values()], [*points], color=of_paper.colour, marker=of_paper.marker, ls="", label="paper")
    panel.set_xscale("log")
    panel.set_yticks(range(len(names)), names)
    panel.invert_yaxis()
    figure.legend(loc="outside lower center", ncols=len(columns) + 1)
    return figure


_LINES = "\n".join(
    f"- **{one.name}**: {one.down_bps / 1e6:g} Mbit/s down, {one.up_bps / 1e6:g} up, {one.delay_ms:g} ms each way, "
    f"{100 * one.loss:g} % of segments lost ({one.source})"
    for one in PROFILES
)

EXHIBIT = Exhibit(
    "table-2",
    "Table 2: latency of push and pull",
    f"""\
How long a device waits for one push or pull over three lines, each made by a proxy of our own in front of everything
that is compared (`bench/evidence/line.py`):

{_LINES}

Pushes of features and pulls of heads are the device's own code (a connection of its own each time; sealing and
acknowledgement; judging, trying and installing a head) against the real service under gunicorn. Ten features of ten
people are sent at each cut: as the paper did, as float32 in one upload, and as FEDEx does ({DEFAULT_CODEC}, uploads of
at most 128 kB); of real photos through the network with the published weights where `FEDEX_DATA` names them, else of
drawn people through a seeded one. A head is TFLite of dynamic range, and comes with its labels. What FEDEx has no route
for (gradients, the whole model of {CUTS["full"].thawed_parameters:,} parameters, photos) goes to and from a server that
does nothing else. Traffic is payload of TCP, both ways; the processor is that of the device's thread.""",
    f"""\
The paper measured on a Galaxy S7 over a line that is not known to us; its figures stand beside the fastest one. It sent
float32 features, pulled the whole model after every training, and simulated FedAvg without training. Ours is a proxy: a
lost segment comes a round trip late and holds up what follows; windows are not modelled, since none of these lines is
held back by them; there is no TLS, which would add a round trip and some 4 kB to a connection. What goes to the other
server is traffic alone: nobody packs, checks or stores it, which favours it. What would take longer than
{LONGEST_S:g} s is computed from the start and the rate of two transfers over the same line, as a note says.
What is called float32 is compressed losslessly, as every upload is. The photos are crops of 160 x 160, as JPEG of
quality 85. The bundle of the devices that pull has no prefix; a pull looks at a prefix's size alone.""",
    measure,
    findings,
    draw,
)
