"""The only home of what a training cycle starts from: bundle, dataset, registry, and the present best head.

::

    <state>/spaces/<space>/             the training bundle
    <state>/shards/<group>/<space>/     the dataset's shards

Both are copies of what the store has, and may be deleted while no worker runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cloud.dataset import pointer as dataset_pointer
from cloud.dataset import reader
from cloud.dataset.reader import Dataset
from cloud.errors import Damaged
from cloud.releases import registry
from cloud.releases.registry import Registry, Trained
from cloud.spaces import bundles
from cloud.store import keys
from cloud.store.keys import Pool
from cloud.store.store import ObjectStore
from cloud.training.cycle_folder import CycleFolder, Rows
from cloud.training.examples import TrainingExamples, choose_classes, choose_examples
from contract.bundle import TrainingBundle
from contract.errors import ContractError
from contract.labels import parse_labels
from contract.manifest import Channel
from contract.training_bundle import KERAS_HEAD_FILE


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What is there when a cycle starts."""

    pool: Pool
    bundle: TrainingBundle
    head_file: Path
    """The bundle's Keras head."""
    dataset: Dataset
    rows: int
    """Of the dataset, corrections included."""
    registry: Registry
    examples: TrainingExamples
    best: bytes | None
    """Best's weights (``cloud.training.weights``); None while best is the bundle's head."""

    def trained(self, cycle: str) -> Trained:
        """What to remember once this was trained on."""
        return Trained(self.dataset.commit, self.rows, cycle)


def gather(store: ObjectStore, pool: Pool, *, state: Path) -> Material:
    """Read everything; what is large comes from local copies.

    Raises:
        StoreError: the store failed, or something is missing in it.
        Damaged: something in it is not what was written.
    """
    rows = dataset_pointer.read(store, pool)[0].rows
    folder = state / "spaces" / pool.space
    bundle = bundles.fetch(store, pool.space, folder)
    data = reader.load(store, pool, cache=state / "shards" / pool.group / pool.space, bundle=bundle)
    current = registry.read(store, pool)
    best = current.channels.get(Channel.BEST)
    release = registry.get_release(store, pool, best.release) if best else None
    classes = choose_classes(
        data,
        bundle=bundle.labels,
        best=_labels(store, pool, current, Channel.BEST, bundle),
        newest=_labels(store, pool, current, Channel.LATEST, bundle),
    )
    return Material(
        pool=pool,
        bundle=bundle,
        head_file=folder / KERAS_HEAD_FILE,
        dataset=data,
        rows=rows,
        registry=current,
        examples=choose_examples(data, bundle.base, classes, seen=release.samples if release else 0),
        best=store.get(keys.shared_object(pool.group, release.weights.sha256)).body if release else None,
    )


def lay_out(material: Material, folder: CycleFolder) -> None:
    """Put into a cycle's folder what its processes need."""
    folder.path.mkdir(parents=True)
    examples = material.examples
    chunks = examples.features(material.bundle.base, material.dataset)
    folder.write_features(chunks, shape=(len(examples), *material.bundle.feature_shape))
    rows = Rows(examples.labels, examples.trained, len(examples.classes.labels))
    folder.write_rows(rows, golden=material.bundle.golden)
    if material.best is not None:
        folder.write_best(material.best)


def _labels(
    store: ObjectStore, pool: Pool, current: Registry, channel: Channel, bundle: TrainingBundle
) -> tuple[str, ...]:
    """The labels of a channel's release, or the bundle's before there is one."""
    release = current.channels.get(channel)
    if release is None:
        return bundle.labels
    key = keys.shared_object(pool.group, release.manifest.labels.sha256)
    try:
        return parse_labels(store.get(key).body, where=key)
    except ContractError as error:
        raise Damaged(str(error)) from error
