"""One training cycle in this process: the only home of what the bench calls of `cloud` and `export`.

The embeddings stand for features: the body is the identity, as at freeze6, so that embedding is none of the time.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import keras
import numpy as np

from bench.learning.heads import Bundle, Head, State, Verdict
from bench.learning.people import Floats
from bench.learning.world import Cast, Upload
from cloud.dataset.ledger import LedgerDraft, base_ledger
from cloud.dataset.reader import Dataset, StoredFeatures
from cloud.label_limit import USUAL, LabelLimit
from cloud.settings import Settings
from cloud.training.answers import answer_rows
from cloud.training.challenger import trial_result
from cloud.training.examples import KnownLabels, TrainingExamples, choose_classes, choose_examples
from cloud.training.executors.executor import TaskEnding, TaskOutcome
from cloud.training.moments import find_moments
from cloud.training.rounds import count_examples, train_in_rounds
from cloud.training.trainer import train
from cloud.training.trials import Spec, plan, run_in_turn
from cloud.training.values import EmbeddingOutcome, Thresholds, TrialInputs
from cloud.training.weights import HeadWeights
from contract.bundle import BaseSamples
from contract.holdout import Split
from contract.samples import SAMPLE_ID_BYTES
from export.examples.labelled import LabelledExamples
from export.heads.calibration import Calibration
from export.heads.class_means import Classifier
from export.heads.first_head import fit_first_head
from export.network.classifier import take_apart

NO_LIMIT = LabelLimit(labels=1 << 20)

TRIALS = Settings(store="dir:").trials


@dataclass(slots=True, eq=False)
class Pool:
    """The samples of a pool, as the service's ledger lets them in."""

    bundle: Bundle
    ledger: LedgerDraft
    samples: dict[tuple[str, bytes], Upload] = field(default_factory=dict)
    splits: dict[tuple[str, bytes], Split] = field(default_factory=dict)
    came: dict[tuple[str, bytes], int] = field(default_factory=dict)
    since: dict[tuple[str, bytes, str], int] = field(default_factory=dict)
    """The row with which each sample first had each of its labels."""
    rows: int = 0

    @classmethod
    def of(cls, bundle: Bundle) -> Pool:
        """Return an empty one."""
        photos = np.bincount(bundle.base.labels, minlength=len(bundle.labels)).tolist()
        return cls(bundle, LedgerDraft(base_ledger(bundle.labels, photos)))

    def add(self, uploads: Sequence[Upload]) -> None:
        """Merge rows in their order."""
        for upload in uploads:
            key = upload.device, _sample_id(upload.device, upload.sample)
            split = self.ledger.take(key, revision=upload.revision, label=upload.label)
            if split is not None:
                self.samples[key] = upload
                self.came.setdefault(key, self.rows)
                self.since.setdefault((*key, upload.label), self.rows)
                self.rows += 1
                self.splits.setdefault(key, split)

    def dataset(self) -> Dataset:
        """Return what a cycle reads."""
        uploads = list(self.samples.values())
        labels = tuple(dict.fromkeys([*self.bundle.labels, *(upload.label for upload in uploads)]))
        places = {label: place for place, label in enumerate(labels)}
        devices: dict[str, int] = {}
        features = np.stack([upload.embedding for upload in uploads])
        return Dataset(
            commit=str(len(uploads)),
            labels=labels,
            label_index=np.array([places[upload.label] for upload in uploads], np.int64),
            splits=np.array([split.code for split in self.splits.values()], np.uint8),
            sample_ids=_ids([name for _, name in self.samples]),
            devices=np.array([devices.setdefault(device, len(devices)) for device, _ in self.samples], np.int64),
            came=np.array([self.came[key] for key in self.samples], np.int64),
            since=np.array([self.since[*key, one.label] for key, one in self.samples.items()], np.int64),
            features=cast("StoredFeatures", features),  # indexed alike
        )


def make_bundle(people: Cast) -> Bundle:
    """Fit the first head to the base people, as the export does."""
    names = tuple(member.name for member in people.base)
    features = np.concatenate([member.base for member in people.base])
    labels = np.repeat(np.arange(len(names)), [len(member.base) for member in people.base]).astype(np.uint32)
    ids = _ids([_sample_id("base", place) for place in range(len(labels))])
    examples = LabelledExamples(names, features, labels, ids)
    splits = examples.held_out().astype(np.uint8)
    inputs = keras.Input(features.shape[1:])
    body = keras.Model(inputs, keras.layers.Identity()(inputs))
    fitted = fit_first_head(body, features, examples, seed=0)
    parts, calibration = take_apart(fitted.network), fitted.calibration
    first = _head(names, (parts.kernel, parts.bias), calibration)
    return Bundle(names, BaseSamples(features, labels, ids, splits), first)


def run_cycle(state: State, pool: Pool, *, is_guarded: bool = True) -> tuple[State, Verdict]:
    """Train on a pool as it is, and publish: latest always, best if the gate lets it pass.

    Without the guard no sample is vetted, no label waits, and any label stands for strangers; the gate stays.
    """
    began = time.process_time()
    bundle, best, dataset = pool.bundle, state.best, pool.dataset()
    known = KnownLabels(bundle.labels, best.labels, state.latest.labels)
    classes = choose_classes(dataset, known, limit=USUAL if is_guarded else NO_LIMIT)
    chosen = choose_examples(dataset, bundle.base, classes, seen=state.seen, left_out=state.left_out)
    embeddings = np.concatenate(list(chosen.features(bundle.base, dataset)))
    first = bundle.first
    embedding = EmbeddingOutcome(
        embeddings=embeddings,
        first=answer_rows(embeddings, (first.kernel, first.bias), temperature=first.temperature),
        best=answer_rows(embeddings, (best.kernel, best.bias), temperature=best.temperature),
        kernel=best.kernel,
        bias=best.bias,
        can_fine_tune=False,
    )

    def run(examples: TrainingExamples, suffix: str) -> list[TaskOutcome]:
        inputs = TrialInputs(
            embeddings=embeddings,
            labels=examples.labels,
            weights=examples.weights,
            trained=examples.trained,
            moments=examples.moments,
            vouched=examples.vouched if is_guarded else np.ones(len(examples), np.bool_),
            classes=len(examples.classes.labels),
            base_classes=examples.classes.base,
            best=HeadWeights(best.kernel, best.bias),
        )
        specs = [replace(spec, name=spec.name + suffix) for spec in plan(TRIALS)]
        return run_in_turn(specs, lambda some: [_try(inputs, spec) for spec in some], result=trial_result)

    examples = count_examples(chosen, embeddings)[0] if is_guarded else _believe(chosen, embeddings)
    thresholds = Thresholds(first.fitted_threshold, best.fitted_threshold)
    trained = train_in_rounds(examples, run, embedding, thresholds)
    verdict, challenger = trained.verdict, trained.selection.challenger
    weights, calibration = challenger.weights, challenger.result.calibration
    labels = trained.examples.classes.labels
    latest = _head(labels, (weights.kernel, weights.bias), calibration)
    seen = State(latest, latest, pool.rows, tuple(trained.examples.left_out.tolist()))
    after = seen if verdict.passes else replace(state, latest=latest)
    return after, Verdict(verdict.passes, verdict.reason, time.process_time() - began)


def _believe(chosen: TrainingExamples, embeddings: Floats) -> TrainingExamples:
    """Let every row count; photos of one moment count once all the same."""
    moments = find_moments(embeddings, chosen.labels, chosen.sources, chronology=chosen.chronology)
    shares = moments.split_shares(np.ones(len(chosen), np.bool_), trained=chosen.trained)
    return replace(chosen.weighted(shares), moments=moments.moments)


def _head(labels: tuple[str, ...], classifier: Classifier, calibration: Calibration) -> Head:
    return Head(
        labels, *classifier, calibration.temperature, calibration.threshold, was_fitted=bool(calibration.points)
    )


def _try(inputs: TrialInputs, spec: Spec) -> TaskOutcome:
    return TaskOutcome(spec.name, TaskEnding.DONE, 0.0, train(inputs, spec).pack())


def _sample_id(device: str, sample: int) -> bytes:
    return hashlib.sha256(f"{device}/{sample}".encode()).digest()[:SAMPLE_ID_BYTES]


def _ids(names: Sequence[bytes]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.frombuffer(b"".join(names), np.uint8).reshape(-1, SAMPLE_ID_BYTES)
