"""How well devices know real people before and after uploads, and how soon a new head is in use: the demo, five times.

Each walk is the demo's own, with all its real parts; its seed chooses who is new. The worker's log says how much of the
time its processes need until they have started, imported Keras and answered.
"""

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.material import Material, find_material
from bench.row import Goal, LeftOut, Row, at_least, at_most
from cloud.cycle import CycleStep
from demo.figures import Figures
from demo.run import run_demo
from demo.settings import Settings

SEEDS = range(5)
LATENCY_GOAL_S = 30.0


@dataclass(frozen=True, slots=True)
class Walk:
    """One run of the demo, and the seconds from the start of the training cycle to each of its steps."""

    figures: Figures
    seconds_to: dict[str, float]


@dataclass(frozen=True, slots=True)
class Share:
    """One figure of every walk, in percent or percentage points."""

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


def measure(work: Path) -> list[Row | LeftOut]:
    """Return the rows of five walks on real people, or of one on drawn people."""
    material = find_material(work=work)
    seeds = SEEDS if material.is_real else SEEDS[:1]
    walks = [_walk(material, build=work / f"road-{seed}", seed=seed) for seed in seeds]
    return [*latency_rows(walks), *share_rows(walks, is_real=material.is_real)]


def latency_rows(walks: Sequence[Walk]) -> list[Row]:
    """Return the median seconds from an acknowledged upload to a head in use, and what part of it was what."""
    first = walks[0].figures
    name = f"upload to head in use, {first.cut}, {first.people} people"
    total = statistics.median(walk.figures.seconds_to_new_head for walk in walks)
    opened, published = (
        statistics.median(walk.seconds_to[step] for walk in walks) for step in (CycleStep.OPENED, CycleStep.PUBLISHED)
    )
    return [
        Row(name, total, "seconds", goal=at_most(LATENCY_GOAL_S)),
        Row(f"{name}, start-up of the worker's processes", opened, "seconds", reference=total),
        Row(f"{name}, cycle from its start to the release", published, "seconds", reference=total),
    ]


def share_rows(walks: Sequence[Walk], *, is_real: bool) -> list[Row | LeftOut]:
    """Return the mean of each share, with its least and its most in the name; drawn people have no goals to meet."""
    if not is_real:
        return [LeftOut("real faces", "needs real weights and faces: set FEDEX_DATA")]
    return [_share_row(share, [share.of(walk.figures) for walk in walks]) for share in SHARES]


def _share_row(share: Share, values: Sequence[float]) -> Row:
    spread = f"{min(values):.1f} to {max(values):.1f}"
    name = f"lfw65, {len(values)} walks, {share.what} ({spread})"
    return Row(name, statistics.fmean(values), share.unit, goal=share.goal)


def _walk(material: Material, *, build: Path, seed: int) -> Walk:
    settings = Settings(weights=material.weights, faces=material.faces, build=build, seed=seed)
    figures = run_demo(settings)
    return Walk(figures, _cycle_seconds(settings.work / "logs" / "worker.log"))


def _cycle_seconds(log: Path) -> dict[str, float]:
    """From the start of the last cycle to each of its steps, by the step's line in the log."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    steps = {f"cycle: {step}": step for step in CycleStep}
    return {steps[line["message"]]: float(line["seconds"]) for line in lines if line["message"] in steps}
