"""What a training cycle starts from: a space's bundle, a pool's dataset and registry, and the present best head.

::

    <state>/spaces/<space>/             the training bundle
    <state>/shards/<group>/<space>/     the dataset's shards

Both are copies of what the store has, and may be deleted while no worker runs. So may what is kept of their rows
(`cloud.training.kept_embeddings`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cloud.dataset import admission, reader
from cloud.dataset.admission import Admission
from cloud.dataset.pointer import DatasetPointer
from cloud.dataset.reader import Dataset
from cloud.label_limit import USUAL, LabelLimit
from cloud.releases import objects, registry, stored
from cloud.releases.registry import Registry, TrainedDataset
from cloud.releases.stored import Release
from cloud.spaces.bundle_cache import BundleCache
from cloud.store import keys
from cloud.store.documents import reading
from cloud.store.keys import Pool
from cloud.store.store import ObjectStore
from cloud.training.examples import KnownLabels, TrainingExamples, choose_classes, choose_examples
from cloud.training.kept_embeddings import pools_kept
from cloud.training.values import EmbeddingOutcome, HeadNumbers, Thresholds, TrialInputs
from cloud.training.weights import HeadWeights, decode_weights
from contract.bundle import BundleFacts, TrainingBundle
from contract.files import FileRef
from contract.labels import parse_labels
from contract.manifest import Channel, Manifest
from contract.training_bundle import KERAS_HEAD_FILE
from contract.unknown import Strictness


@dataclass(frozen=True, slots=True, eq=False)
class CycleInputs:
    """What is there when a cycle starts."""

    pool: Pool
    bundle: TrainingBundle
    head_file: Path
    """The bundle's Keras head."""
    dataset: Dataset
    rows: int
    """Of the dataset, corrections included."""
    admission: Admission
    """Whose samples are not among the examples, and whose labels are."""
    registry: Registry
    examples: TrainingExamples
    best: HeadWeights | None
    """Best's weights; None while best is the bundle's head, or learned from a sample that is excluded now."""
    temperatures: HeadNumbers
    """Of the bundle's head and best."""
    thresholds: Thresholds
    """Theirs."""

    def trained(self, cycle: str) -> TrainedDataset:
        """Return what to remember once this was trained on."""
        return TrainedDataset(self.dataset.commit, self.rows, cycle, self.admission.id)

    def for_trials(self, examples: TrainingExamples, embedding: EmbeddingOutcome) -> TrialInputs:
        """Return what trials of the last layer take on these examples, once best has embedded all rows."""
        body = self.best.body if self.best else np.zeros(0, np.float32)
        return TrialInputs(
            embeddings=embedding.embeddings,
            labels=examples.labels,
            weights=examples.weights,
            trained=examples.trained,
            moments=examples.moments,
            vouched=examples.vouched,
            classes=len(examples.classes.labels),
            base_classes=examples.classes.base,
            best=HeadWeights(embedding.kernel, embedding.bias, body),
        )


def shard_cache(state: Path, pool: Pool) -> Path:
    """Return where the shards of a pool's dataset are kept on the worker's disk."""
    return state / "shards" / pool.group / pool.space


def cached_pools(state: Path) -> list[Pool]:
    """List the pools of which this disk keeps shards, or embeddings."""
    folders = (path for path in state.glob("shards/*/*") if path.is_dir())
    return sorted({*(Pool(path.parent.name, path.name) for path in folders), *pools_kept(state)})


def read_inputs(
    store: ObjectStore,
    pool: Pool,
    *,
    dataset: DatasetPointer,
    state: Path,
    bundles: BundleCache,
    limit: LabelLimit = USUAL,
) -> CycleInputs:
    """Read everything, the dataset as its pointer said; what is large comes from local copies.

    `limit` is for labels that one device alone uses.

    Raises:
        StoreError: the store failed, or something is missing in it.
        Damaged: something in it is not what was written.
    """
    folder = state / "spaces" / pool.space
    bundle = bundles.fetch(store, pool.space, folder)
    data = _load_dataset(store, pool, dataset, bundle, cache=shard_cache(state, pool))
    current, admitted = registry.read(store, pool), admission.read(store, pool.group)
    excluded = data.rows_of(admitted.excluded).tolist()
    untainted = _untainted(store, pool, current, data, excluded)
    release, manifest = _best_release(store, pool, untainted), _manifest(untainted, Channel.BEST)
    known = _known_labels(store, pool, untainted, bundle)
    classes = choose_classes(data, known, excluded=excluded, allows=admitted.allows, limit=limit)
    return CycleInputs(
        pool=pool,
        bundle=bundle,
        head_file=folder / KERAS_HEAD_FILE,
        dataset=data,
        rows=dataset.rows,
        registry=current,
        examples=choose_examples(
            data,
            bundle.base,
            classes,
            seen=release.rows if release else 0,
            left_out=release.left_out if release else (),
            excluded=excluded,
        ),
        admission=admitted,
        best=_weights(store, pool, release.weights) if release and release.weights else None,
        temperatures=HeadNumbers(bundle.facts.temperature, (manifest or bundle.facts).temperature),
        thresholds=Thresholds(_balanced(bundle.facts), _balanced(manifest or bundle.facts)),
    )


def _load_dataset(
    store: ObjectStore, pool: Pool, dataset: DatasetPointer, bundle: TrainingBundle, *, cache: Path
) -> Dataset:
    return reader.load_at(
        store, pool, dataset=dataset, cache=cache, base_labels=bundle.labels, feature_shape=bundle.feature_shape
    )


def _untainted(store: ObjectStore, pool: Pool, current: Registry, data: Dataset, excluded: Sequence[int]) -> Registry:
    """Leave out the channels whose release learned from a sample that is excluded now.

    Training begins as if they were not there: neither what such a head computes nor a label that it invented goes on.
    """
    if not excluded:
        return current
    releases = {name: stored.get_release(store, pool, one.release) for name, one in current.channels.items()}
    channels = {name: one for name, one in current.channels.items() if not has_learned(releases[name], data, excluded)}
    return replace(current, channels=channels)


def has_learned(release: Release, data: Dataset, samples: Sequence[int]) -> bool:
    """Tell whether a release was trained or judged on any of these samples, whatever their label then. Pure."""
    merged = data.came[np.asarray(samples, np.int64)] < release.rows
    return bool((merged & ~np.isin(samples, release.left_out)).any())


def _best_release(store: ObjectStore, pool: Pool, current: Registry) -> Release | None:
    """Return None while best is the bundle's head."""
    best = current.channels.get(Channel.BEST)
    return stored.get_release(store, pool, best.release) if best else None


def _manifest(current: Registry, channel: Channel) -> Manifest | None:
    return current.channels[channel].manifest if channel in current.channels else None


def _balanced(head: Manifest | BundleFacts) -> float | None:
    """Return the threshold that heads are compared at, whatever their operator chose."""
    return head.points[Strictness.BALANCED].threshold if head.points else None


def _known_labels(store: ObjectStore, pool: Pool, current: Registry, bundle: TrainingBundle) -> KnownLabels:
    best, latest = (_labels(store, pool, current, channel, bundle) for channel in (Channel.BEST, Channel.LATEST))
    newest = latest if len(latest) >= len(best) else best  # latest may have been withdrawn to an older one
    return KnownLabels(bundle.labels, best, newest)


def _labels(
    store: ObjectStore, pool: Pool, current: Registry, channel: Channel, bundle: TrainingBundle
) -> tuple[str, ...]:
    """Return the labels of a channel's release, or the bundle's where its head serves."""
    manifest = _manifest(current, channel)
    if manifest is None or not manifest.heads:
        return bundle.labels
    key = keys.shared_object(pool.group, manifest.labels.sha256)
    with reading(key):
        return parse_labels(objects.read(store, pool.group, manifest.labels.sha256), where=key)


def _weights(store: ObjectStore, pool: Pool, weights: FileRef) -> HeadWeights:
    key = keys.shared_object(pool.group, weights.sha256)
    with reading(key):
        return decode_weights(objects.read(store, pool.group, weights.sha256))
