"""How well devices know real people before and after uploads, and how soon a new head is in use: the demo, five times.

Each run is the demo's own, with all its real parts; its seed chooses who is new. The worker's log says when each step
of its training cycle was passed; the parts of the time to a new head are the differences.
"""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from bench.data import BenchData, find_data
from bench.row import BenchRow, Goal, NotMeasured, at_least, at_most
from cloud.training.cycle import CycleStep
from demo.cli import run_demo
from demo.figures import Figures
from demo.running.cycle_log import read_steps
from demo.settings import Settings

PARTS = {
    CycleStep.INPUTS_READ: "processes started, inputs read",
    CycleStep.EMBEDDED: "Keras imported, new rows embedded with the best head so far",
    CycleStep.TRAINED: "trials",
    CycleStep.CONVERTED: "gate, conversion to TFLite, parity",
    CycleStep.PUBLISHED: "signed and published",
}
"""What ends with a step of the cycle; it begins with the one before. Trainers, too, import Keras meanwhile."""
AROUND = "the worker's look at its inbox and merge, the device's polls and pull"
SEEDS = range(5)
LATENCY_GOAL_S = 30.0


@dataclass(frozen=True, slots=True)
class DemoRun:
    """One run of the demo."""

    figures: Figures
    seconds_to: dict[str, float]
    """From the start of the training cycle to each of its steps."""


@dataclass(frozen=True, slots=True)
class Share:
    """One figure of every run, in percent or percentage points."""

    what: str
    of: Callable[[Figures], float]
    goal: Goal | None = None
    unit: str = "percent"


SHARES = (
    Share("new people answered unknown, before", lambda it: 100 * it.before.unknown_new, at_least(95)),
    Share("others accepted, before", lambda it: 100 * it.before.accepted_others, at_least(95)),
    Share("right, everybody, after", lambda it: 100 * it.after.accuracy, at_least(99.3)),
    Share("right, the new people, after", lambda it: 100 * it.after.accuracy_new, at_least(98)),
    Share(
        "behind cosine to class means, after",
        lambda it: 100 * (it.cosine.accuracy - it.after.accuracy),
        at_most(0.3),
        unit="points",
    ),
    Share("others accepted, after", lambda it: 100 * it.after.accepted_others),
)


def measure(work: Path) -> list[BenchRow | NotMeasured]:
    """Return the rows of five runs with real people, or of one with synthetic people."""
    data = find_data(work=work)
    seeds = SEEDS if data.is_real else SEEDS[:1]
    runs = [_run(data, build=work / f"end-to-end-{seed}", seed=seed) for seed in seeds]
    return [*latency_rows(runs), *share_rows(runs, is_real=data.is_real)]


def latency_rows(runs: Sequence[DemoRun]) -> list[BenchRow]:
    """Return the median seconds from an acknowledged upload to a head in use, and its parts in that run."""
    run = sorted(runs, key=lambda run: run.figures.seconds_to_new_head)[(len(runs) - 1) // 2]
    figures, total = run.figures, run.figures.seconds_to_new_head
    name = f"upload to head in use, {figures.cut}, {figures.people} people"
    parts = [BenchRow(f"{name}: {what}", seconds, "seconds", reference=total) for what, seconds in _parts(run).items()]
    return [BenchRow(name, total, "seconds", goal=at_most(LATENCY_GOAL_S)), *parts]


def _parts(run: DemoRun) -> dict[str, float]:
    """Return the seconds of each part of the time to a new head, which they add up to."""
    passed = [0.0, *(run.seconds_to[step] for step in PARTS)]
    inside = {what: end - start for what, (start, end) in zip(PARTS.values(), pairwise(passed), strict=True)}
    return {**inside, AROUND: run.figures.seconds_to_new_head - passed[-1]}


def share_rows(runs: Sequence[DemoRun], *, is_real: bool) -> list[BenchRow | NotMeasured]:
    """Return the mean of each share, with its least and its most in the name; synthetic people have no goals."""
    if not is_real:
        return [NotMeasured("real faces", "needs real weights and faces: set FEDEX_DATA")]
    return [_share_row(share, [share.of(run.figures) for run in runs]) for share in SHARES]


def _share_row(share: Share, values: Sequence[float]) -> BenchRow:
    spread = f"{min(values):.1f} to {max(values):.1f}"
    name = f"lfw65, {len(values)} runs, {share.what} ({spread})"
    return BenchRow(name, statistics.fmean(values), share.unit, goal=share.goal)


def _run(data: BenchData, *, build: Path, seed: int) -> DemoRun:
    settings = Settings(weights=data.weights, faces=data.faces, build=build, seed=seed)
    figures = run_demo(settings)
    steps = read_steps(settings.work / "logs" / "worker.log")
    return DemoRun(figures, {step: float(line["seconds"]) for step, line in steps.items()})
