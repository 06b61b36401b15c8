"""One training cycle, from a pool's dataset to a release.

::

    start processes    they import Keras meanwhile
    read inputs        the worker reads the store, takes the embeddings that its disk has kept, and writes the features
                       of what is new to the cycle's folder
    embed              the converter puts new rows through best's body, and answers all with it; what is new is kept
    vet                samples that cannot be what they are said to be are left out
    train              trials train in parallel; each one's ending is recorded
    judge              the best trial is the challenger; the gate compares it with best. Where single labels are in
                       doubt, their newest samples are left out, and what remains is trained and judged once more
    convert            the converter makes TFLite files and compares them with Keras
    publish            latest always, best if the gate let it pass and no operator has pinned it

Nothing in the store changes before the last step but records of trials. No TensorFlow here: only the processes have it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from cloud.dataset.pointer import DatasetPointer
from cloud.errors import CycleFailed, LostRace
from cloud.logs import fields
from cloud.releases import registry
from cloud.releases.publish import Publisher, TrainedHead
from cloud.releases.registry import Registry
from cloud.store.keys import Pool
from cloud.training.challenger import trial_result
from cloud.training.context import TrainingContext
from cloud.training.conversion import ConversionInputs, ConversionOutcome
from cloud.training.cycle_rows import CycleRows
from cloud.training.examples import TrainingExamples
from cloud.training.executors.executor import Executor, Task, TaskOutcome
from cloud.training.executors.task_data import TaskData
from cloud.training.gate import Verdict
from cloud.training.inputs import CycleInputs, read_inputs
from cloud.training.records import record
from cloud.training.rounds import Round, count_examples, train_in_rounds
from cloud.training.trials import Spec, has_enough_to_fine_tune, plan, run_in_turn
from cloud.training.values import (
    CONVERT,
    EMBED,
    TRAIN,
    EmbeddingInputs,
    EmbeddingOutcome,
    TrialInputs,
)
from cloud.training.vetting import Vetted
from contract.callbacks import ignore
from contract.documents import Json
from contract.manifest import Channel
from export.heads.calibration import FittedOn

logger = logging.getLogger(__name__)


class CycleStep(StrEnum):
    """A point in a cycle that was just passed."""

    PROCESSES_STARTED = "processes started"
    INPUTS_READ = "inputs read"
    EMBEDDED = "embedded"
    VETTED = "vetted"
    TRAINED = "trained"
    JUDGED = "judged"
    CONVERTED = "converted"
    PUBLISHED = "published"


AtCycleStep = Callable[[CycleStep], None]


@dataclass(frozen=True, slots=True)
class CycleReport:
    """What a cycle did."""

    cycle: str
    registry: Registry
    verdict: Verdict | None
    """None where there was nothing that could be trained on yet."""
    seconds: dict[str, float]
    """From the start of the cycle to each step."""


def run_cycle(
    context: TrainingContext, pool: Pool, *, dataset: DatasetPointer, cycle: str, at: AtCycleStep = ignore
) -> CycleReport:
    """Train a pool once, on its dataset as the pointer said, and publish.

    Raises:
        CycleFailed: every trial failed, or no head could be made of the best one.
        Stopped: the worker is to stop; no process is left.
        LostRace: somebody else published meanwhile; nothing of this cycle is there.
        StateFull: the worker's machine has no room.
        StoreError: the store failed.
    """
    watch = _Watch(pool, cycle, at)
    with context.folder(cycle) as folder, context.processes(folder) as (converter, trainers):
        watch.passed(CycleStep.PROCESSES_STARTED)
        inputs = _read_inputs(context, pool, dataset)
        if inputs.examples.trained == 0:
            return _nothing_to_train(context, inputs, watch)
        _warn_of_labels_left_out(inputs)
        kept, state = context.kept, context.settings.state
        rows = CycleRows.read(inputs, folder, kept=kept, state=state)
        watch.passed(CycleStep.INPUTS_READ, rows=len(rows), new=len(rows.to_embed.features))
        embedding = _embed(converter, rows.to_embed)
        rows.keep(embedding, kept=kept, state=state)
        watch.passed(CycleStep.EMBEDDED)
        examples, vetted = count_examples(inputs.examples, embedding.embeddings)
        watch.passed(CycleStep.VETTED, set_aside=vetted.counts(), rounds=vetted.rounds)
        if not examples.trains.any():
            return _nothing_to_train(context, inputs, watch)
        trials = _Trials(context, trainers, inputs, rows, embedding, cycle)
        trained = train_in_rounds(examples, trials.run, embedding, inputs.thresholds)
        watch.passed(CycleStep.TRAINED)
        _warn_of_threshold(pool, trained)
        verdict = trained.verdict
        watch.passed(CycleStep.JUDGED, passes=verdict.passes, reason=verdict.reason)
        conversion = _convert(converter, trained.selection.for_conversion(rows, golden=inputs.bundle.golden))
        watch.passed(CycleStep.CONVERTED)
        report = _report(trained, vetted) | {"cycle": cycle, "parity": conversion.parity}
        head = trained.selection.trained_head(conversion, inputs, trained.examples, report=report)
        published = _publish(context, inputs, head, verdict=verdict, cycle=cycle)
        watch.passed(CycleStep.PUBLISHED, serials=dict(published.serials))
        return CycleReport(cycle, published, verdict, watch.seconds)


class _Watch:
    """Notes, logs and tells when each step was passed."""

    def __init__(self, pool: Pool, cycle: str, at: AtCycleStep) -> None:
        self.pool, self.cycle, self._at, self._began = pool, cycle, at, time.monotonic()
        self.seconds: dict[str, float] = {}

    def passed(self, step: CycleStep, **more: object) -> None:
        self.seconds[step] = round(time.monotonic() - self._began, 3)
        line = fields(pool=self.pool.path, cycle=self.cycle, seconds=self.seconds[step], **more)
        logger.info("cycle: %s", step, extra=line)
        self._at(step)


def _read_inputs(context: TrainingContext, pool: Pool, dataset: DatasetPointer) -> CycleInputs:
    """Read what the cycle starts from; see `_check_not_overtaken`."""
    state, bundles = context.settings.state, context.bundles
    limit = context.settings.labels_alone
    inputs = read_inputs(context.store, pool, dataset=dataset, state=state, bundles=bundles, limit=limit)
    _check_not_overtaken(inputs)
    _check_erased(inputs, dataset)
    context.note_read(pool, erasure=inputs.registry.erasure)
    return inputs


def _check_not_overtaken(inputs: CycleInputs) -> None:
    """Refuse what another worker has published since this one read the dataset's pointer, by then on further rows, too.

    Raises:
        LostRace: it did.
    """
    trained = inputs.registry.trained
    if trained is None or trained.rows < inputs.rows:
        return
    if trained.rows > inputs.rows or trained.admission == inputs.admission.id:
        raise LostRace(f"{inputs.pool.path}: expected something new, got what cycle {trained.cycle} was trained on")


def _check_erased(inputs: CycleInputs, dataset: DatasetPointer) -> None:
    """Refuse a dataset that is not the one after the erasure that the registry names, or before one that it does not.

    Raises:
        LostRace: an erasure is under way, or was carried out since the dataset's pointer was read.
    """
    erased = dataset.erasure.id if dataset.erasure else None
    if erased != inputs.registry.erasure:
        raise LostRace(f"{inputs.pool.path}: expected erasures that are carried out, got one that is under way")


def _warn_of_labels_left_out(inputs: CycleInputs) -> None:
    classes = inputs.examples.classes
    if classes.left_out:
        line = fields(pool=inputs.pool.path, labels=len(classes.labels), left_out=classes.left_out)
        logger.warning("cycle: a label list is full, further labels are left out", extra=line)


def _warn_of_threshold(pool: Pool, trained: Round) -> None:
    """Say when too little is known to tell strangers apart."""
    calibration, labels = trained.selection.challenger.result.calibration, len(trained.examples.classes.labels)
    if calibration.fitted_on is not FittedOn.BOTH:
        line = fields(pool=pool.path, labels=labels, threshold=round(calibration.threshold, 3))
        logger.warning("cycle: %s", calibration.statement(labels=labels), extra=line)


def _nothing_to_train(context: TrainingContext, inputs: CycleInputs, watch: _Watch) -> CycleReport:
    trained = inputs.trained(watch.cycle)
    noted = registry.note_trained(
        context.store, inputs.pool, previous=inputs.registry, trained=trained, fence=context.fence
    )
    logger.info("cycle: nothing to train on yet", extra=fields(pool=inputs.pool.path, cycle=watch.cycle))
    return CycleReport(watch.cycle, noted, None, watch.seconds)


def _embed(converter: Executor, rows: EmbeddingInputs) -> EmbeddingOutcome:
    return EmbeddingOutcome.unpack(_run_one(converter, EMBED, rows.pack()))


def _convert(converter: Executor, challenger: ConversionInputs) -> ConversionOutcome:
    return ConversionOutcome.unpack(_run_one(converter, CONVERT, challenger.pack()))


def _run_one(executor: Executor, operation: str, inputs: TaskData) -> TaskData:
    """Run one task, without which there is no release.

    Raises:
        CycleFailed: it did not succeed.
    """
    [outcome] = executor.run([Task(operation, operation, {})], inputs)
    if outcome.result is None:
        raise CycleFailed(f"{operation}: {outcome.summary}")
    return outcome.result


@dataclass(frozen=True, slots=True)
class _Trials:
    """What runs the trials of one cycle."""

    context: TrainingContext
    trainers: Executor
    inputs: CycleInputs
    rows: CycleRows
    embedding: EmbeddingOutcome
    cycle: str

    def run(self, examples: TrainingExamples, suffix: str) -> list[TaskOutcome]:
        """Run the trials that could win on some examples, and record how each of them ended."""
        inputs, photos = self.inputs.for_trials(examples, self.embedding), examples.photos
        fine_tune = self.embedding.can_fine_tune and has_enough_to_fine_tune(photos[photos > 0].tolist())
        planned = plan(self.context.settings.trials, samples=int(examples.trains.sum()), fine_tune=fine_tune)
        specs = [replace(spec, name=spec.name + suffix) for spec in planned]
        return run_in_turn(specs, lambda some: self._run(some, inputs), result=trial_result)

    def _run(self, specs: Sequence[Spec], inputs: TrialInputs) -> list[TaskOutcome]:
        if any(spec.fine_tuning is not None for spec in specs):
            inputs = replace(inputs, deeper=self.rows.for_deeper_layers())
        outcomes = self.trainers.run([Task(spec.name, TRAIN, spec.document()) for spec in specs], inputs.pack())
        for spec, outcome in zip(specs, outcomes, strict=True):
            record(self.context.store, self.inputs.pool, self.cycle, spec=spec, outcome=outcome)
        return outcomes


def _report(trained: Round, vetted: Vetted) -> dict[str, Json]:
    """Return what people read of a release in the history; it names no label."""
    result, examples = trained.selection.challenger.result, trained.examples
    return {
        "gate": trained.verdict.document(),
        "doubted": trained.doubted.document() if trained.doubted else None,
        "refused_again": trained.refused_again.document() if trained.refused_again else None,
        "trial": result.name,
        "trials": {outcome.name: outcome.document() for outcome in trained.outcomes},
        "calibration": result.calibration.document(),
        "samples": {
            "trained": int(examples.trains.sum()),
            "held_out": int((examples.counting & ~examples.trains).sum()),
            "set_aside": {str(reason): count for reason, count in vetted.counts().items()},
            "in_doubt": int((vetted.counting & ~examples.counting).sum()),
        },
        "labels": {
            "all": len(examples.classes.labels),
            "waiting": examples.classes.waiting,
            "alone": examples.classes.alone,
            "left_out": examples.classes.left_out,
        },
    }


def _publish(
    context: TrainingContext, inputs: CycleInputs, head: TrainedHead, *, verdict: Verdict, cycle: str
) -> Registry:
    life_s, share = context.settings.manifest_life_s, context.settings.first_share
    point = context.settings.unknown.of(inputs.pool.group)
    publisher = Publisher(
        context.store, context.key, life_s, context.at_publish, share=share, point=point, fence=context.fence
    )
    pin = inputs.registry.pin
    if verdict.passes and pin is not None:
        logger.info("cycle: best is pinned, latest goes on", extra=fields(pool=inputs.pool.path, by=pin.by))
    return publisher.publish(
        inputs.pool,
        head,
        bundle=inputs.bundle,
        previous=inputs.registry,
        channels=(Channel.LATEST, Channel.BEST) if verdict.passes and pin is None else (Channel.LATEST,),
        trained=inputs.trained(cycle),
        now=int(context.now()),
    )
