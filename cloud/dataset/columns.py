"""The columns of a shard: all of it but its features.

A tensor file (`contract.tensors`) has them before the features::

    metadata              format, feature shape
    tables                U8  (k,)     JSON: {"labels": [...], "devices": [...], "self_tests": [...]}
    arrival_ids           U8  (a, 32)  the sha256 of each upload
    arrival_devices       U32 (a,)     index into the table of devices
    arrival_generations   U32 (a,)     of that device, as the upload came
    arrival_self_tests    U32 (a,)     index into the table of self-tests: what computed its features
    arrival_merged        U64 (a,)     when it was merged, Unix seconds
    sample_ids            U8  (n, 16)
    revisions             U32 (n,)
    labels                U32 (n,)     index into the table of labels
    arrivals              U32 (n,)     index into the arrivals: the upload that the row came in
    splits                U8  (n,)     0 trains, 1 is held out

The arrivals are every upload that was merged, those too that brought no row. Rows and arrivals are in the order of
merging, however often shards were put together since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloud.dataset.row_names import SHA256_BYTES, Names, make_names
from cloud.store.keys import InboxUpload, Pool
from contract.arrays import check_below, require_array
from contract.cuts import parse_feature_shape
from contract.documents import Fields, Json, encode_json, parse_document
from contract.errors import TooLarge
from contract.holdout import SPLITS
from contract.patterns import DEVICE_PATTERN, check_name
from contract.samples import SAMPLE_ID_BYTES
from contract.self_test import SelfTest

SHARD_FORMAT = 2
MAX_ROWS = 1 << 22
"""Also of uploads."""
MAX_TABLE = 1 << 20
"""Entries of a table."""
MAX_TABLES_BYTES = 128 << 20
"""As many as the largest shard has: one that is put together of others has no more than they had."""

TABLES = "tables"
COLUMNS = (
    TABLES,
    "arrival_ids",
    "arrival_devices",
    "arrival_generations",
    "arrival_self_tests",
    "arrival_merged",
    "sample_ids",
    "revisions",
    "labels",
    "arrivals",
    "splits",
)

Indexes = NDArray[np.uint32]


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """The uploads that were merged."""

    ids: NDArray[np.uint8]
    """(a, 32): their sha256."""
    device_index: Indexes
    generations: Indexes
    self_test_index: Indexes
    merged: NDArray[np.uint64]
    """When, Unix seconds."""

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, which: slice | NDArray[Any]) -> Arrivals:
        """Return some of them."""
        return Arrivals(*(getattr(self, name)[which] for name in Arrivals.__slots__))


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """All of a shard but its features. Arrays have a row for each sample, in the order of merging."""

    feature_shape: tuple[int, ...]
    labels: tuple[str, ...]
    devices: tuple[str, ...]
    self_tests: tuple[SelfTest, ...]
    """What computed the features."""
    arrivals: Arrivals
    sample_ids: NDArray[np.uint8]
    revisions: Indexes
    label_index: Indexes
    arrival_index: Indexes
    splits: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.sample_ids)

    @property
    def device_index(self) -> Indexes:
        """(n,): the device of each row."""
        return self.arrivals.device_index[self.arrival_index]

    @property
    def merged(self) -> NDArray[np.uint64]:
        """(n,): when each row was merged, Unix seconds."""
        return self.arrivals.merged[self.arrival_index]

    @property
    def row_names(self) -> Names:
        """(n,): what each row's feature is, for good."""
        return make_names(self.arrivals.ids[self.arrival_index], self.sample_ids, self.revisions)

    @property
    def oldest(self) -> int:
        """When the first of the rows was merged; 0 where there are none."""
        return int(self.merged.min()) if len(self) else 0

    def uploads(self, pool: Pool, *, begin: int = 0) -> list[InboxUpload]:
        """List every upload that was merged, but for so many of the first."""
        arrivals = self.arrivals[slice(begin, None)]
        senders = zip(arrivals.device_index.tolist(), arrivals.generations.tolist(), arrivals.ids, strict=True)
        return [
            InboxUpload(pool, self.devices[device], generation, sha256.tobytes().hex())
            for device, generation, sha256 in senders
        ]


def encode_columns(columns: Columns) -> tuple[dict[str, NDArray[Any]], dict[str, Json]]:
    """Return the tensors and the metadata of a shard's columns."""
    tables: dict[str, Json] = {
        "labels": columns.labels,
        "devices": columns.devices,
        "self_tests": [one.document() for one in columns.self_tests],
    }
    arrivals = columns.arrivals
    tensors: dict[str, NDArray[Any]] = {
        TABLES: np.frombuffer(encode_json(tables), np.uint8),
        "arrival_ids": arrivals.ids,
        "arrival_devices": arrivals.device_index,
        "arrival_generations": arrivals.generations,
        "arrival_self_tests": arrivals.self_test_index,
        "arrival_merged": arrivals.merged,
        "sample_ids": columns.sample_ids,
        "revisions": columns.revisions,
        "labels": columns.label_index,
        "arrivals": columns.arrival_index,
        "splits": columns.splits,
    }
    return tensors, {"format": SHARD_FORMAT, "shape": list(columns.feature_shape)}


def parse_metadata(metadata: Mapping[str, Json]) -> tuple[int, ...]:
    """Read a shard's feature shape. Raises a `ContractError`."""
    fields = Fields(metadata, where="shard")
    fields.check_format(SHARD_FORMAT)
    return parse_feature_shape(fields)


def parse_columns(feature_shape: tuple[int, ...], tensors: Mapping[str, NDArray[Any]]) -> Columns:
    """Read what `encode_columns` wrote.

    Raises:
        Malformed, TooLarge, Impossible: it is something else.
    """
    tables = parse_document(tensors[TABLES].tobytes(), where="tables", max_bytes=MAX_TABLES_BYTES)
    labels = tables.texts("labels", max_items=MAX_TABLE)
    devices = tables.texts("devices", max_items=MAX_TABLE)
    for device in devices:
        check_name(device, DEVICE_PATTERN, where="tables.devices")
    self_tests = tuple(SelfTest.parse(one) for one in tables.documents("self_tests", max_items=MAX_TABLE))
    return Columns(
        feature_shape=feature_shape,
        labels=labels,
        devices=devices,
        self_tests=self_tests,
        arrivals=_parse_arrivals(tensors, devices=len(devices), self_tests=len(self_tests)),
        **_parse_rows(tensors, labels=len(labels), arrivals=len(tensors["arrival_ids"])),
    )


def _parse_arrivals(tensors: Mapping[str, NDArray[Any]], *, devices: int, self_tests: int) -> Arrivals:
    count = len(tensors["arrival_ids"])
    ids = require_array(tensors["arrival_ids"], np.uint8, shape=(count, SHA256_BYTES), where="arrival_ids")
    return Arrivals(
        ids=ids,
        device_index=_numbers(tensors, "arrival_devices", count, below=devices),
        generations=_numbers(tensors, "arrival_generations", count),
        self_test_index=_numbers(tensors, "arrival_self_tests", count, below=self_tests),
        merged=require_array(tensors["arrival_merged"], np.uint64, shape=(count,), where="arrival_merged"),
    )


def _parse_rows(tensors: Mapping[str, NDArray[Any]], *, labels: int, arrivals: int) -> dict[str, NDArray[Any]]:
    count = len(tensors["sample_ids"])
    if max(count, arrivals) > MAX_ROWS:
        raise TooLarge("shard", expected=f"at most {MAX_ROWS} rows and uploads", got=str(max(count, arrivals)))
    splits = require_array(tensors["splits"], np.uint8, shape=(count,), where="splits")
    check_below(splits, len(SPLITS), where="splits")
    ids = tensors["sample_ids"]
    return {
        "sample_ids": require_array(ids, np.uint8, shape=(count, SAMPLE_ID_BYTES), where="sample_ids"),
        "revisions": _numbers(tensors, "revisions", count),
        "label_index": _numbers(tensors, "labels", count, below=labels),
        "arrival_index": _numbers(tensors, "arrivals", count, below=arrivals),
        "splits": splits,
    }


def _numbers(tensors: Mapping[str, NDArray[Any]], name: str, count: int, *, below: int | None = None) -> Indexes:
    numbers = require_array(tensors[name], np.uint32, shape=(count,), where=name)
    if below is not None:
        check_below(numbers, below, where=name)
    return numbers


def join_columns(parts: Sequence[Columns]) -> Columns:
    """Put the columns of some shards together, in their order; at least one. Pure."""
    labels, label_places = _join_tables([one.labels for one in parts])
    devices, device_places = _join_tables([one.devices for one in parts])
    self_tests, test_places = _join_tables([one.self_tests for one in parts])
    begins = np.cumsum([0, *(len(one.arrivals) for one in parts)])
    arrivals = Arrivals(
        ids=np.concatenate([one.arrivals.ids for one in parts]),
        device_index=_join_indexes([one.arrivals.device_index for one in parts], device_places),
        generations=np.concatenate([one.arrivals.generations for one in parts]),
        self_test_index=_join_indexes([one.arrivals.self_test_index for one in parts], test_places),
        merged=np.concatenate([one.arrivals.merged for one in parts]),
    )
    places = [(one.arrival_index + begin).astype(np.uint32) for one, begin in zip(parts, begins, strict=False)]
    return Columns(
        feature_shape=parts[0].feature_shape,
        labels=labels,
        devices=devices,
        self_tests=self_tests,
        arrivals=arrivals,
        sample_ids=np.concatenate([one.sample_ids for one in parts]),
        revisions=np.concatenate([one.revisions for one in parts]),
        label_index=_join_indexes([one.label_index for one in parts], label_places),
        arrival_index=np.concatenate(places),
        splits=np.concatenate([one.splits for one in parts]),
    )


def _join_tables(tables: Sequence[Sequence[Any]]) -> tuple[tuple[Any, ...], list[Indexes]]:
    """Join tables, each entry once, in the order of appearance; return of each where its entries are now."""
    places: dict[Any, int] = {}
    moved = [np.array([places.setdefault(entry, len(places)) for entry in table], np.uint32) for table in tables]
    return tuple(places), moved


def _join_indexes(indexes: Sequence[Indexes], places: Sequence[Indexes]) -> Indexes:
    return np.concatenate([where[index] for index, where in zip(indexes, places, strict=True)])
