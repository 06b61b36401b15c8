"""What merging costs in a pool that is large: one upload at a time, and a million samples in bulk.

Features, labels and ids are drawn; a pool of so many uploads is made of shards as merges leave them, not by so many
merges. Both pools are merged into in turns, so often that shards of three levels are put together on the way.
"""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.isolated import in_fresh_process
from bench.measure.service import Batch, prepare_store
from bench.row import BenchRow, at_most
from cloud.dataset import inbox, levels, shards
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.blocks import BlockWriter
from cloud.dataset.columns import Arrivals, Columns
from cloud.dataset.memory import MergeMemory
from cloud.dataset.merge import merge_once
from cloud.dataset.pointer import DatasetPointer
from cloud.dataset.shards import ShardRef
from cloud.identity import devices
from cloud.identity.devices import EnrolledDevice
from cloud.store import ObjectStore, open_store
from cloud.store.keys import InboxUpload, Pool
from contract.codecs import DEFAULT_CODEC, EncodedFeatures, encode_features
from contract.documents import encode_json
from contract.self_test import PPM, SelfTest, Setup
from contract.upload import LIMITS, Upload, encode_upload, upload_id

FEW, MANY, MILLION = 1_000, 100_000, 1_000_000
MERGES = 8**3
MOST_GROWTH = 1.3
MOST_HEAD_BYTES = 64 << 10
CLASSES, DEVICES = 8631, 1000
MOST_MEMORY_MB, MOST_RESTART_S = 1536, 20
SHAPE = (512,)
DEVICE = "d" * 32
SELF_TEST = SelfTest(Setup("bench", "none", "cpu, 1 thread", "this machine"), PPM)

Ids = NDArray[np.uint8]


@dataclass(slots=True)
class _Place:
    """A pool, whoever merges it, and uploads of one sample each that come there."""

    store: ObjectStore
    pool: Pool
    random: np.random.Generator
    memory: MergeMemory = field(default_factory=MergeMemory)
    took_s: list[float] = field(default_factory=list)

    def send(self, samples: int) -> None:
        body = _upload(self.pool.space, self.random, samples)
        inbox.add(self.store, InboxUpload(self.pool, DEVICE, 0, upload_id(body)), body)

    def merge(self) -> None:
        began = time.perf_counter()
        merge_once(self.store, self.pool, memory=self.memory)
        self.took_s.append(time.perf_counter() - began)


def measure(work: Path) -> list[BenchRow]:
    """Return what one merge costs in pools of both sizes, the size of a pointer, and what a million samples cost."""
    return [
        _measure_growth(work / "large-pools"),
        _measure_head(),
        *in_fresh_process(_measure_million, work / "large-pools-million"),
    ]


def _measure_growth(work: Path) -> BenchRow:
    few, many = (_filled(work / str(uploads), uploads) for uploads in (FEW, MANY))
    for _ in range(MERGES):
        for place in (few, many):
            place.send(1)
            place.merge()
    means = [1000 * sum(place.took_s) / MERGES for place in (many, few)]
    return BenchRow(
        f"merging one upload, {MANY:,} stored over {FEW:,}, mean of {MERGES}",
        means[0],
        "ms",
        reference=means[1],
        goal=at_most(MOST_GROWTH),
    )


def _measure_head() -> BenchRow:
    """Grow a pointer by a million uploads of one sample that come one by one, as merges do; nothing is written."""
    refs: list[ShardRef] = []
    most: list[ShardRef] = []
    for number in range(MILLION):
        taken = levels.count_absorbed(refs, rows=1, size=400)
        olds = refs[len(refs) - taken :]
        del refs[len(refs) - taken :]
        size, rows = (sum(getattr(one, name) for one in olds) for name in ("size", "rows"))
        refs.append(ShardRef(f"{number:064x}", size + 400, rows + 1, 1_800_000_000))
        most = [*refs] if len(refs) > len(most) else most
    document = encode_json([ref.document() for ref in most])
    return BenchRow(
        "references to shards, at most, of a million uploads that came one by one",
        len(document),
        "bytes",
        goal=at_most(MOST_HEAD_BYTES),
    )


def _measure_million(work: Path) -> list[BenchRow]:
    place = _place(work)
    began_mb = _peak_mb()
    for _ in range(-(-MILLION // LIMITS.max_samples)):
        place.send(LIMITS.max_samples)
    samples = 0
    while True:
        began = time.perf_counter()
        report = merge_once(place.store, place.pool, memory=place.memory)
        place.took_s.append(time.perf_counter() - began)
        samples += report.rows
        if not report.more:
            break
    peak_mb = _peak_mb()
    began = time.perf_counter()
    dataset, _ = dataset_pointer.read(place.store, place.pool)
    MergeMemory().catch_up(place.store, place.pool, dataset)
    restart_s = time.perf_counter() - began
    on = f"a million freeze6 samples, {CLASSES} classes, synthetic"
    return [
        BenchRow(f"merging in uploads of {LIMITS.max_samples}, {on}", samples / sum(place.took_s), "samples/s"),
        BenchRow(f"memory of the process that merges, {on}", peak_mb, "MB", goal=at_most(MOST_MEMORY_MB)),
        BenchRow(f"memory before, {on}", began_mb, "MB"),
        BenchRow(f"first merge after a restart, {on}", restart_s, "s", goal=at_most(MOST_RESTART_S)),
        BenchRow(f"shards, {on}", len(dataset.shards), "shards"),
    ]


def _peak_mb() -> float:
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / 1e6


def _place(work: Path) -> _Place:
    address = f"dir:{work / 'store'}"
    space = prepare_store(address, Batch("freeze6", SHAPE, samples=1, lowest=-np.inf), work / "training")
    store = open_store(address)
    devices.add(store, EnrolledDevice(DEVICE, "home", 0, "0" * 64, 0))
    return _Place(store, Pool("home", space), np.random.default_rng(0))


def _filled(work: Path, uploads: int) -> _Place:
    """Make a pool of so many uploads of one sample, in shards as merges of one upload each leave them."""
    place = _place(work)
    refs, left, largest = [], uploads, 8**6
    while left:
        while largest > left:
            largest //= 8
        refs.append(_shard(place, largest))
        left -= largest
    dataset = dataset_pointer.swap(
        place.store,
        place.pool,
        DatasetPointer("", tuple(refs), uploads, uploads, uploads, journal=None),
        previous=None,
    )
    place.memory.catch_up(place.store, place.pool, dataset)
    return place


def _shard(place: _Place, rows: int) -> ShardRef:
    random, numbers = place.random, np.arange(rows, dtype=np.uint32)
    zeros = np.zeros(rows, np.uint32)
    columns = Columns(
        feature_shape=SHAPE,
        labels=tuple(f"person {label}" for label in range(min(rows, CLASSES))),
        devices=tuple(f"device-{device:04}" for device in range(DEVICES)),
        self_tests=(SELF_TEST,),
        arrivals=Arrivals(
            _ids(random, rows, 32), (numbers % DEVICES).astype(np.uint32), zeros, zeros, np.full(rows, 1, np.uint64)
        ),
        sample_ids=_ids(random, rows, 16),
        revisions=zeros,
        label_index=(numbers % CLASSES).astype(np.uint32),
        arrival_index=numbers,
        splits=np.zeros(rows, np.uint8),
    )
    blocks = BlockWriter()
    for begin in range(0, rows, 8192):
        features = random.normal(size=(min(8192, rows - begin), *SHAPE)).astype(np.float32)
        blocks.add(EncodedFeatures(DEFAULT_CODEC, encode_features(features, DEFAULT_CODEC)))
    return shards.write(place.store, place.pool, columns, blocks)


def _upload(space: str, random: np.random.Generator, samples: int) -> bytes:
    return encode_upload(
        Upload(
            space=space,
            self_test=SELF_TEST,
            features=random.normal(size=(samples, *SHAPE)).astype(np.float32),
            labels=_labels(random, samples),
            sample_ids=_ids(random, samples, 16),
            revisions=np.zeros(samples, np.uint32),
        )
    )


def _labels(random: np.random.Generator, samples: int) -> tuple[str, ...]:
    return tuple(f"person {label}" for label in random.integers(0, CLASSES, samples).tolist())


def _ids(random: np.random.Generator, rows: int, width: int) -> Ids:
    return random.integers(0, 256, (rows, width), np.uint8)
