"""One training cycle, from a pool's dataset to a release: the only home of its order.

::

    start processes    they import Keras meanwhile
    gather, lay out    the worker reads the store and writes the cycle's folder
    open               the workshop embeds all rows with best, and answers them
    try                trials train in parallel; each one's end is recorded
    judge              the best trial is the challenger; the gate compares it with best
    convert            the workshop makes TFLite files and compares them with Keras
    publish            latest always, best if the gate let it pass

Nothing in the store changes before the last step but records of trials. No TensorFlow here: only the processes have it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from cloud.errors import CycleFailed, LostRace
from cloud.logs import fields
from cloud.releases import registry
from cloud.releases.publish import Publisher, TrainedHead, publish
from cloud.releases.registry import Registry
from cloud.store import keys
from cloud.store.keys import Pool
from cloud.training.challenger import Selection
from cloud.training.context import TrainingContext
from cloud.training.cycle_folder import CycleFolder
from cloud.training.executors.executor import Ending, Executor, Outcome, Task
from cloud.training.gate import Verdict, judge
from cloud.training.inputs import Material, gather, lay_out
from cloud.training.trials import Spec, plan
from contract.callbacks import ignore
from contract.documents import Json, encode_json
from contract.manifest import Channel

logger = logging.getLogger(__name__)


class CycleStep(StrEnum):
    """A point in a cycle that was just passed."""

    PROCESSES_STARTED = "processes started"
    LAID_OUT = "laid out"
    OPENED = "opened"
    TRIED = "tried"
    JUDGED = "judged"
    CONVERTED = "converted"
    PUBLISHED = "published"


AtStep = Callable[[CycleStep], None]


@dataclass(frozen=True, slots=True)
class CycleReport:
    """What a cycle did."""

    cycle: str
    registry: Registry
    verdict: Verdict | None
    """None where there was nothing that could be trained on yet."""
    seconds: dict[str, float]
    """From the start of the cycle to each step."""


def run_cycle(workbench: TrainingContext, pool: Pool, *, cycle: str, at: AtStep = ignore) -> CycleReport:
    """Train a pool once, and publish.

    Raises:
        CycleFailed: every trial failed, or no head could be made of the best one.
        Stopped: the worker is to stop; no process is left.
        LostRace: somebody else published meanwhile; nothing of this cycle is there.
        StateFull: the worker's machine has no room.
        StoreError: the store failed.
    """
    watch = _Watch(pool, cycle, at)
    with workbench.folder(cycle) as folder, workbench.processes(folder) as (workshop, trainers):
        watch.passed(CycleStep.PROCESSES_STARTED)
        material = gather(workbench.store, pool, state=workbench.settings.state)
        _check_not_overtaken(material)
        if material.examples.trained == 0:
            return _nothing_to_train(workbench, material, watch)
        _warn_of_labels_left_out(material)
        lay_out(material, folder)
        watch.passed(CycleStep.LAID_OUT)
        thaws = bool(_ask(workshop, "open", material, folder)["thaws"])
        watch.passed(CycleStep.OPENED)
        outcomes = _try(workbench, trainers, material, folder, cycle=cycle, thaws=thaws)
        contest = Selection.of(outcomes)
        watch.passed(CycleStep.TRIED)
        verdict = judge(contest.evidence(material, folder))
        watch.passed(CycleStep.JUDGED, passes=verdict.passes, reason=verdict.reason)
        parity = _ask(workshop, "convert", material, folder, trial=contest.challenger.name)
        watch.passed(CycleStep.CONVERTED)
        report = _report(material, outcomes, contest, verdict) | {"cycle": cycle, "parity": parity}
        published = _publish(workbench, material, contest.product(material, folder, report), verdict, cycle)
        watch.passed(CycleStep.PUBLISHED, serials=dict(published.serials))
        return CycleReport(cycle, published, verdict, watch.seconds)


class _Watch:
    """Notes, logs and tells when each step was passed."""

    def __init__(self, pool: Pool, cycle: str, at: AtStep) -> None:
        self.pool, self.cycle, self._at, self._began = pool, cycle, at, time.monotonic()
        self.seconds: dict[str, float] = {}

    def passed(self, step: CycleStep, **more: object) -> None:
        self.seconds[step] = round(time.monotonic() - self._began, 3)
        line = fields(pool=self.pool.path, cycle=self.cycle, seconds=self.seconds[step], **more)
        logger.info("cycle: %s", step, extra=line)
        self._at(step)


def _check_not_overtaken(material: Material) -> None:
    """Another worker may have published since this one saw that something is new.

    Raises:
        LostRace: it did.
    """
    trained = material.registry.trained
    if trained is not None and trained.dataset == material.dataset.commit:
        raise LostRace(f"{material.pool.path}: expected something new, got what cycle {trained.cycle} was trained on")


def _warn_of_labels_left_out(material: Material) -> None:
    classes = material.examples.classes
    if classes.left_out:
        line = fields(pool=material.pool.path, labels=len(classes.labels), left_out=classes.left_out)
        logger.warning("cycle: a label list is full, further labels are left out", extra=line)


def _nothing_to_train(workbench: TrainingContext, material: Material, watch: _Watch) -> CycleReport:
    trained = material.trained(watch.cycle)
    noted = registry.note_trained(workbench.store, material.pool, previous=material.registry, trained=trained)
    logger.info("cycle: nothing to train on yet", extra=fields(pool=material.pool.path, cycle=watch.cycle))
    return CycleReport(watch.cycle, noted, None, watch.seconds)


def _ask(workshop: Executor, command: str, material: Material, folder: CycleFolder, **more: str) -> dict[str, Any]:
    """What the workshop says.

    Raises:
        CycleFailed: it could not do it.
    """
    [outcome] = workshop.run([Task(command, command, _arguments(material, folder) | more)])
    if outcome.result is None:
        raise CycleFailed(f"{command}: {outcome.story}")
    return dict(outcome.result)


def _try(
    workbench: TrainingContext, trainers: Executor, material: Material, folder: CycleFolder, *, cycle: str, thaws: bool
) -> list[Outcome]:
    """Run all trials, and record how each of them ended."""
    specs = [spec if thaws else replace(spec, thaw=None) for spec in plan(workbench.settings.trials)]
    arguments = _arguments(material, folder)
    outcomes = trainers.run([Task(spec.name, "train", arguments | {"spec": spec.document()}) for spec in specs])
    for spec, outcome in zip(specs, outcomes, strict=True):
        _record(workbench, material.pool, cycle, spec, outcome)
    return outcomes


def _record(workbench: TrainingContext, pool: Pool, cycle: str, spec: Spec, outcome: Outcome) -> None:
    record = outcome.document() | {"spec": spec.document()}
    workbench.store.put(keys.trial(pool, cycle, spec.name), encode_json(record))
    level = logging.INFO if outcome.ending is Ending.DONE else logging.WARNING
    line = fields(
        cycle=cycle, trial=spec.name, seconds=round(outcome.seconds, 3), cause=outcome.cause, reason=outcome.reason
    )
    logger.log(level, "trial: %s", outcome.ending, extra=line)


def _arguments(material: Material, folder: CycleFolder) -> dict[str, Any]:
    return {"folder": str(folder.path), "head": str(material.head_file)}


def _report(material: Material, outcomes: list[Outcome], contest: Selection, verdict: Verdict) -> dict[str, Json]:
    """What people read of a release in the history; it names no label."""
    examples = material.examples
    return {
        "gate": verdict.document(),
        "trial": contest.challenger.name,
        "trials": {outcome.name: outcome.document() for outcome in outcomes},
        "calibration": dict(contest.challenger.calibration),
        "samples": {"trained": examples.trained, "held_out": len(examples) - examples.trained},
        "labels": {
            "all": len(examples.classes.labels),
            "waiting": examples.classes.waiting,
            "left_out": examples.classes.left_out,
        },
    }


def _publish(
    workbench: TrainingContext, material: Material, product: TrainedHead, verdict: Verdict, cycle: str
) -> Registry:
    return publish(
        Publisher(workbench.store, workbench.key, workbench.settings.manifest_life_s, workbench.at_publish),
        material.pool,
        product,
        bundle=material.bundle,
        previous=material.registry,
        channels=(Channel.LATEST, Channel.BEST) if verdict.passes else (Channel.LATEST,),
        trained=material.trained(cycle),
        now=int(workbench.now()),
    )
