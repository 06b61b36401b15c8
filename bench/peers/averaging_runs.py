"""Federated averaging as "federated" runs it: tuned, over all casts, checked against Flower's own, with its costs."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from threadpoolctl import threadpool_limits

from bench.evidence.exhibit import Run
from bench.evidence.row import EvidenceRow
from bench.peers.averaging import MOMENTUM, Averaging
from bench.peers.curves import Curve, averaged, curves_of, is_at_edge, quickest
from bench.peers.deployment import Deployed
from bench.peers.federated_rows import (
    DIFFERENCE,
    LEAN,
    WITHOUT_TRANSPORT,
    Averaged,
    RoundCost,
    averaged_rows,
    secure_rows,
)
from bench.peers.heads import Head, int8_kb
from bench.peers.in_process import FlowerRun, Wanted, run_in_process
from bench.peers.networks import Setting
from bench.peers.systems import System, line_of
from bench.peers.task import Accuracy, Task, score

ROUNDS, FLOWER_ROUNDS, MOST_SECURE_ROUNDS = 200, 20, 5
RATES, EPOCHS = (0.01, 0.03, 0.1, 0.3, 1.0, 2.0, 3.0, 5.0), (1, 5, 20)
MOMENTUM_RATES = (0.01, 0.03, 0.1, 0.3)
TEN = 10
CHECKED = (System.ZERO, System.USED, System.USED_MOMENTUM)
"""What Flower itself is run on, too."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is done."""

    rounds: int
    """Of every way, and of every setting that is tried."""
    rates: Sequence[float]
    flower_rounds: int

    @classmethod
    def of(cls, run: Run) -> Effort:
        """Return what a run asks for."""
        return cls(12, (0.1, 1.0), 3) if run.is_toy else cls(ROUNDS, RATES, FLOWER_ROUNDS)


@dataclass(frozen=True, slots=True)
class Way:
    """One way of averaging, from one head for each cast."""

    averaging: Averaging
    starts: Sequence[Head]
    is_at_edge: bool = False
    """Whether the setting lies at the edge of those that were tried."""


def averaging_rows(
    run: Run, setting: Setting, task: Task, fedex: Sequence[Accuracy], deployed: Deployed | None
) -> list[EvidenceRow]:
    """Return the rows of all ways of averaging, beside what FEDEx reaches in each cast."""
    effort = Effort.of(run)
    run.say(f"{setting.name}: tune and run federated averaging")
    with threadpool_limits(1, user_api="blas"):  # products are small: threads would only wait for each other
        ways = _ways(task, fedex, effort)
        lines = {system: _average(system, way, task, effort.rounds) for system, way in ways.items()}
    curves = {line.line: [asdict(curve) for curve in line.curves] for line in lines.values()}
    (run.raw / f"{setting.work.name}-curves.json").write_text(json.dumps(curves))
    run.say(f"{setting.name}: the same by Flower's own strategies and ClientApps")
    secure_rounds = min(lines[System.ZERO].curves[0].rounds_for_all(fedex[0]) or 1, MOST_SECURE_ROUNDS)
    wanted = [Wanted(ways[one].averaging, ways[one].starts[0], effort.flower_rounds) for one in CHECKED]
    secure = replace(wanted[0], rounds=secure_rounds, is_secure=True)
    *runs, secured = run_in_process([*wanted, secure], task, setting.work / "flower")
    costs = {
        one.averaging.epochs: _round_cost(flower, task, deployed) for one, flower in zip(wanted, runs, strict=True)
    }
    rows = [row for line in lines.values() for row in averaged_rows(line, fedex, _cost_of(line.averaging, costs, task))]
    known = [score(head.answer(task.tests), task, task.casts[0]) for head in secured.heads]
    rows += secure_rows(line_of(task, System.SECURE), Curve(tuple(known)), fedex[0], secured, people=len(task.people))
    difference = max(_difference(one, flower, task) for one, flower in zip(wanted, runs, strict=True))
    return [*rows, EvidenceRow(line_of(task, System.CHECK_FLOWER), DIFFERENCE, difference, "points")]


def _ways(task: Task, fedex: Sequence[Accuracy], effort: Effort) -> dict[System, Way]:
    """Return every way, each tuned in its favour where it says so."""
    in_use, zero = [Head.in_use(task, cast) for cast in task.casts], [Head.nothing(task)] * len(task.casts)
    plain = [Averaging(epochs, rate) for epochs in EPOCHS for rate in effort.rates]
    heavy = [Averaging(epochs, rate, MOMENTUM) for epochs in EPOCHS for rate in MOMENTUM_RATES]
    few = [Averaging(1, rate, a_round=min(TEN, len(task.people) // 2)) for rate in effort.rates]

    def tuned(candidates: Sequence[Averaging], starts: Sequence[Head]) -> Way:
        best = quickest(candidates, task, starts, fedex, rounds=effort.rounds)
        return Way(best, starts, is_at_edge(best, candidates))

    best_zero, best_used = tuned(plain, zero), tuned(plain, in_use)
    return {
        System.ZERO: best_zero,
        System.ZERO_INT8: replace(best_zero, averaging=replace(best_zero.averaging, int8=True)),
        System.ZERO_TEN: tuned(few, zero),
        System.USED: best_used,
        System.USED_INT8: replace(best_used, averaging=replace(best_used.averaging, int8=True)),
        System.USED_MOMENTUM: tuned(heavy, in_use),
        System.USED_TEN: tuned(few, in_use),
        System.USED_USUAL: Way(Averaging(1, 0.1), in_use),
        System.USED_LOW: Way(Averaging(5, 0.01), in_use),
    }


def _average(system: System, way: Way, task: Task, rounds: int) -> Averaged:
    curves = tuple(curves_of(way.averaging, task, task.casts, way.starts, rounds=rounds))
    few = way.averaging.a_round
    share = 1.0 if few is None else few / len(task.people)
    return Averaged(line_of(task, system), way.averaging, curves, share, is_at_edge=way.is_at_edge)


def _round_cost(flower: FlowerRun, task: Task, deployed: Deployed | None) -> RoundCost:
    """Return what a round costs by Flower: traffic and whole processes as deployed, the rest in its one process."""
    layer_kb = Head.nothing(task).kb
    live_ms = 1000 * statistics.median(flower.device_s)
    server_s = statistics.median(flower.server_s) / len(task.people)
    if deployed is None:
        return RoundCost(
            flower.up_kb, flower.down_kb, layer_kb, live_ms, server_s, None, None, None, note=WITHOUT_TRANSPORT
        )
    nodes, rounds = deployed.ran, deployed.rounds
    return RoundCost(
        up_kb=statistics.fmean(node.up_bytes for node in nodes) / rounds / 1000,
        down_kb=statistics.fmean(node.down_bytes for node in nodes) / rounds / 1000,
        last_pull_kb=layer_kb,
        live_ms=live_ms,
        server_s=server_s,
        shipped_s=statistics.fmean(node.processor_s for node in nodes) / rounds,
        server_shipped_s=deployed.server_s / rounds / len(nodes),
        seconds=deployed.seconds / rounds,
    )


def _cost_of(averaging: Averaging, costs: dict[int, RoundCost], task: Task) -> RoundCost:
    """Return the cost of a setting: by its epochs where they were run by Flower, else the nearest; int8 is computed."""
    cost = costs[min(costs, key=lambda epochs: abs(epochs - averaging.epochs))]
    if not averaging.int8:
        return cost
    kb = int8_kb(task.tests.shape[1], len(task.people))
    return replace(
        cost, up_kb=kb, down_kb=kb, last_pull_kb=kb, shipped_s=None, server_shipped_s=None, seconds=None, note=LEAN
    )


def _difference(wanted: Wanted, flower: FlowerRun, task: Task) -> float:
    """Return by how many points of accuracy numpy and Flower differ at most, in any round."""
    cast = task.casts[0]
    curve = averaged(wanted.averaging, task, cast, wanted.start, rounds=wanted.rounds)
    theirs = [score(head.answer(task.tests), task, cast) for head in flower.heads]
    return max(
        max(abs(one.everybody - other.everybody), abs(one.new - other.new))
        for one, other in zip(curve.points, theirs, strict=True)
    )
