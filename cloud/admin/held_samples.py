"""What is held of a device or a label, for a person who asks: read from the store, and written as files.

::

    <folder>/samples.jsonl          a line for each row: space, device, sample, revision, label, place, split, merged,
                                    upload, and feature: its place in the file of its space
    <folder>/features-<space>.npy   float32 (n, *shape)

Rows lie in the dataset (with their split, and when they were merged), wait in the inbox, or were set aside. What was
set aside because it cannot be read is not among them, though an erasure takes it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cloud.dataset import inbox, shards
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.blocks import BlockFeatures
from cloud.dataset.columns import Columns
from cloud.dataset.erase import pools_holding, set_aside
from cloud.dataset.scopes import Flags, LabelScope, Scope
from cloud.dataset.shards import ShardRef
from cloud.errors import NotFound, SettingError
from cloud.store import keys
from cloud.store.keys import InboxUpload, Pool
from cloud.store.store import ObjectStore
from contract.documents import Json, encode_json
from contract.errors import ContractError
from contract.holdout import SPLITS
from contract.upload import Upload, decode_upload

DATASET, INBOX, SET_ASIDE = "dataset", "inbox", "set aside"
READ_AT_ONCE = 256
"""Rows."""


@dataclass(frozen=True, slots=True, eq=False)
class HeldRow:
    """One row of what is held."""

    space: str
    facts: dict[str, Json]
    """What its line says, but for space and feature."""
    feature: NDArray[np.float32]
    """(*shape)."""


def held_rows(store: ObjectStore, scope: Scope) -> Iterator[HeldRow]:
    """Yield all that is held of a scope, pool by pool, a shard or an upload at a time.

    Raises:
        NotFound, Damaged: a shard is gone, or cannot be read.
    """
    for pool in pools_holding(store, scope.group):
        yield from _of_dataset(store, pool, scope)
        yield from _of_uploads(store, pool, scope)


def count_held(store: ObjectStore, scope: Scope) -> int:
    """Count the rows that are held of a scope; of the dataset no feature is read. Raises as `held_rows` does."""
    count = 0
    for pool in pools_holding(store, scope.group):
        count += sum(int(flags.sum()) for _, _, flags in _shards(store, pool, scope))
        count += sum(1 for _ in _of_uploads(store, pool, scope))
    return count


def write_held(rows: Iterable[HeldRow], folder: Path) -> int:
    """Write what is held into a new folder; return how many rows that was.

    Raises:
        SettingError: the folder is there already, or cannot be made.
    """
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise SettingError(f"{folder}: expected a folder that is not there yet, got {error.strerror}") from error
    features: defaultdict[str, list[NDArray[np.float32]]] = defaultdict(list)
    with (folder / "samples.jsonl").open("wb") as lines:
        for row in rows:
            place = len(features[row.space])
            features[row.space].append(row.feature)
            lines.write(encode_json({"space": row.space, **row.facts, "feature": place}) + b"\n")
    for space, columns in features.items():
        np.save(folder / f"features-{space}.npy", np.stack(columns))
    return sum(map(len, features.values()))


def _shards(store: ObjectStore, pool: Pool, scope: Scope) -> Iterator[tuple[ShardRef, Columns, Flags]]:
    """Yield the shards that hold rows of a scope, and which these are."""
    dataset, _ = dataset_pointer.read(store, pool)
    pieces = [(ref, shards.read_columns(store, pool, ref)) for ref in dataset.shards]
    for (ref, columns), flags in zip(pieces, scope.rows(pieces), strict=True):
        if flags.any():
            yield ref, columns, flags


def _of_uploads(store: ObjectStore, pool: Pool, scope: Scope) -> Iterator[HeldRow]:
    """Yield the rows of uploads that wait, or were set aside."""
    for upload in inbox.all_pending(store, pool):
        yield from _of_upload(store, upload, scope, key=keys.inbox(upload), place=INBOX)
    for upload in set_aside(store, pool):
        yield from _of_upload(store, upload, scope, key=keys.rejected_upload(upload), place=SET_ASIDE)


def _of_dataset(store: ObjectStore, pool: Pool, scope: Scope) -> Iterator[HeldRow]:
    for ref, columns, flags in _shards(store, pool, scope):
        _, features = shards.read_whole(store, pool, ref)
        ids = columns.arrivals.ids
        for row, feature in _with_features(np.flatnonzero(flags), features):
            arrival = columns.arrival_index[row]
            facts: dict[str, Json] = {
                "device": columns.devices[columns.arrivals.device_index[arrival]],
                "sample": columns.sample_ids[row].tobytes().hex(),
                "revision": int(columns.revisions[row]),
                "label": columns.labels[columns.label_index[row]],
                "place": DATASET,
                "split": SPLITS[columns.splits[row]].value,
                "merged": int(columns.arrivals.merged[arrival]),
                "upload": ids[arrival].tobytes().hex(),
            }
            yield HeldRow(pool.space, facts, feature)


def _with_features(rows: NDArray[np.int64], features: BlockFeatures) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yield rows with their features, of which some are decoded at a time."""
    for begin in range(0, len(rows), READ_AT_ONCE):
        some = rows[begin : begin + READ_AT_ONCE]
        yield from zip(some.tolist(), features.read(some), strict=True)


def _of_upload(store: ObjectStore, upload: InboxUpload, scope: Scope, *, key: str, place: str) -> Iterator[HeldRow]:
    content = _open(store, key)
    for row in range(content.count if content else 0):
        if content and _means(scope, upload, content.labels[row]):
            facts: dict[str, Json] = {
                "device": upload.device,
                "sample": content.sample_ids[row].tobytes().hex(),
                "revision": int(content.revisions[row]),
                "label": content.labels[row],
                "place": place,
                "split": None,
                "merged": None,
                "upload": upload.sha256,
            }
            yield HeldRow(upload.pool.space, facts, content.features[row])


def _means(scope: Scope, upload: InboxUpload, label: str) -> bool:
    if isinstance(scope, LabelScope):
        return scope.means_label(label)
    return scope.means_upload(upload.device, upload.generation)


def _open(store: ObjectStore, key: str) -> Upload | None:
    """Read an upload; None where it went meanwhile, or cannot be read."""
    try:
        return decode_upload(store.get(key).body)
    except (NotFound, ContractError):
        return None
