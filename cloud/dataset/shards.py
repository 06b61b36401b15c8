"""The only home of shards: immutable pieces of a pool's dataset, a row for each sample that was merged at once.

A shard is a tensor file (``contract.tensors``) whose small columns come first, so that one or two ranged reads fetch
all of them and leave the features where they are::

    metadata     format, feature shape, and three tables: labels, devices, arrivals ("<device>.<generation>/<sha256>")
    sample_ids   U8  (n, 16)
    revisions    U32 (n,)
    labels       U32 (n,)   index into the table of labels
    devices      U32 (n,)   index into the table of devices
    arrivals     U32 (n,)   index into the table of arrivals: the upload that the row came in
    splits       U32 (n,)   0 trains, 1 is held out
    features     F32 (n, *shape)

The table of arrivals names every upload of the merge, those too that brought no row; it is the merge's journal. A
shard's key is the sha256 of its bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloud.errors import Damaged
from cloud.store import keys
from cloud.store.keys import Arrival, Pool
from cloud.store.store import ByteRange, ObjectStore
from contract.cuts import parse_feature_shape
from contract.documents import Fields, Json
from contract.errors import ContractError
from contract.files import sha256_hex
from contract.tensors import LENGTH_BYTES, Header, encode_tensors, parse_header, parse_header_length, view_tensor

SHARD_FORMAT = 1
FIRST_READ_BYTES = 256 << 10
MAX_TABLE = 100_000

_FEATURES = "features"


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """All of a shard but its features. Arrays have a row for each sample, in the order of merging."""

    feature_shape: tuple[int, ...]
    labels: tuple[str, ...]
    devices: tuple[str, ...]
    arrivals: tuple[str, ...]
    sample_ids: NDArray[np.uint8]
    revisions: NDArray[np.uint32]
    label_index: NDArray[np.uint32]
    device_index: NDArray[np.uint32]
    arrival_index: NDArray[np.uint32]
    splits: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.sample_ids)


@dataclass(frozen=True, slots=True)
class ShardRef:
    """A shard as a pointer names it."""

    sha256: str
    size: int
    rows: int


@dataclass(frozen=True, slots=True)
class FeatureFile:
    """The features of a shard that is a file, float32 (n, *shape) from byte `begin` on; open only while it is read."""

    path: Path
    begin: int
    shape: tuple[int, ...]

    def read(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Copy some rows into memory."""
        mapped = np.memmap(self.path, np.dtype("<f4"), mode="r", offset=self.begin, shape=self.shape)
        return np.asarray(mapped[rows], np.float32)


def encode_shard(columns: Columns, features: NDArray[np.float32]) -> bytes:
    """A shard's bytes. `features` is float32 (n, *shape)."""
    tensors: dict[str, NDArray[Any]] = {**_tensors(columns), _FEATURES: features}
    metadata: dict[str, Json] = {
        "format": SHARD_FORMAT,
        "shape": list(columns.feature_shape),
        "labels": columns.labels,
        "devices": columns.devices,
        "arrivals": columns.arrivals,
    }
    return encode_tensors(tensors, metadata)


def write(store: ObjectStore, pool: Pool, columns: Columns, features: NDArray[np.float32]) -> ShardRef:
    """Put a shard; the same content goes to the same key.

    Raises:
        Damaged: it could not be read again; nothing was put.
    """
    body = encode_shard(columns, features)
    _check_readable(body)
    ref = ShardRef(sha256_hex(body), len(body), len(columns))
    store.put(keys.shard(pool, ref.sha256), body)
    return ref


def read_columns(store: ObjectStore, pool: Pool, ref: ShardRef) -> Columns:
    """The columns, by ranged reads. The hash of the whole is not checked, which would mean reading it.

    Raises:
        NotFound: the shard is gone.
        Damaged: it is not one.
    """
    key = keys.shard(pool, ref.sha256)
    head = store.get(key, ByteRange(0, FIRST_READ_BYTES)).body
    try:
        head = _extend(store, key, head, LENGTH_BYTES + parse_header_length(head))
        header = parse_header(head)
        return _columns(header, _extend(store, key, head, header.data_start + header.fields[_FEATURES].begin))
    except (ContractError, KeyError) as error:
        raise Damaged(f"{key}: {error}") from error


def read_file(path: Path) -> tuple[Columns, FeatureFile]:
    """Columns, and where the features are, of a shard in a file.

    Raises:
        Damaged: it is not a shard.
    """
    try:
        with path.open("rb") as file:
            head = file.read(LENGTH_BYTES)
            head += file.read(parse_header_length(head))
            header = parse_header(head)
            field = header.fields[_FEATURES]
            head += file.read(field.begin)
        if path.stat().st_size != header.data_start + header.data_size:
            raise Damaged(f"{path}: expected {header.data_start + header.data_size} bytes, got {path.stat().st_size}")
        return _columns(header, head), FeatureFile(path, header.data_start + field.begin, field.shape)
    except (ContractError, KeyError, ValueError) as error:
        raise Damaged(f"{path}: {error}") from error


def journal(pool: Pool, columns: Columns) -> list[Arrival]:
    """Every upload of the merge that wrote the shard."""
    return [keys.parse_inbox(f"{keys.pool_inbox(pool)}{name}") for name in columns.arrivals]


def _check_readable(body: bytes) -> None:
    """Once a pointer names a shard, its uploads are gone from the inbox: what cannot be read must not get there."""
    try:
        _columns(parse_header(body), body)
    except ContractError as error:
        raise Damaged(f"a shard that is to be written: {error}") from error


def _tensors(columns: Columns) -> dict[str, NDArray[Any]]:
    return {
        "sample_ids": columns.sample_ids,
        "revisions": columns.revisions,
        "labels": columns.label_index,
        "devices": columns.device_index,
        "arrivals": columns.arrival_index,
        "splits": columns.splits,
    }


def _columns(header: Header, content: bytes | memoryview) -> Columns:
    section = memoryview(content)[header.data_start :]
    values: dict[str, NDArray[Any]] = {
        name: view_tensor(field, section[field.begin : field.end])
        for name, field in header.fields.items()
        if name != _FEATURES
    }
    fields = Fields(header.metadata, where="shard")
    fields.check_format(SHARD_FORMAT)
    return Columns(
        feature_shape=parse_feature_shape(fields),
        labels=_table(fields, "labels"),
        devices=_table(fields, "devices"),
        arrivals=_table(fields, "arrivals"),
        sample_ids=values["sample_ids"],
        revisions=values["revisions"],
        label_index=values["labels"],
        device_index=values["devices"],
        arrival_index=values["arrivals"],
        splits=values["splits"],
    )


def _table(fields: Fields, name: str) -> tuple[str, ...]:
    return tuple(str(value) for value in fields.items(name, max_items=MAX_TABLE))


def _extend(store: ObjectStore, key: str, head: bytes, size: int) -> bytes:
    """The first `size` bytes at least, of which `head` is there already."""
    if len(head) >= size:
        return head
    return head + store.get(key, ByteRange(len(head), size)).body
