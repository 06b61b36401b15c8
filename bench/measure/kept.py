"""What a cycle spends until all rows are embedded where little is new, beside one of which nothing was kept.

Both take the same steps of a cycle, in one process: a pool's rows are read, features of what is new are decoded, put
through the bundle's body, answered, and kept. Features are drawn; the body is that of a real bundle. The two are timed
in turns, and what they make must be equal to the last bit.
"""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench.isolated import in_fresh_process
from bench.measure.bundles import export_bundle
from bench.row import BenchRow, at_most
from cloud.admin.bundles import register
from cloud.dataset import inbox
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.memory import MergeMemory
from cloud.dataset.merge import merge_once
from cloud.identity import devices
from cloud.identity.devices import EnrolledDevice
from cloud.spaces.bundle_cache import BundleCache
from cloud.store import ObjectStore, open_store
from cloud.store.keys import InboxUpload, Pool
from contract.bundle import TrainingBundle, read_training_bundle
from contract.self_test import PPM, SelfTest, Setup
from contract.upload import LIMITS, Upload, encode_upload, upload_id
from export.quiet import import_quietly

if TYPE_CHECKING:
    from cloud.training.executors.arrays import Floats
    from cloud.training.heads import BundleHeads

SIZES = {"freeze6": 20_000, "freeze5": 20_000, "freeze4": 1_000}
"""Rows of a pool, by the cut."""
NEW = 100
ROUNDS = 3
MOST_SHARE = 0.5
DEVICE = "d" * 32
SELF_TEST = SelfTest(Setup("bench", "none", "cpu, 1 thread", "this machine"), PPM)


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of one cycle's beginning."""

    wall: float
    processor: float


def measure(work: Path) -> list[BenchRow]:
    """Return what it takes with kept embeddings over what it takes without, for each cut."""
    rows = []
    for cut, samples in SIZES.items():
        training = export_bundle(work, cut=cut) / "training"
        kept, anew = in_fresh_process(time_both, work / f"kept-{cut}", training, samples=samples)
        name = f"rows read and embedded in a cycle, {samples + NEW:,} of {cut} of which {NEW} are new, over all anew"
        rows += [
            BenchRow(name, kept.wall, "seconds", reference=anew.wall, goal=at_most(MOST_SHARE)),
            BenchRow(f"{name}: processor", kept.processor, "seconds", reference=anew.processor),
        ]
    return rows


def time_both(work: Path, training: Path, *, samples: int) -> tuple[Took, Took]:
    """Return the medians of some rounds: with what an earlier cycle kept, and with nothing kept."""
    import_quietly("keras")
    from cloud.training.heads import BundleHeads

    place, heads = _Place.of(work, read_training_bundle(training)), BundleHeads()
    place.send(samples)
    before = work / "kept before"
    place.begin_cycle(heads)
    place.kept.rename(before)
    place.send(NEW)
    took: dict[bool, list[Took]] = {True: [], False: []}
    for _ in range(ROUNDS):
        embedded = []
        for is_kept in (True, False):
            shutil.rmtree(place.kept, ignore_errors=True)
            if is_kept:
                shutil.copytree(before, place.kept)
            seconds, embeddings, new = place.begin_cycle(heads)
            if is_kept and new != NEW:
                raise ValueError(f"expected {NEW} new rows, got {new}")
            took[is_kept].append(seconds)
            embedded.append(embeddings)
        ours, theirs = embedded
        if not np.array_equal(ours, theirs):
            raise ValueError("expected the same embeddings, got others")
    medians = (_median(took[True]), _median(took[False]))
    shutil.rmtree(work)
    return medians


def _median(took: list[Took]) -> Took:
    return Took(statistics.median(one.wall for one in took), statistics.median(one.processor for one in took))


@dataclass(slots=True)
class _Place:
    """A pool, and the disk of a worker that trains it."""

    store: ObjectStore
    pool: Pool
    bundle: TrainingBundle
    state: Path
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))
    memory: MergeMemory = field(default_factory=MergeMemory)
    bundles: BundleCache = field(default_factory=BundleCache)

    @classmethod
    def of(cls, work: Path, bundle: TrainingBundle) -> _Place:
        store = open_store(f"dir:{work / 'store'}")
        store.prepare()
        assert bundle.directory is not None
        register(store, bundle.directory)
        devices.add(store, EnrolledDevice(DEVICE, "home", 0, "0" * 64, 0))
        (work / "state").mkdir()
        return cls(store, Pool("home", bundle.space), bundle, work / "state")

    @property
    def kept(self) -> Path:
        return self.state / "embeddings"

    def send(self, samples: int) -> None:
        """Upload and merge samples of people whom the bundle knows."""
        at_once = min(LIMITS.max_samples, LIMITS.max_inflated_bytes // (4 * int(np.prod(self.bundle.feature_shape))))
        for begin in range(0, samples, at_once):
            body = self._upload(min(at_once, samples - begin))
            inbox.add(self.store, InboxUpload(self.pool, DEVICE, 0, upload_id(body)), body)
        while merge_once(self.store, self.pool, memory=self.memory).more:
            pass

    def begin_cycle(self, heads: BundleHeads) -> tuple[Took, Floats, int]:
        """Do what a cycle does until all is embedded; return also the embeddings, and how many rows were new."""
        from cloud.training.converter import embed_with_best
        from cloud.training.cycle_folder import CycleFolder
        from cloud.training.cycle_rows import CycleRows
        from cloud.training.executors.arrays import FLOAT32, read_array, write_array
        from cloud.training.inputs import read_inputs
        from cloud.training.kept_embeddings import KeptEmbeddings

        folder, kept = CycleFolder(self.state / "cycle"), KeptEmbeddings()
        shutil.rmtree(folder.path, ignore_errors=True)
        folder.path.mkdir()
        collected: list[Path] = []

        def collect(pieces: Iterable[Floats], shape: tuple[int, ...]) -> Floats:
            collected.append(folder.path / f"collected-{len(collected)}")
            write_array(collected[-1], pieces)
            rows: Floats = read_array(collected[-1], dtype=FLOAT32, shape=shape)
            return rows

        wall, processor = time.perf_counter(), time.process_time()
        dataset, _ = dataset_pointer.read(self.store, self.pool)
        inputs = read_inputs(self.store, self.pool, dataset=dataset, state=self.state, bundles=self.bundles)
        rows = CycleRows.read(inputs, folder, kept=kept, state=self.state)
        outcome = embed_with_best(rows.to_embed, heads=heads, collect=collect)
        rows.keep(outcome, kept=kept, state=self.state)
        took = Took(time.perf_counter() - wall, time.process_time() - processor)
        return took, outcome.embeddings, len(rows.to_embed.features)

    def _upload(self, samples: int) -> bytes:
        people = self.random.integers(0, len(self.bundle.labels), samples)
        return encode_upload(
            Upload(
                space=self.bundle.space,
                self_test=SELF_TEST,
                features=self.random.normal(size=(samples, *self.bundle.feature_shape)).astype(np.float32),
                labels=tuple(self.bundle.labels[person] for person in people.tolist()),
                sample_ids=self.random.integers(0, 256, (samples, 16), np.uint8),
                revisions=np.zeros(samples, np.uint32),
            )
        )
