"""What the exhibit "federated" says of its rows, also where others are better. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.evidence.row import EvidenceRow
from bench.evidence.tables import shown
from bench.peers.federated_rows import (
    ALL,
    DIFFERENCE,
    DOWN,
    IN_USE,
    LIVE,
    NEVER,
    NEW,
    REFUSED,
    SHIPPED,
    TO_ALL,
    TO_NEW,
    UP,
    WAKES,
)
from bench.peers.systems import System, tasks_of

COMPARED = (
    (System.ZERO, "in its best case, from a head of zeros,"),
    (System.ZERO_INT8, "the same in int8, as it could be,"),
    (System.USED, "from the head in use, tuned,"),
    (System.USED_INT8, "that in int8"),
    (System.USED_MOMENTUM, "with momentum"),
    (System.USED_USUAL, "at the rate 0.1, untuned,"),
    (System.USED_LOW, "at 0.01 with 5 epochs"),
)
LARGE_CLASSES, DIMENSIONS = 8631, 512
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

    def shown(self, task: str, system: System, column: str, unit: str = "") -> str:
        """Return a figure with its range, in words."""
        row = self.row(task, system, column)
        if row is None:
            return "not measured"
        if row.value is None:
            return "never" if NEVER in row.note else row.note
        high = "never" if NEVER in row.note else "" if row.high is None else f"{row.high:.4g}"
        spread = f" ({row.low:.4g} to {high})" if row.low is not None and f"{row.low:.4g}" != high else ""
        return f"{row.value:.4g}{f' {unit}' if unit else ''}{spread}"


def findings(rows: Sequence[EvidenceRow]) -> list[str]:
    """Say what follows from the rows."""
    figures = Figures(rows)
    first = figures.tasks[0]
    return [
        *(_accuracy(figures, task) for task in figures.tasks),
        *(_traffic(figures, task) for task in figures.tasks),
        _processor(figures, first),
        _what_others_do_better(figures, first),
        _participation(figures, first),
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
            f"in {refused:.0f} of the casts FEDEx's gate refused the new head, and devices kept the first one: there "
            "averaging is measured against class means",
        )
    return f"**Accuracy, {task}** (everybody / the new, %): {'; '.join(parts)}. {_who_is_ahead(figures, task)}"


def _who_is_ahead(figures: Figures, task: str) -> str:
    """Return who is ahead of FEDEx by more than a tenth of a point, in either."""
    ahead = []
    for system in (System.ZERO, System.USED, System.USED_MOMENTUM, System.MEANS):
        for column, whom in ((ALL, "everybody"), (NEW, "the new")):
            own, other = figures.of(task, System.FEDEX, column), figures.of(task, system, column)
            if own is not None and other is not None and other - own > LEAST_LEAD:
                ahead.append(f"{system} by {other - own:.1f} points for {whom}")
    return f"Ahead of FEDEx: {'; '.join(ahead)}." if ahead else f"Nobody is ahead of FEDEx by more than {LEAST_LEAD}."


def _traffic(figures: Figures, task: str) -> str:
    own = figures.traffic_kb(task, System.FEDEX)
    ours = f"FEDEx's device pushes once and pulls once, {shown_size(own)} in all, whatever the recipe in the cloud."
    if own is None:
        ours = "FEDEx's was not measured: in the cast that was run for real its gate refused the new head."
    parts = []
    for system, words in COMPARED:
        kb, rounds = figures.traffic_kb(task, system), figures.shown(task, system, TO_ALL)
        moved = "" if kb is None or own is None else f" ({shown_size(kb)}, {shown(kb / own)} times FEDEx's)"
        parts.append(f"{words} {rounds}{moved}, for the new {figures.shown(task, system, TO_NEW)}")
    return (
        f"**Traffic, {task}**: {ours} Rounds of federated averaging until within 1 % of FEDEx for everybody: "
        f"{'; '.join(parts)}."
    )


def _processor(figures: Figures, task: str) -> str:
    def took(system: System, column: str, unit: str) -> str:
        return figures.shown(task, system, column, unit)

    return (
        f"**Processor, {task}**: feedback, push and pull take a device {took(System.FEDEX, LIVE, 'ms')} in an app that "
        f"runs anyway, and {took(System.FEDEX, SHIPPED, 's')} as three commands. FedAvg's training takes "
        f"{took(System.ZERO, LIVE, 'ms')} from nothing and {took(System.USED, LIVE, 'ms')} from the head in use, all "
        f"rounds together, without any transport; as Flower ships it, with a process a message, "
        f"{took(System.ZERO, SHIPPED, 's')} and {took(System.USED, SHIPPED, 's')}. The new head was in use "
        f"{took(System.FEDEX, IN_USE, 's')} after FEDEx's last upload; averaging is done when its last round is."
    )


def _what_others_do_better(figures: Figures, task: str) -> str:
    own = figures.traffic_kb(task, System.FEDEX)
    wins = ["on-device training moves nothing, wakes no radio and knows its own person best (`on-device`)"]
    for system in (System.MEANS, System.ZERO_INT8, System.USED_INT8):
        kb = figures.traffic_kb(task, system)
        if kb is not None and own is not None and kb < own:
            wins.append(f"{system} moves {shown_size(kb)}, {100 * kb / own:.0f} % of what FEDEx does")
    ours = figures.of(task, System.FEDEX, LIVE)
    for system in (System.MEANS, System.ZERO, System.USED):
        lean = figures.of(task, system, LIVE)
        if lean is not None and ours is not None and lean < ours:
            wins.append(f"a device's own work for {system}, without transport, is {100 * lean / ours:.2g} % of FEDEx's")
    exchanges, live = (figures.shown(task, System.SECURE, column) for column in (WAKES, LIVE))
    return (
        f"**Where others are better**: {'; '.join(wins)}. And features: FEDEx's leave the device, are biometric, and "
        "can be read by the service. Federated averaging sends changes of a head instead; those of a device with one "
        "person give away that person's mean nearly as plainly. But secure aggregation hides them "
        f"({exchanges} exchanges, {shown_size(figures.traffic_kb(task, System.SECURE))} and {live} ms of a device's "
        "processor), and FEDEx has nothing like it."
    )


def _participation(figures: Figures, task: str) -> str:
    return (
        "**What averaging was given**: all devices at once in every round, which phones are not; rates and epochs "
        "chosen on the tested photos; the list of classes beforehand. With ten devices a round it takes "
        f"{figures.shown(task, System.USED_TEN, TO_ALL)} rounds from the head in use and "
        f"{figures.shown(task, System.ZERO_TEN, TO_ALL)} from nothing ({task}). FEDEx was given the base photos of the "
        "known in the cloud, and its defaults."
    )


def _large() -> str:
    floats, small = 4 * (DIMENSIONS + 1) * LARGE_CLASSES / 1e6, DIMENSIONS * LARGE_CLASSES / 1e6
    return (
        f"**At the paper's {LARGE_CLASSES:,} classes**, by arithmetic: a round of FedAvg is {2 * floats:.1f} MB and "
        f"the last pull {floats:.1f} MB; FEDEx's pull is a head of {small:.1f} MB in int8, once; its push stays."
    )


def _checks(figures: Figures) -> str:
    def most(system: System) -> str:
        values = [figures.of(task, system, DIFFERENCE) for task in figures.tasks]
        return f"{max(value for value in values if value is not None):.2g}"

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
