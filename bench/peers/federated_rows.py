"""The lines of the exhibit "federated": its columns, and each system's figures as rows. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.evidence.cost import Cost
from bench.evidence.row import EvidenceRow
from bench.peers.averaging import Averaging
from bench.peers.curves import Curve
from bench.peers.in_process import FlowerRun
from bench.peers.real_system import Played
from bench.peers.task import Accuracy

ALL, NEW = "right, everybody", "right, the new"
TO_ALL, TO_NEW = "rounds to 99 % of FEDEx, everybody", "rounds to 99 % of FEDEx, the new"
TO_OWN = "rounds to 99 % of its own end"
ALL_THEN, NEW_THEN = "right after the rounds of the first, everybody", "right after the rounds of the first, the new"
WAKES, UP, DOWN = "exchanges of a device", "up", "down"
BOTH_NEW = "up and down, until 99 % of FEDEx for the new"
LIVE, SHIPPED = "processor of a device, in a live program", "processor of a device, as shipped"
SERVER, SERVER_SHIPPED = "processor of the server, for each device", "that as shipped"
IN_USE = "until it is in use"
DIFFERENCE = "largest difference of accuracy"
REFUSED = "casts whose new head its gate refused"

NEVER = "never within"
AT_EDGE = "at the edge of what was tried"
MEASURED_ALONE = "the first cast through the real system, the others by its training cycle alone"
AGGREGATION = "aggregation and messages alone, in one process with Flower"
CYCLE = "the training cycle alone, in a process that runs already"
WHOLE_SERVICE = "web and worker with all that they start, for all devices together"
OF_TWO_NODES = (
    "computed: rounds times what a deployment of two nodes was measured to cost, polling in it, for each node"
)
BY_ROUNDS = "computed: rounds times what a round was measured to cost"
WITH_POLLING = f"{BY_ROUNDS}, with the node's polling meanwhile"
WITH_PULL = f"{WITH_POLLING}, and a last pull without any protocol"
NO_TRANSPORT = f"{BY_ROUNDS}: training alone, without transport"
WITH_TRANSPORT = "feedback, push and pull: HTTP, sealing and verifying are in it"
ONE_EXCHANGE = "of its one exchange, however good it is then"
LEAN = "computed: kernels as int8 with a scale and a bias a class, without any protocol"
LEAN_PULL = f"{LEAN}; a last pull is in it"
WITHOUT_TRANSPORT = "messages alone, in one process with Flower, without any transport"
ONE_CAST = "the first cast alone"
MESSAGES = f"{WITHOUT_TRANSPORT}; a last pull is in it"


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
    server_shipped_s: float | None
    """For each device."""
    seconds: float | None
    note: str = WITH_POLLING
    """Of the traffic."""


@dataclass(frozen=True, slots=True)
class Averaged:
    """One way of averaging, over all casts."""

    line: str
    averaging: Averaging
    curves: tuple[Curve, ...]
    share: float = 1.0
    """Of the rounds in which a device takes part."""
    is_at_edge: bool = False
    """Whether a setting beyond those that were tried might do better."""

    @property
    def note(self) -> str:
        """The setting in words."""
        averaging = self.averaging
        epochs = "1 epoch" if averaging.epochs == 1 else f"{averaging.epochs} epochs"
        return f"{epochs} a round, rate {averaging.rate:g}{f', {AT_EDGE}' if self.is_at_edge else ''}"


def accuracy_rows(
    line: str, known: Sequence[Accuracy], *, note: str = "", columns: tuple[str, str] = (ALL, NEW)
) -> list[EvidenceRow]:
    """Return what is right, over casts."""
    everybody, new = columns
    return [
        EvidenceRow.of(line, everybody, [one.everybody for one in known], "%", note=note),
        EvidenceRow.of(line, new, [one.new for one in known], "%"),
    ]


def once_rows(
    line: str, known: Sequence[Accuracy], goals: Sequence[Accuracy], went: Sequence[bool]
) -> list[EvidenceRow]:
    """Return in how many rounds a system of one round is as good as the goals; it `went` where it changed a head."""
    steps = [(Curve((own,)), goal, has_gone) for own, goal, has_gone in zip(known, goals, went, strict=True)]
    return [
        rounds_row(line, TO_ALL, [one.rounds_for_all(goal) for one, goal, _ in steps], 1),
        rounds_row(line, TO_NEW, [one.rounds_for_new(goal) for one, goal, _ in steps], 1),
        rounds_row(line, TO_OWN, [1 if has_gone else None for _, _, has_gone in steps], 1),
    ]


def fedex_rows(
    line: str,
    played: Played,
    known: Sequence[Accuracy],
    goals: Sequence[Accuracy],
    *,
    refused: Sequence[bool],
    cycles_s: Sequence[float],
) -> list[EvidenceRow]:
    """Return the rows of the real system; costs are of the channel `latest`, which has a refused head, too."""
    devices = len(played.enrolments)
    exchanges = list(zip(played.pushes, played.pulls, strict=True))

    def both(get: Callable[[Cost], float]) -> list[float]:
        return [get(push) + get(pull) for push, pull in exchanges]

    processor_s = both(lambda one: one.processor_s)
    live = [1000 * (feedback + other) for feedback, other in zip(played.feedback_s, processor_s, strict=True)]
    connections = statistics.median(both(lambda one: one.connections))
    once = once_rows(line, known, goals, [not one for one in refused])
    return [
        *accuracy_rows(line, known, note=MEASURED_ALONE if len(known) > 1 else ""),
        *once,
        *accuracy_rows(line, known, columns=(ALL_THEN, NEW_THEN)),
        EvidenceRow.of(
            line, WAKES, both(lambda one: one.connections > 0), "", note=f"in {connections:g} connections together"
        ),
        EvidenceRow.of(line, UP, both(lambda one: one.up_bytes / 1000), "kB"),
        EvidenceRow.of(line, DOWN, both(lambda one: one.down_bytes / 1000), "kB"),
        _once_for_new(once[1], both(lambda one: (one.up_bytes + one.down_bytes) / 1000)),
        EvidenceRow.of(line, LIVE, live, "ms", note=WITH_TRANSPORT),
        EvidenceRow.of(line, SHIPPED, played.commands_s, "s"),
        EvidenceRow.of(line, SERVER, [one / devices for one in cycles_s], "s", note=CYCLE),
        EvidenceRow(line, SERVER_SHIPPED, (played.web_s + played.worker_s) / devices, "s", note=WHOLE_SERVICE),
        EvidenceRow(line, IN_USE, played.seconds_to_head, "s", note=_refusal(played.refusal)),
    ]


def standing_rows(idle_line: str, enrolment_line: str, played: Played) -> list[EvidenceRow]:
    """Return what a device of FEDEx costs beside its push and its pull."""
    rows = []
    for line, exchanges in ((idle_line, [played.idle_pull]), (enrolment_line, played.enrolments)):
        rows += [
            EvidenceRow.of(line, WAKES, [float(one.connections > 0) for one in exchanges], ""),
            EvidenceRow.of(line, UP, [one.up_bytes / 1000 for one in exchanges], "kB"),
            EvidenceRow.of(line, DOWN, [one.down_bytes / 1000 for one in exchanges], "kB"),
            EvidenceRow.of(line, LIVE, [1000 * one.processor_s for one in exchanges], "ms"),
        ]
    return rows


def _refusal(reason: str) -> str:
    return f"by the channel `latest`; for `best` its gate refused the head: {reason}" if reason else ""


def _once_for_new(rounds: EvidenceRow, moved_kb: Sequence[float]) -> EvidenceRow:
    """Return what one exchange moves, where it is enough for the new in most casts."""
    if rounds.value is None:
        return EvidenceRow(rounds.line, BOTH_NEW, None, "kB", note=rounds.note)
    return EvidenceRow.of(rounds.line, BOTH_NEW, moved_kb, "kB", note=rounds.note)


def averaged_rows(averaged: Averaged, goals: Sequence[Accuracy], cost: RoundCost) -> list[EvidenceRow]:
    """Return the rows of one way of averaging; costs are those of as many rounds as everybody's accuracy takes."""
    line, curves = averaged.line, list(zip(averaged.curves, goals, strict=True))
    most = len(averaged.curves[0].points)
    everybody = [curve.rounds_for_all(goal) for curve, goal in curves]
    new = [curve.rounds_for_new(goal) for curve, goal in curves]
    own = [curve.rounds_for_all(curve.end) for curve in averaged.curves]
    taken, taken_for_new = (
        [None if one is None else one * averaged.share for one in rounds] for rounds in (everybody, new)
    )

    def times(column: str, unit: str, each: float | None, *, last: float = 0.0, note: str) -> EvidenceRow:
        if each is None:
            return EvidenceRow(line, column, None, unit, note="not deployed")
        return rounds_row(line, column, taken, most, unit=unit, each=each, last=last, note=note)

    pulled = {WITH_POLLING: WITH_PULL, LEAN: LEAN_PULL, WITHOUT_TRANSPORT: MESSAGES}[cost.note]
    both_kb = cost.up_kb + cost.down_kb
    return [
        *accuracy_rows(line, [curve.end for curve in averaged.curves], note=averaged.note),
        rounds_row(line, TO_ALL, everybody, most),
        rounds_row(line, TO_NEW, new, most),
        rounds_row(line, TO_OWN, own, most),
        *_then_rows(line, averaged.curves, everybody, most),
        times(WAKES, "", 1.0, last=1.0, note="with a last pull"),
        times(UP, "kB", cost.up_kb, note=cost.note),
        times(DOWN, "kB", cost.down_kb, last=cost.last_pull_kb, note=pulled),
        rounds_row(line, BOTH_NEW, taken_for_new, most, unit="kB", each=both_kb, last=cost.last_pull_kb, note=pulled),
        times(LIVE, "ms", cost.live_ms, note=NO_TRANSPORT),
        times(SHIPPED, "s", cost.shipped_s, note=WITH_POLLING),
        times(SERVER, "s", cost.server_s, note=AGGREGATION),
        times(SERVER_SHIPPED, "s", cost.server_shipped_s, note=OF_TWO_NODES),
        EvidenceRow(line, IN_USE, None, "s", note="not deployed")
        if cost.seconds is None
        else rounds_row(line, IN_USE, everybody, most, unit="s", each=cost.seconds, note=WITH_POLLING),
    ]


def _then_rows(line: str, curves: Sequence[Curve], rounds: Sequence[int | None], most: int) -> list[EvidenceRow]:
    """Return what is right after the rounds that costs are told of, in the casts that get there."""
    then = [curve.points[one - 1] for curve, one in zip(curves, rounds, strict=True) if one is not None]
    missed = len(rounds) - len(then)
    note = f"of the other casts: {NEVER} {_rounds(most)} in {missed} of {len(rounds)} casts" if missed else ""
    if not then:
        return [EvidenceRow(line, column, None, "%", note=note) for column in (ALL_THEN, NEW_THEN)]
    return accuracy_rows(line, then, note=note, columns=(ALL_THEN, NEW_THEN))


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
    reached = f"{NEVER} {_rounds(most)} in {never} of {len(values)} casts" if never else ""
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


def _rounds(most: int) -> str:
    return "1 round" if most == 1 else f"{most} rounds"


def secure_rows(line: str, curve: Curve, goal: Accuracy, flower: FlowerRun, *, people: int) -> list[EvidenceRow]:
    """Return the rows of averaging with secure aggregation, of which one cast was run."""
    rounds = curve.rounds_for_all(goal)
    if rounds is None:
        note = f"{NEVER} the {len(curve.points)} rounds that were run"
        return [*accuracy_rows(line, [curve.end], note=ONE_CAST), EvidenceRow(line, TO_ALL, None, note=note)]
    return [
        *accuracy_rows(line, [curve.end], note=ONE_CAST),
        EvidenceRow(line, TO_ALL, float(rounds)),
        EvidenceRow(line, WAKES, rounds * flower.messages + 1),
        EvidenceRow(line, UP, rounds * flower.up_kb, "kB", note=WITHOUT_TRANSPORT),
        EvidenceRow(line, DOWN, rounds * flower.down_kb + flower.heads[0].kb, "kB", note=MESSAGES),
        EvidenceRow(line, LIVE, 1000 * rounds * statistics.median(flower.device_s), "ms", note=NO_TRANSPORT),
        EvidenceRow(line, SERVER, rounds * statistics.median(flower.server_s) / people, "s", note=AGGREGATION),
    ]


def means_rows(
    line: str,
    known: Sequence[Accuracy],
    goals: Sequence[Accuracy],
    *,
    up_kb: float,
    down_kb: float,
    live_ms: float,
) -> list[EvidenceRow]:
    """Return the rows of class means, which go once each way as int8."""
    once = once_rows(line, known, goals, [True] * len(known))
    return [
        *accuracy_rows(line, known),
        *once,
        *accuracy_rows(line, known, columns=(ALL_THEN, NEW_THEN), note=ONE_EXCHANGE),
        EvidenceRow(line, WAKES, 2.0, "", note="computed: one up, one down"),
        EvidenceRow(line, UP, up_kb, "kB", note=LEAN),
        EvidenceRow(line, DOWN, down_kb, "kB", note=LEAN),
        _once_for_new(once[1], [up_kb + down_kb]),
        EvidenceRow(line, LIVE, live_ms, "ms", note="without transport"),
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
