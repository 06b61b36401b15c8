"""What the exhibit "federated" says of its rows, also where others are better. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.evidence.row import EvidenceRow
from bench.evidence.tables import shown
from bench.peers.federated_rows import (
    ALL,
    AT_EDGE,
    BOTH_NEW,
    DIFFERENCE,
    DOWN,
    IN_USE,
    LIVE,
    NEVER,
    NEW,
    REFUSED,
    SERVER,
    SERVER_SHIPPED,
    SHIPPED,
    TO_ALL,
    TO_NEW,
    UP,
    WAKES,
)
from bench.peers.systems import System, tasks_of
from contract.cuts import TABLE_1_CLASSES

COMPARED = (
    (System.ZERO, "in its best case, from a head of zeros,"),
    (System.ZERO_INT8, "the same in int8, as it could be, without any protocol,"),
    (System.USED, "from the head in use, tuned,"),
    (System.USED_INT8, "that in int8, without any protocol,"),
    (System.USED_MOMENTUM, "with momentum"),
    (System.USED_USUAL, "at the rate 0.1, untuned,"),
    (System.USED_LOW, "at 0.01 with 5 epochs"),
)
DIMENSIONS = 512
FAR_LATER = 3
"""Times as many rounds."""
LEAST_LEAD = 0.1
"""Points that are worth telling."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The rows, asked by task, system and column."""

    rows: Sequence[EvidenceRow]

    @property
    def tasks(self) -> list[str]:
        """Return the tasks, in order."""
        return tasks_of(self.rows)

    def row(self, task: str, system: System, column: str) -> EvidenceRow | None:
        """Return a row, or None where there is none."""
        line = f"{task}: {system}"
        return next((row for row in self.rows if (row.line, row.column) == (line, column)), None)

    def of(self, task: str, system: System, column: str) -> float | None:
        """Return a figure, or None where there is none."""
        row = self.row(task, system, column)
        return None if row is None else row.value

    def traffic_kb(self, task: str, system: System) -> float | None:
        """Return what a device moves, both ways."""
        up, down = self.of(task, system, UP), self.of(task, system, DOWN)
        return None if up is None or down is None else up + down

    def traffic_range_kb(self, task: str, system: System) -> tuple[float, float] | None:
        """Return the least and the most over casts that a device moves, both ways; None: some casts never get there."""
        ends = [_range_of(self.row(task, system, column)) for column in (UP, DOWN)]
        if None in ends:
            return None
        (least_up, most_up), (least_down, most_down) = (one for one in ends if one is not None)
        return least_up + least_down, most_up + most_down

    def shown(self, task: str, system: System, column: str, unit: str = "") -> str:
        """Return a figure with its range, in words."""
        row = self.row(task, system, column)
        if row is None:
            return "not measured"
        if row.value is None:
            best = "" if row.low is None else f" in most casts ({row.low:.4g}{f' {unit}' if unit else ''} in the best)"
            return f"never{best}" if NEVER in row.note else row.note
        high = "never" if NEVER in row.note else "" if row.high is None else f"{row.high:.4g}"
        spread = f" ({row.low:.4g} to {high})" if row.low is not None and f"{row.low:.4g}" != high else ""
        return f"{row.value:.4g}{f' {unit}' if unit else ''}{spread}"


def _range_of(row: EvidenceRow | None) -> tuple[float, float] | None:
    """Return a figure's least and most, or None where it has no end."""
    if row is None or row.value is None or NEVER in row.note:
        return None
    return row.value if row.low is None else row.low, row.value if row.high is None else row.high


def findings(rows: Sequence[EvidenceRow]) -> list[str]:
    """Say what follows from the rows."""
    figures = Figures(rows)
    first = figures.tasks[0]
    return [
        *(_accuracy(figures, task) for task in figures.tasks),
        *(_traffic(figures, task) for task in figures.tasks),
        _processor(figures, first),
        _server(figures, first),
        _standing(figures, first),
        _what_others_do_better(figures, first),
        _participation(figures, first),
        _edges(figures),
        _large(),
        _checks(figures),
    ]


def _accuracy(figures: Figures, task: str) -> str:
    def both(system: System) -> str:
        return f"{figures.shown(task, system, ALL)} / {figures.shown(task, system, NEW)}"

    parts: tuple[str, ...] = (
        f"FEDEx {both(System.FEDEX)}",
        f"FedAvg in the end {both(System.ZERO)} from nothing and {both(System.USED)} from the head in use, tuned",
        f"class means {both(System.MEANS)}",
        f"on-device training alone {both(System.ALONE)}",
        f"no training {both(System.NOTHING)}",
    )
    if refused := figures.of(task, System.FEDEX, REFUSED):
        parts = (
            *parts,
            f"in {refused:.0f} of the casts FEDEx's gate refused the new head, which `best` does not have then: there "
            "averaging is measured against class means",
        )
    return f"**Accuracy, {task}** (everybody / the new, %): {'; '.join(parts)}. {_who_is_ahead(figures, task)}"


def _who_is_ahead(figures: Figures, task: str) -> str:
    """Return who is ahead of FEDEx by more than a tenth of a point, in either."""
    ahead = []
    for system in System:
        leads = []
        for column, whom in ((ALL, "everybody"), (NEW, "the new")):
            own, other = figures.of(task, System.FEDEX, column), figures.of(task, system, column)
            if own is not None and other is not None and other - own > LEAST_LEAD:
                leads.append(f"{other - own:.1f} points for {whom}")
        if leads:
            ahead.append(f"{system} by {' and '.join(leads)}")
    if not ahead:
        return f"Nobody is ahead of FEDEx by more than {LEAST_LEAD} points."
    return f"Ahead of FEDEx in the median: {'; '.join(ahead)}."


def _traffic(figures: Figures, task: str) -> str:
    own = figures.traffic_kb(task, System.FEDEX)
    ours = "FEDEx's was not measured."
    if own is not None:
        ours = f"FEDEx's device pushes once and pulls once, {shown_size(own)} in all, whatever the recipe in the cloud."
    parts = []
    for system, words in COMPARED:
        kb, rounds = figures.traffic_kb(task, system), figures.shown(task, system, TO_ALL)
        moved = "" if kb is None or own is None else f" ({shown_size(kb)}, {_times(figures, task, system)} FEDEx's)"
        new = figures.of(task, system, BOTH_NEW)
        parts.append(
            f"{words} {rounds}{moved}, for the new {figures.shown(task, system, TO_NEW)}"
            f"{'' if new is None else f' ({shown_size(new)})'}"
        )
    return (
        f"**Traffic, {task}**: {ours} Rounds of federated averaging until within 1 % of FEDEx for everybody: "
        f"{'; '.join(parts)}.{_where_fedex_misses(figures, task)}{_dips(figures, task)}"
    )


def _times(figures: Figures, task: str, system: System) -> str:
    """Return how many times FEDEx's traffic a system's is, with its range over casts."""
    own, kb = figures.traffic_kb(task, System.FEDEX), figures.traffic_kb(task, system)
    if own is None or kb is None:
        return "not measured"
    both = figures.traffic_range_kb(task, system)
    if both is None:
        return f"{shown(kb / own)} (in some casts without end) times"
    low, high = (shown(one / own) for one in both)
    return f"{shown(kb / own)} times" if low == high else f"{shown(kb / own)} ({low} to {high}) times"


def _where_fedex_misses(figures: Figures, task: str) -> str:
    """Return in which casts FEDEx's one round is not enough for itself, because its gate refused the head."""
    row = figures.row(task, System.FEDEX, TO_ALL)
    if row is None or NEVER not in row.note:
        return ""
    return f" FEDEx's own push and pull are not enough in every cast ({row.note}): its gate refused the head there."


def _dips(figures: Figures, task: str) -> str:
    """Return which int8 ways take far more rounds than float32, though some cast or the new are right much sooner."""
    late = []
    for system, whole in ((System.ZERO_INT8, System.ZERO), (System.USED_INT8, System.USED)):
        small, large = figures.of(task, system, TO_ALL), figures.of(task, whole, TO_ALL)
        if small is not None and large is not None and small > FAR_LATER * large:
            late.append(f"{system} ({figures.shown(task, system, TO_ALL)} against {large:.4g})")
    if not late:
        return ""
    return (
        f" Far later than in float32: {'; '.join(late)}. Rounds are counted until accuracy stays there for all of the "
        "200, so that a head which is there soon, and dips below it much later, is told as late: who stops at the "
        "first round that is good enough moves less than this says."
    )


def _processor(figures: Figures, task: str) -> str:
    def took(system: System, column: str, unit: str) -> str:
        return figures.shown(task, system, column, unit)

    if figures.of(task, System.FEDEX, LIVE) is None or figures.of(task, System.FEDEX, SHIPPED) is None:
        return f"**Processor, {task}**: FEDEx's was not measured."
    return (
        f"**Processor, {task}**: feedback, push and pull take a device {took(System.FEDEX, LIVE, 'ms')} in an app that "
        f"runs anyway, HTTP, sealing and verifying included, and {took(System.FEDEX, SHIPPED, 's')} as three commands. "
        f"FedAvg's training takes {took(System.ZERO, LIVE, 'ms')} from nothing and {took(System.USED, LIVE, 'ms')} "
        "from the head in use, all rounds together, without any transport; as Flower ships it, with a process a "
        f"message: {took(System.ZERO, SHIPPED, 's')} and {took(System.USED, SHIPPED, 's')}. The new head was there "
        f"{took(System.FEDEX, IN_USE, 's')} after FEDEx's last upload; all rounds of averaging, training in them, "
        f"take: {took(System.ZERO, IN_USE, 's')} and {took(System.USED, IN_USE, 's')}."
    )


def _server(figures: Figures, task: str) -> str:
    def took(system: System, column: str) -> str:
        return figures.shown(task, system, column, "s")

    return (
        f"**Server, {task}**, processor for each device: FEDEx's training cycle alone "
        f"{took(System.FEDEX, SERVER)}, as shipped, with the web's part and the start of what trains, "
        f"{took(System.FEDEX, SERVER_SHIPPED)}; FedAvg's aggregation from nothing {took(System.ZERO, SERVER)} and from "
        f"the head in use {took(System.USED, SERVER)}, as shipped: {took(System.ZERO, SERVER_SHIPPED)} and "
        f"{took(System.USED, SERVER_SHIPPED)}, by a deployment of two nodes, which share what a round costs anyway."
    )


def _standing(figures: Figures, task: str) -> str:
    def told(system: System) -> str:
        return f"{shown_size(figures.traffic_kb(task, system))} and {figures.shown(task, system, LIVE, 'ms')}"

    return (
        f"**What is not in it, {task}**: a device of FEDEx enrols once ({told(System.FEDEX_ENROLMENT)} of processor), "
        f"and whenever it asks in vain, that is one more exchange ({told(System.FEDEX_IDLE)}). Flower's nodes poll "
        "while a round lasts, which is in their traffic here, and while none does, which is not (`deployed` has it)."
    )


def _what_others_do_better(figures: Figures, task: str) -> str:
    own = figures.traffic_kb(task, System.FEDEX)
    wins = ["on-device training moves nothing, wakes no radio and learns its person without sending anything"]
    for system in (System.MEANS, System.ZERO_INT8, System.USED_INT8):
        kb = figures.traffic_kb(task, system)
        if kb is not None and own is not None and kb < own:
            wins.append(
                f"{system} moves {shown_size(kb)}, by arithmetic and without any protocol: {100 * kb / own:.0f} % of "
                "what FEDEx does on the wire"
            )
    ours = figures.of(task, System.FEDEX, LIVE)
    for system in (System.MEANS, System.ZERO, System.USED):
        lean = figures.of(task, system, LIVE)
        if lean is not None and ours is not None and lean < ours:
            wins.append(f"a device's own work for {system}, without transport, is {100 * lean / ours:.2g} % of FEDEx's")
    return (
        f"**Where others are better**: {'; '.join(wins)}. And features: FEDEx's leave the device, are biometric, and "
        "can be read by the service. Federated averaging sends changes of a head instead; those of a device with one "
        "person give away that person's mean nearly as plainly. But secure aggregation hides them"
        f"{_secure(figures, task)}, and FEDEx has nothing like it."
    )


def _secure(figures: Figures, task: str) -> str:
    if figures.of(task, System.SECURE, WAKES) is None:
        return f" (within 1 % of FEDEx: {figures.shown(task, System.SECURE, TO_ALL)}, in the few rounds that were run)"
    exchanges, live = (figures.shown(task, System.SECURE, column) for column in (WAKES, LIVE))
    size = shown_size(figures.traffic_kb(task, System.SECURE))
    return f" ({exchanges} exchanges, {size} without any transport and {live} ms of a device's processor)"


def _participation(figures: Figures, task: str) -> str:
    return (
        "**What averaging was given**: all devices at once in every round, which phones are not; rates and epochs "
        "chosen on the tested photos; the list of classes beforehand. With ten devices a round it takes "
        f"{figures.shown(task, System.USED_TEN, TO_ALL)} rounds from the head in use and "
        f"{figures.shown(task, System.ZERO_TEN, TO_ALL)} from nothing ({task}). FEDEx was given the base photos of the "
        "known in the cloud, and its defaults."
    )


def _edges(figures: Figures) -> str:
    """Return which settings lie at the edge of those that were tried."""
    at_edge = [
        f"{row.line} ({row.note.removesuffix(f', {AT_EDGE}')})"
        for row in figures.rows
        if row.column == ALL and AT_EDGE in row.note
    ]
    if not at_edge:
        return "**Tuning**: every tuned setting lies within those that were tried."
    return f"**Tuning**: at the edge of what was tried, so that others may do better: {'; '.join(at_edge)}."


def _large() -> str:
    floats, small = 4 * (DIMENSIONS + 1) * TABLE_1_CLASSES / 1e6, DIMENSIONS * TABLE_1_CLASSES / 1e6
    return (
        f"**At the paper's {TABLE_1_CLASSES:,} classes**, by arithmetic: a round of FedAvg is {2 * floats:.1f} MB and "
        f"the last pull {floats:.1f} MB; FEDEx's pull is a head of {small:.1f} MB in int8, once; its push stays."
    )


def _checks(figures: Figures) -> str:
    def most(system: System) -> str:
        values = [figures.of(task, system, DIFFERENCE) for task in figures.tasks]
        return f"{max((value for value in values if value is not None), default=math.nan):.2g}"

    return (
        "**Checks**: the sweeps are in numpy; Flower's own strategies and ClientApps give accuracies that differ by "
        f"{most(System.CHECK_FLOWER)} points at most in any round of three settings. FEDEx's training cycle alone "
        f"differs from the real service and worker by {most(System.CHECK_FEDEX)} points at most."
    )


def shown_size(kb: float | None) -> str:
    """Return a size in words."""
    if kb is None:
        return "not measured"
    return f"{kb / 1000:.2g} MB" if kb >= 1000 else f"{kb:.0f} kB"
