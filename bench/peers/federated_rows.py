"""The lines of the exhibit "federated": its columns, and each system's figures as rows. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.evidence.row import EvidenceRow
from bench.peers.averaging import Averaging
from bench.peers.curves import Curve
from bench.peers.in_process import FlowerRun
from bench.peers.real_system import Played
from bench.peers.task import Accuracy

ALL, NEW = "right, everybody", "right, the new"
TO_ALL, TO_NEW = "rounds to 99 % of FEDEx, everybody", "rounds to 99 % of FEDEx, the new"
TO_OWN = "rounds to 99 % of its own end"
WAKES, UP, DOWN = "exchanges of a device", "up", "down"
LIVE, SHIPPED = "processor of a device, in a live program", "processor of a device, as shipped"
SERVER, IN_USE = "processor of the server, for each device", "until it is in use"
DIFFERENCE = "largest difference of accuracy"
REFUSED = "casts whose new head its gate refused"

NEVER = "never within"
MEASURED_ALONE = "the first cast through the real system, the others by its training cycle alone"
AGGREGATION = "aggregation and messages alone, in one process with Flower"
BY_ROUNDS = "computed: rounds times what a round was measured to cost, and a last pull"
LEAN = "computed: kernels as int8 with a scale and a bias a class, without any protocol; a last pull is in it"


ONE_CAST = "the first cast alone"
MESSAGES = "messages alone, in one process with Flower, without any transport; a last pull is in it"


@dataclass(frozen=True, slots=True)
class RoundCost:
    """What one round costs a device and the server."""

    up_kb: float
    down_kb: float
    last_pull_kb: float
    live_ms: float
    server_s: float
    """For each device."""
    shipped_s: float | None
    """None: nobody ships it, or it was not deployed here."""
    seconds: float | None
    note: str = BY_ROUNDS


@dataclass(frozen=True, slots=True)
class Averaged:
    """One way of averaging, over all casts."""

    line: str
    averaging: Averaging
    curves: tuple[Curve, ...]
    share: float = 1.0
    """Of the rounds in which a device takes part."""

    @property
    def note(self) -> str:
        """The setting in words."""
        averaging = self.averaging
        epochs = "1 epoch" if averaging.epochs == 1 else f"{averaging.epochs} epochs"
        return f"{epochs} a round, rate {averaging.rate:g}"


def accuracy_rows(line: str, known: Sequence[Accuracy], *, note: str = "") -> list[EvidenceRow]:
    """Return what is right, over casts."""
    return [
        EvidenceRow.of(line, ALL, [one.everybody for one in known], "%", note=note),
        EvidenceRow.of(line, NEW, [one.new for one in known], "%"),
    ]


def fedex_rows(line: str, played: Played, known: Sequence[Accuracy]) -> list[EvidenceRow]:
    """Return the rows of the real system."""
    devices = len(played.enrolments)
    exchanges = list(zip(played.pushes, played.pulls, strict=True))

    def both(get: str) -> list[float]:
        return [getattr(push, get) + getattr(pull, get) for push, pull in exchanges]

    live = [
        1000 * (feedback + processor)
        for feedback, processor in zip(played.feedback_s, both("processor_s"), strict=True)
    ]
    rows = [
        *accuracy_rows(line, known, note=MEASURED_ALONE if len(known) > 1 else ""),
        *(EvidenceRow(line, column, 1.0, "") for column in (TO_ALL, TO_NEW, TO_OWN)),
        EvidenceRow(line, WAKES, 2.0, ""),
        EvidenceRow.of(line, UP, [size / 1000 for size in both("up_bytes")], "kB"),
        EvidenceRow.of(line, DOWN, [size / 1000 for size in both("down_bytes")], "kB"),
        EvidenceRow.of(line, LIVE, live, "ms"),
        EvidenceRow.of(line, SHIPPED, played.commands_s, "s"),
        EvidenceRow(line, SERVER, (played.web_s + played.worker_s) / devices, "s"),
        EvidenceRow(line, IN_USE, played.seconds_to_head, "s", note=played.refusal),
    ]
    return [without_pull(row, played.refusal) for row in rows] if played.refusal else rows


def without_pull(row: EvidenceRow, refusal: str) -> EvidenceRow:
    """Return the row of a run whose new head the gate refused: nothing was pulled, so that costs are not told."""
    if row.column not in (UP, DOWN, LIVE, SHIPPED, IN_USE):
        return row
    return EvidenceRow(row.line, row.column, None, row.unit, note=f"no head was pulled: the gate said, {refusal}")


def averaged_rows(averaged: Averaged, goals: Sequence[Accuracy], cost: RoundCost) -> list[EvidenceRow]:
    """Return the rows of one way of averaging; costs are those of as many rounds as everybody's accuracy takes."""
    line, curves = averaged.line, list(zip(averaged.curves, goals, strict=True))
    most = len(averaged.curves[0].points)
    everybody = [curve.rounds_for_all(goal) for curve, goal in curves]
    new = [curve.rounds_for_new(goal) for curve, goal in curves]
    own = [curve.rounds_for_all(curve.end) for curve in averaged.curves]
    taken = [None if rounds is None else rounds * averaged.share for rounds in everybody]

    def times(column: str, unit: str, each: float | None, *, last: float = 0.0, note: str) -> EvidenceRow:
        if each is None:
            return EvidenceRow(line, column, None, unit, note="not deployed")
        return rounds_row(line, column, taken, most, unit=unit, each=each, last=last, note=note)

    return [
        *accuracy_rows(line, [curve.end for curve in averaged.curves], note=averaged.note),
        rounds_row(line, TO_ALL, everybody, most),
        rounds_row(line, TO_NEW, new, most),
        rounds_row(line, TO_OWN, own, most),
        times(WAKES, "", 1.0, last=1.0, note="with a last pull"),
        times(UP, "kB", cost.up_kb, note=cost.note),
        times(DOWN, "kB", cost.down_kb, last=cost.last_pull_kb, note=cost.note),
        times(LIVE, "ms", cost.live_ms, note=cost.note),
        times(SHIPPED, "s", cost.shipped_s, note=cost.note),
        rounds_row(line, SERVER, everybody, most, unit="s", each=cost.server_s, note=AGGREGATION),
        EvidenceRow(line, IN_USE, None, "s", note="not deployed")
        if cost.seconds is None
        else rounds_row(line, IN_USE, everybody, most, unit="s", each=cost.seconds, note=cost.note),
    ]


def rounds_row(
    line: str,
    column: str,
    rounds: Sequence[float | None],
    most: int,
    *,
    unit: str = "",
    each: float = 1.0,
    last: float = 0.0,
    note: str = "",
) -> EvidenceRow:
    """Return a row of `each` times rounds, and `last`; None among them is never, and the median may be."""
    values = sorted(math.inf if one is None else each * one + last for one in rounds)
    never = sum(value == math.inf for value in values)
    reached = f"{NEVER} {most} rounds in {never} of {len(values)} casts" if never else ""
    median = statistics.median(values)
    return EvidenceRow(
        line,
        column,
        median if median < math.inf else None,
        unit,
        low=values[0] if len(values) > 1 and values[0] < math.inf else None,
        high=values[-1] if len(values) > 1 and not never else None,
        repeats=len(values),
        note=reached if median == math.inf else "; ".join(part for part in (note, reached) if part),
    )


def secure_rows(line: str, curve: Curve, goal: Accuracy, flower: FlowerRun, *, people: int) -> list[EvidenceRow]:
    """Return the rows of averaging with secure aggregation, of which one cast was run."""
    rounds, pull_kb = curve.rounds_for_all(goal), flower.heads[0].kb
    if rounds is None:
        note = f"{NEVER} the {len(curve.points)} rounds that were run"
        return [*accuracy_rows(line, [curve.end], note=ONE_CAST), EvidenceRow(line, TO_ALL, None, note=note)]
    return [
        *accuracy_rows(line, [curve.end], note=ONE_CAST),
        EvidenceRow(line, TO_ALL, float(rounds)),
        EvidenceRow(line, WAKES, rounds * flower.messages + 1),
        EvidenceRow(line, UP, rounds * flower.up_kb, "kB", note=MESSAGES),
        EvidenceRow(line, DOWN, rounds * flower.down_kb + pull_kb, "kB", note=MESSAGES),
        EvidenceRow(line, LIVE, 1000 * rounds * statistics.median(flower.device_s), "ms", note=MESSAGES),
        EvidenceRow(line, SERVER, rounds * statistics.median(flower.server_s) / people, "s", note=AGGREGATION),
    ]


def means_rows(
    line: str, known: Sequence[Accuracy], *, up_kb: float, down_kb: float, live_ms: float
) -> list[EvidenceRow]:
    """Return the rows of class means, which go once each way as int8."""
    return [
        *accuracy_rows(line, known),
        *(EvidenceRow(line, column, 1.0, "") for column in (TO_ALL, TO_NEW, TO_OWN)),
        EvidenceRow(line, WAKES, 2.0, ""),
        EvidenceRow(line, UP, up_kb, "kB", note=LEAN),
        EvidenceRow(line, DOWN, down_kb, "kB", note=LEAN),
        EvidenceRow(line, LIVE, live_ms, "ms"),
        EvidenceRow(line, SHIPPED, None, "s", note="nobody ships it"),
    ]


def alone_rows(
    line: str, known: Sequence[Accuracy], *, live_s: Sequence[float], whole_s: Sequence[float]
) -> list[EvidenceRow]:
    """Return the rows of devices that train by themselves and never talk."""
    return [
        *accuracy_rows(line, known),
        *(EvidenceRow(line, column, 0.0, unit) for column, unit in ((WAKES, ""), (UP, "kB"), (DOWN, "kB"))),
        EvidenceRow.of(line, LIVE, [1000 * one for one in live_s], "ms"),
        EvidenceRow.of(line, SHIPPED, whole_s, "s"),
        EvidenceRow(line, SERVER, 0.0, "s"),
        EvidenceRow(line, IN_USE, 0.0, "s"),
    ]
