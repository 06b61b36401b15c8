"""A training cycle at the paper's size: 437,855 samples of 8,631 classes, on whatever cores there are.

Features are synthetic (`bench.measure.crowd`): a cycle's work depends on their number, not on what they show, but for
how many trials are run, for which they are made so that class means do not say nearly everything. It is a real cycle:
the worker's code in this process, the converter's and the trainers' in their own, a store in a folder. It is the pool's
first, with a bundle that knows everybody: a later one also answers all rows with the bundle's own head.

The share of matrix products is how long the machine would take for those of the cycle at the rate that it reached just
before and after, of how long the cycle took. On a machine with other work both are slower.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.isolated import in_fresh_process
from bench.learning.people import DIMENSIONS
from bench.measure.crowd import Crowd, Size, fill_pool, make_bundle
from bench.processes import Usage, watched
from bench.row import BenchRow, at_most
from cloud.dataset.pointer import DatasetPointer
from cloud.releases import stored
from cloud.releases.signing import load_or_create
from cloud.settings import Settings
from cloud.store import keys, open_store
from cloud.store.keys import Pool
from cloud.training.context import TrainingContext
from cloud.training.cycle import CycleReport, CycleStep, run_cycle
from cloud.training.executors.executor import TaskEnding
from cloud.training.judges import FEWEST_OF_A_LABEL, MOST_ANSWERS
from cloud.training.moments import BLOCK, LOOK_BACK
from cloud.training.rounds import WITHOUT_DOUBT
from cloud.training.trials import TrialResult, plan
from contract.documents import Fields
from contract.holdout import HELD_OUT_ONE_IN
from contract.manifest import Channel
from export.heads.folds import MOST_SCORED, folds_for
from export.heads.recipe import EPOCHS, Recipe

PAPER = Size(samples=437_855, people=8631)
MOST_MINUTES = 10
SIDE = (2048, 512, 8631)
"""Of the products by which the machine's rate is taken: those of a step."""
PRODUCTS = 8


def measure(work: Path) -> list[BenchRow]:
    """Return minutes of the cycle and of each of its steps, what its processes use, and what its head is worth."""
    return measure_cycle(work / "paper-cycle", PAPER)


def measure_cycle(work: Path, size: Size) -> list[BenchRow]:
    """Measure a cycle of a pool of another size."""
    crowd = Crowd(size.people)
    bundle = in_fresh_process(make_bundle, work / "bundle", crowd, size)
    settings = Settings(store=f"dir:{work / 'store'}", state=work / "state")
    pool, dataset = in_fresh_process(fill_pool, settings.store, bundle, crowd, size)
    return in_fresh_process(_measure_cycle, settings, pool, dataset, size)


@dataclass(frozen=True, slots=True)
class _Cycle:
    """A cycle that is over."""

    report: CycleReport
    minutes: float
    processor: Mapping[CycleStep, float]
    """Minutes of processor from its start to each step, of all processes."""
    usage: Mapping[str, Usage]
    """Of the process of each name that had most memory."""
    rounds: int
    """Of vetting."""


def _measure_cycle(settings: Settings, pool: Pool, dataset: DatasetPointer, size: Size) -> list[BenchRow]:
    store = open_store(settings.store)
    context = TrainingContext(store, settings, load_or_create(settings.state, store), threading.Event())
    before = _rate()
    cycle = _run(context, pool, dataset)
    rate = (before + _rate()) / 2
    release = stored.get_release(store, pool, cycle.report.registry.channels[Channel.LATEST].release)
    run = [key.rpartition("/")[2] for key in store.list(keys.pool_trials(pool))]
    return _rows(cycle, Fields(release.report, where="report"), run, rate, size)


def _run(context: TrainingContext, pool: Pool, dataset: DatasetPointer) -> _Cycle:
    rounds: list[int] = []
    log = logging.getLogger("cloud.training.cycle")
    log.setLevel(logging.INFO)

    def note(record: logging.LogRecord) -> bool:
        said = getattr(record, "fields", {})
        rounds.extend([said["rounds"]] if "rounds" in said else [])
        return True

    log.addFilter(note)
    with watched() as watch:
        began, processor = time.monotonic(), dict[CycleStep, float]()
        already_s = watch.processor_s

        def at(step: CycleStep) -> None:
            processor[step] = (watch.processor_s - already_s) / 60

        report = run_cycle(context, pool, dataset=dataset, cycle="cycle", at=at)
        minutes = (time.monotonic() - began) / 60
        return _Cycle(report, minutes, processor, watch.most_by_name(), rounds[-1])


def count_operations(size: Size, *, trained: int, rounds: int, trials: Collection[str]) -> float:
    """Return the operations of all products of matrices: of answers, of vetting, of training, of what is scored."""
    cell = 2 * DIMENSIONS
    devices = size.samples - size.people * size.base_photos
    held_out = size.samples // HELD_OUT_ONE_IN
    each = max((MOST_ANSWERS // size.people - held_out) // size.people, FEWEST_OF_A_LABEL)
    asked = min(size.samples, held_out + each * size.people)
    answers = (size.samples + len(trials) * asked) * size.people
    vetting = rounds * devices * size.people + devices * (LOOK_BACK + BLOCK)
    heads = 1 + folds_for(size.people, samples=trained, people=size.people)
    trained_on = 0
    specs = {spec.name: spec for spec in plan(len(EPOCHS))}
    for name in trials:
        recipe = Recipe(epochs=specs[name.removesuffix(WITHOUT_DOUBT)].epochs)
        trained_on += recipe.steps_for(trained) * recipe.batch_for(trained) if recipe.epochs else 0
    forward_and_back = 2 * heads * trained_on * size.people
    return float(cell * (answers + vetting + forward_and_back + len(trials) * 3 * MOST_SCORED))


def _rows(cycle: _Cycle, report: Fields, run: Sequence[str], rate: float, size: Size) -> list[BenchRow]:
    name = f"a cycle of {size.samples:,} samples, {size.people:,} classes, synthetic"
    trials, samples = report.document("trials"), report.document("samples")
    names = [one for one in trials.keys() if trials.document(one).text("ending") == TaskEnding.DONE]  # noqa: SIM118  # no mapping
    operations = count_operations(size, trained=samples.integer("trained"), rounds=cycle.rounds, trials=run)
    products = operations / rate / 60
    rows = [
        BenchRow(name, cycle.minutes, "minutes", goal=at_most(MOST_MINUTES)),
        BenchRow(f"{name}, processor", cycle.processor[CycleStep.PUBLISHED], "minutes"),
        BenchRow(f"{name}, products of matrices at {rate / 1e9:.0f} GFLOP/s", products, "minutes", cycle.minutes),
    ]
    before = 0.0
    for step in CycleStep:
        until = cycle.report.seconds[step] / 60
        rows.append(BenchRow(f"{name}, until {step}", until - before, "minutes"))
        before = until
    rows += _of_gate(name, report)
    rows.append(BenchRow(f"{name}, trials, with those without what is in doubt", len(run), "trials"))
    for trial in names:
        result = TrialResult.parse(trials.document(trial).document("result").as_json())
        right, said = result.accuracy or 0, result.calibration.said or 0
        rows.append(BenchRow(f"{name}, {trial}", result.seconds / 60, "minutes"))
        rows.append(BenchRow(f"{name}, {trial}, right of {result.held_out:,} held out", 100 * right, "%"))
        rows.append(BenchRow(f"{name}, {trial}, said by its own estimate", 100 * said, "%"))
    for who, usage in sorted(cycle.usage.items()):
        rows.append(BenchRow(f"{name}, own memory of {who}", usage.own_mb, "MB"))
        rows.append(BenchRow(f"{name}, memory of {who}, with mapped files", usage.resident_mb, "MB"))
    return rows


def _of_gate(name: str, report: Fields) -> list[BenchRow]:
    """Return how many labels were lost when everything trained, and in a second round, and what came of it."""
    gate = report.document("gate")
    told = report.as_json()
    everything = gate if told["doubted"] is None else report.document("doubted")
    known = everything.document("known")
    rows = [
        BenchRow(f"{name}, accepted among known, by best", 100 * known.number("before", low=0, high=1), "%"),
        BenchRow(f"{name}, accepted among known, by the challenger", 100 * known.number("after", low=0, high=1), "%"),
        BenchRow(f"{name}, labels that lost most of what was said", everything.integer("lost"), "labels"),
        BenchRow(f"{name}, heads that became best", int(gate.boolean("passes")), "heads"),
    ]
    if told["refused_again"] is not None:
        again = report.document("refused_again").integer("lost")
        rows.append(BenchRow(f"{name}, labels that lost it without what is in doubt, too", again, "labels"))
    return rows


def _rate() -> float:
    """Return float32 operations a second in products of matrices, on all cores."""
    rows, width, columns = SIDE
    random = np.random.default_rng(0)
    left, right = (random.standard_normal(shape, np.float32) for shape in ((rows, width), (width, columns)))
    left @ right
    began = time.perf_counter()
    for _ in range(PRODUCTS):
        left @ right
    return 2 * PRODUCTS * rows * width * columns / (time.perf_counter() - began)
