"""Shards: immutable pieces of a pool's dataset, each with a row for every sample that was merged at once.

A shard is a tensor file (`contract.tensors`) whose small columns come first, so that one or two ranged reads fetch
all of them and leave the features where they are::

    metadata     format, feature shape, and tables: labels, devices, arrivals ("<device>.<generation>/<sha256>"),
                 self_tests (what computed the features), and self_test_of: of each arrival, its index in these
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

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloud.errors import Damaged
from cloud.store import keys
from cloud.store.documents import reading
from cloud.store.keys import InboxUpload, Pool
from cloud.store.store import ObjectStore
from cloud.store.tensor_files import open_tensor_file
from contract.cuts import parse_feature_shape
from contract.documents import Fields, Json
from contract.errors import Impossible, Malformed
from contract.files import sha256_hex
from contract.patterns import HEX64_PATTERN
from contract.self_test import SelfTest
from contract.tensors import LENGTH_BYTES, Field, Header, encode_tensors, parse_header, parse_header_length, view_tensor

SHARD_FORMAT = 1
MAX_TABLE = 100_000

_FEATURES = "features"
_COLUMNS = ("sample_ids", "revisions", "labels", "devices", "arrivals", "splits")


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """All of a shard but its features. Arrays have a row for each sample, in the order of merging."""

    feature_shape: tuple[int, ...]
    labels: tuple[str, ...]
    devices: tuple[str, ...]
    uploads: tuple[str, ...]
    """Every upload of the merge: "<device>.<generation>/<sha256>"."""
    self_tests: tuple[SelfTest, ...]
    """What computed the features."""
    upload_self_tests: tuple[int, ...]
    """Of each of `uploads`, its place in `self_tests`."""
    sample_ids: NDArray[np.uint8]
    revisions: NDArray[np.uint32]
    label_index: NDArray[np.uint32]
    device_index: NDArray[np.uint32]
    upload_index: NDArray[np.uint32]
    splits: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.sample_ids)


@dataclass(frozen=True, slots=True)
class ShardRef:
    """A shard as a pointer names it."""

    sha256: str
    size: int
    """In bytes."""
    rows: int
    merged: int = 0
    """When its rows were merged, Unix seconds, however often it was rewritten since."""

    @classmethod
    def parse(cls, fields: Fields) -> ShardRef:
        """Read what `document` wrote. Raises a `ContractError`."""
        return cls(
            sha256=fields.name("sha256", HEX64_PATTERN),
            size=fields.integer("size"),
            rows=fields.integer("rows"),
            merged=fields.integer("merged"),
        )

    def document(self) -> dict[str, Json]:
        """Write the reference as part of the dataset's pointer."""
        return {"sha256": self.sha256, "size": self.size, "rows": self.rows, "merged": self.merged}


@dataclass(frozen=True, slots=True)
class FeatureFile:
    """The features of a shard in a file, which is open only while they are read."""

    path: Path
    begin: int
    """The offset of the first byte."""
    shape: tuple[int, ...]
    """(n, *shape), float32."""

    def read(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Copy some rows into memory."""
        mapped = np.memmap(self.path, np.dtype("<f4"), mode="r", offset=self.begin, shape=self.shape)
        return np.asarray(mapped[rows], np.float32)


def encode_shard(columns: Columns, features: NDArray[np.float32]) -> bytes:
    """Encode a shard; `features` is float32 (n, *shape)."""
    tensors: dict[str, NDArray[Any]] = {**_tensors(columns), _FEATURES: features}
    metadata: dict[str, Json] = {
        "format": SHARD_FORMAT,
        "shape": list(columns.feature_shape),
        "labels": columns.labels,
        "devices": columns.devices,
        "arrivals": columns.uploads,
        "self_tests": [one.document() for one in columns.self_tests],
        "self_test_of": columns.upload_self_tests,
    }
    return encode_tensors(tensors, metadata)


def write(
    store: ObjectStore, pool: Pool, columns: Columns, features: NDArray[np.float32], *, merged: int = 0
) -> ShardRef:
    """Write a shard into the store; the same content goes to the same key. `merged` is in Unix seconds.

    Raises:
        Damaged: it could not be read again; nothing was written.
    """
    body = encode_shard(columns, features)
    _check_readable(body)
    ref = ShardRef(sha256_hex(body), len(body), len(columns), merged)
    store.put(keys.shard(pool, ref.sha256), body)
    return ref


def read_columns(store: ObjectStore, pool: Pool, ref: ShardRef) -> Columns:
    """Read a shard's columns, by ranged reads. The hash of the whole is not checked, which would mean reading it.

    Raises:
        NotFound: the shard is gone.
        Damaged: it is not a shard.
    """
    key = keys.shard(pool, ref.sha256)
    file = open_tensor_file(store, key)
    with reading(key):
        return _parse_columns(file.header, file.read(_COLUMNS))


def read_whole(store: ObjectStore, pool: Pool, ref: ShardRef) -> tuple[Columns, NDArray[np.float32]]:
    """Read a shard's columns, and its features float32 (n, *shape), into memory.

    Raises:
        NotFound: the shard is gone.
        Damaged: it is not what its name says.
    """
    key = keys.shard(pool, ref.sha256)
    body = store.get(key).body
    with reading(key):
        if sha256_hex(body) != ref.sha256:
            raise Damaged(f"{key}: expected sha256 {ref.sha256}, got {sha256_hex(body)}")
        header = parse_header(body)
        section = memoryview(body)[header.data_start :]
        features = _field(header, _FEATURES)
        viewed = view_tensor(features, section[features.begin : features.end])
        return _view_columns(header, section), viewed.astype(np.float32, copy=False)


def read_file(path: Path) -> tuple[Columns, FeatureFile]:
    """Read the columns of a shard in a file, and where its features are.

    Raises:
        Damaged: it is not a shard.
    """
    with reading(str(path)):
        with path.open("rb") as file:
            beginning = file.read(LENGTH_BYTES)
            beginning += file.read(parse_header_length(beginning))
            header = parse_header(beginning)
            features = _field(header, _FEATURES)
            section = memoryview(file.read(features.begin))
        if path.stat().st_size != header.data_start + header.data_size:
            raise Damaged(f"{path}: expected {header.data_start + header.data_size} bytes, got {path.stat().st_size}")
        return _view_columns(header, section), FeatureFile(path, header.data_start + features.begin, features.shape)


def journal(pool: Pool, columns: Columns) -> list[InboxUpload]:
    """List every upload of the merge that wrote the shard."""
    return [keys.parse_inbox(f"{keys.pool_inbox(pool)}{name}") for name in columns.uploads]


def _check_readable(body: bytes) -> None:
    """Once a pointer names a shard, its uploads are gone from the inbox: what cannot be read must not get there."""
    with reading("a shard that is to be written"):
        header = parse_header(body)
        _view_columns(header, memoryview(body)[header.data_start :])


def _tensors(columns: Columns) -> dict[str, NDArray[Any]]:
    return {
        "sample_ids": columns.sample_ids,
        "revisions": columns.revisions,
        "labels": columns.label_index,
        "devices": columns.device_index,
        "arrivals": columns.upload_index,
        "splits": columns.splits,
    }


def _view_columns(header: Header, section: memoryview) -> Columns:
    """Parse the columns of a data section that was read as far as the features."""
    fields = {name: _field(header, name) for name in _COLUMNS}
    for name, field in fields.items():
        if field.end > len(section):
            raise Malformed(name, expected=f"a tensor before {_FEATURES}", got="one behind it")
    return _parse_columns(
        header, {name: view_tensor(field, section[field.begin : field.end]) for name, field in fields.items()}
    )


def _field(header: Header, name: str) -> Field:
    if name not in header.fields:
        raise Malformed("shard", expected=f"a tensor {name}", got=", ".join(header.fields) or "none")
    return header.fields[name]


def _parse_columns(header: Header, tensors: Mapping[str, NDArray[Any]]) -> Columns:
    fields = Fields(header.metadata, where="shard")
    fields.check_format(SHARD_FORMAT)
    uploads = fields.texts("arrivals", max_items=MAX_TABLE)
    self_tests = tuple(SelfTest.parse(one) for one in fields.documents("self_tests", max_items=MAX_TABLE))
    return Columns(
        feature_shape=parse_feature_shape(fields),
        labels=fields.texts("labels", max_items=MAX_TABLE),
        devices=fields.texts("devices", max_items=MAX_TABLE),
        uploads=uploads,
        self_tests=self_tests,
        upload_self_tests=_parse_places(fields, uploads=len(uploads), self_tests=len(self_tests)),
        sample_ids=tensors["sample_ids"],
        revisions=tensors["revisions"],
        label_index=tensors["labels"],
        device_index=tensors["devices"],
        upload_index=tensors["arrivals"],
        splits=tensors["splits"],
    )


def _parse_places(fields: Fields, *, uploads: int, self_tests: int) -> tuple[int, ...]:
    """Read of each upload which self-test it came with."""
    places = fields.integers("self_test_of", max_items=MAX_TABLE)
    if len(places) != uploads or max(places, default=-1) >= self_tests:
        expected = f"{uploads} integers below {self_tests}"
        got = f"{len(places)}, the highest {max(places, default=None)}"
        raise Impossible(fields.place("self_test_of"), expected=expected, got=got)
    return places
