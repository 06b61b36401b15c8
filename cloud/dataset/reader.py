"""A pool's dataset as a trainer reads it: resolved rows, features read from local files.

::

    <cache>/<sha256>    a shard, verified when it was downloaded

Base samples are not in it: they are the training bundle's (`cloud.spaces.bundles`). Their labels are, and come first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from cloud.dataset import pointer as dataset_pointer
from cloud.dataset import shards
from cloud.dataset.blocks import BlockFeatures
from cloud.dataset.columns import Columns
from cloud.dataset.ledger import spell
from cloud.dataset.pointer import DatasetPointer
from cloud.dataset.row_names import Names, no_names
from cloud.dataset.sample_index import make_keys
from cloud.dataset.shards import ShardRef
from cloud.errors import Damaged
from cloud.spaces.base_counts import read_base_counts
from cloud.store import keys
from cloud.store.keys import Pool
from cloud.store.store import ObjectStore
from contract.files import atomic_write, sha256_hex
from contract.labels import label_key
from contract.samples import SAMPLE_ID_BYTES

_CACHED = re.compile(r"\.?[0-9a-f]{64}(\.[0-9a-f]+)?")
"""The name of a shard, or of one that is being downloaded (`contract.files.atomic_write`)."""

Features = NDArray[np.float32]
Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class StoredFeatures:
    """Features float32 (n, *shape) that lie in several files, and are read and decoded when they are indexed."""

    files: tuple[BlockFeatures, ...]
    file_index: NDArray[np.int64]
    row_index: NDArray[np.int64]
    feature_shape: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.row_index)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape (n, *shape)."""
        return (len(self), *self.feature_shape)

    @property
    def dtype(self) -> np.dtype[np.float32]:
        """The dtype float32."""
        return np.dtype(np.float32)

    def __getitem__(self, rows: slice | NDArray[np.integer[Any]] | NDArray[np.bool_] | Sequence[int]) -> Features:
        """Copy the features of some rows into memory, in the order asked for."""
        wanted = np.arange(len(self))[rows]
        chosen = np.empty((len(wanted), *self.feature_shape), np.float32)
        for place in np.unique(self.file_index[wanted]):
            here = np.flatnonzero(self.file_index[wanted] == place)
            self.files[place].read_into(chosen, self.row_index[wanted[here]], to=here)
        return chosen

    def __array__(self, dtype: np.dtype[np.generic] | None = None) -> NDArray[np.generic]:
        """Copy everything into memory."""
        return self[:] if dtype is None else self[:].astype(dtype)


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """The samples of a pool at one commit, each once, in the order of their first rows."""

    commit: str
    """Changes when, and only when, rows were added; "" where nothing was merged yet."""
    labels: tuple[str, ...]
    """Classes: the bundle's labels, then others as they first appeared. An index never changes its label."""
    label_index: NDArray[np.int64]
    """(n,)."""
    splits: NDArray[np.uint8]
    """(n,): 0 trains, 1 is held out."""
    sample_ids: NDArray[np.uint8]
    """(n, 16)."""
    devices: NDArray[np.int64]
    """(n,): which device each sample is of, numbered as they first appeared. A number never changes its device."""
    came: NDArray[np.int64]
    """(n,): the row, of all that were ever merged, with which each sample first came."""
    since: NDArray[np.int64]
    """(n,): the row, of all that were ever merged, with which each sample first had the label that it has now."""
    features: StoredFeatures
    """(n, *shape)."""
    device_ids: tuple[str, ...] = ()
    """By those numbers."""
    names: Names = field(default_factory=no_names)
    """(n,): of the row whose feature each sample has."""

    def __len__(self) -> int:
        return len(self.label_index)

    def rows_of(self, device_ids: Set[str]) -> NDArray[np.int64]:
        """Return which samples are of these devices; some of them may have none here."""
        numbers = [number for number, device in enumerate(self.device_ids) if device in device_ids]
        return np.flatnonzero(np.isin(self.devices, numbers))


def load(store: ObjectStore, pool: Pool, *, cache: Path) -> Dataset:
    """Read the dataset as it is now. Downloads the shards that are not in `cache` yet.

    Raises:
        NotFound: the space is not registered.
        Damaged: a shard, or what is read of the space, is not what was written.
    """
    base = read_base_counts(store, pool.space)
    dataset, _ = dataset_pointer.read(store, pool)
    return load_at(store, pool, dataset=dataset, cache=cache, base_labels=base.labels, feature_shape=base.feature_shape)


def load_at(
    store: ObjectStore,
    pool: Pool,
    *,
    dataset: DatasetPointer,
    cache: Path,
    base_labels: tuple[str, ...],
    feature_shape: tuple[int, ...],
) -> Dataset:
    """Read the dataset as it was when its pointer said `dataset`. Downloads the shards that are not in `cache` yet.

    Raises:
        NotFound: a shard is gone.
        Damaged: a shard is not what its name says.
    """
    cache.mkdir(parents=True, exist_ok=True)
    prune(cache, dataset)
    pieces = [shards.read_file(_fetch(store, pool, ref, cache)) for ref in dataset.shards]
    return resolve(pieces, commit=dataset.commit, base_labels=base_labels, feature_shape=feature_shape)


def prune(cache: Path, dataset: DatasetPointer) -> None:
    """Delete from a cache what is no shard of the dataset any more, so that what was erased is not left there.

    What a download that was killed has left goes as well; a file of another name stays.
    """
    named = {ref.sha256 for ref in dataset.shards}
    for path in cache.iterdir() if cache.is_dir() else ():
        if _CACHED.fullmatch(path.name) and path.name not in named:
            path.unlink(missing_ok=True)


def resolve(
    pieces: Sequence[tuple[Columns, BlockFeatures]],
    *,
    commit: str,
    base_labels: tuple[str, ...],
    feature_shape: tuple[int, ...],
) -> Dataset:
    """Put shards together, in the order of merging, as one row for each sample."""
    columns = [one for one, _ in pieces]
    spellings = spell([*base_labels, *(label for one in columns for label in one.labels)])
    classes = {name: place for place, name in enumerate(spellings)}
    device_ids, devices = number_devices(columns)
    first, best, samples = choose_rows(columns, devices)
    labels = _join([_classes(one, classes) for one in columns], np.int64)
    files, rows = _places(columns)
    return Dataset(
        commit=commit,
        labels=tuple(spellings.values()),
        label_index=labels[best],
        splits=_join([one.splits for one in columns], np.uint8)[first],
        sample_ids=_join([one.sample_ids for one in columns], np.uint8, SAMPLE_ID_BYTES)[first],
        devices=devices[first],
        came=first,
        since=_since(samples, labels)[best],
        features=StoredFeatures(tuple(file for _, file in pieces), files[best], rows[best], feature_shape),
        device_ids=device_ids,
        names=_join_names(columns)[best],
    )


def number_devices(columns: Sequence[Columns]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Return the devices in the order in which they first appear, and the number of every row's device among them."""
    numbers: dict[str, int] = {}
    parts = []
    for one in columns:
        table = np.array([numbers.setdefault(device, len(numbers)) for device in one.devices], np.int64)
        parts.append(table[one.device_index])
    return tuple(numbers), _join(parts, np.int64)


def choose_rows(
    columns: Sequence[Columns], devices: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Find each sample's first row and the one with the highest revision, in the order of the first rows.

    Return also a number of its sample for every row.
    """
    names = make_keys(devices, _join([one.sample_ids for one in columns], np.uint8, SAMPLE_ID_BYTES))
    revisions = _join([one.revisions for one in columns], np.int64)
    _, first, group = np.unique(names, return_index=True, return_inverse=True)
    order = np.lexsort((revisions, group))
    last = np.searchsorted(group[order], np.arange(len(first)), side="right") - 1
    best = order[last]
    appearance = np.argsort(first)
    return first[appearance], best[appearance], group


def _since(samples: NDArray[np.int64], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for every row the first one that gives its sample the same label."""
    _, first, place = np.unique(samples * (labels.max(initial=0) + 1) + labels, return_index=True, return_inverse=True)
    since: NDArray[np.int64] = first[place]
    return since


def _classes(columns: Columns, classes: dict[str, int]) -> NDArray[np.int64]:
    table = np.array([classes[label_key(label)] for label in columns.labels], np.int64)
    return table[columns.label_index]


def _places(columns: Sequence[Columns]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the file, and the row in it, of every row."""
    files = _join([np.full(len(one), place) for place, one in enumerate(columns)], np.int64)
    return files, _join([np.arange(len(one)) for one in columns], np.int64)


def _join_names(columns: Sequence[Columns]) -> Names:
    return np.concatenate([no_names(), *(one.row_names for one in columns)])


def _join(parts: Sequence[NDArray[Any]], dtype: type[Scalar], width: int | None = None) -> NDArray[Scalar]:
    empty = np.empty((0,) if width is None else (0, width), dtype)
    joined: NDArray[Scalar] = np.concatenate([empty, *parts]).astype(dtype, copy=False)
    return joined


def _fetch(store: ObjectStore, pool: Pool, ref: ShardRef, cache: Path) -> Path:
    """Return the path of a verified shard in the cache, downloaded unless it is there."""
    path = cache / ref.sha256
    if path.is_file() and path.stat().st_size == ref.size:
        return path
    key = keys.shard(pool, ref.sha256)
    body = store.get(key).body
    if sha256_hex(body) != ref.sha256:
        raise Damaged(f"{key}: expected sha256 {ref.sha256}, got {sha256_hex(body)}")
    atomic_write(path, body)
    return path
