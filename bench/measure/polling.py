"""What a worker's look at its store costs with a hundred thousand pools, over what it costs with a thousand.

Every pool has a dataset, and nothing is to be done in any. Finding the three pools in which uploads wait, and a whole
look of a worker that has nothing to do, are timed in turns over both stores, which lie in folders, or in two buckets of
one MinIO. A step of the sweep through all pools, which a worker makes four times in a month, is timed beside it.
"""

from __future__ import annotations

import json
import math
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.row import BenchRow, NotMeasured, at_most
from bench.timing import compare
from cloud.dataset import inbox
from cloud.dataset import pointer as dataset_pointer
from cloud.releases.signing import load_or_create
from cloud.settings import Settings
from cloud.store import ObjectStore, keys, open_store
from cloud.store.keys import InboxUpload, Pool
from cloud.training.context import TrainingContext
from cloud.worker.sweep import Sweep
from cloud.worker.worker import Worker
from demo.running.minio import Minio, MinioMissing, start_minio

FEW, MANY = 1_000, 100_000
WITH_NEWS = 3
MOST_OVER_FEW = 1.3
ROUNDS = 41
SPACE = "5" * 64
AT_ONCE = 32


def measure(work: Path) -> list[BenchRow | NotMeasured]:
    """Return what finding news and a look cost, over what they cost with few pools, for each kind of store."""
    rows: list[BenchRow | NotMeasured] = []
    addresses = [f"dir:{work / f'polling-{count}'}" for count in (FEW, MANY)]
    rows += _compare("directory", addresses, work)
    try:
        with start_minio(work / "polling-minio") as minio:
            rows += _on_minio(minio, work)
    except MinioMissing as error:
        rows.append(NotMeasured("polling on MinIO", str(error)))
    return rows


def _on_minio(minio: Minio, work: Path) -> Iterator[BenchRow]:
    os.environ |= minio.environment  # this is a process of the measurement's own
    yield from _compare("MinIO", [minio.store_url(f"polling-{count}") for count in (FEW, MANY)], work)


def _compare(name: str, addresses: list[str], work: Path) -> Iterator[BenchRow]:
    few, many = (open_store(address) for address in addresses)
    for store, count in ((few, FEW), (many, MANY)):
        store.prepare()
        _fill(store, count)
    for store in (few, many):
        _send(store)
    times = compare(lambda: inbox.news(many), lambda: inbox.news(few), rounds=ROUNDS)
    where = f"with {MANY:,} pools over {FEW:,}, {name}"
    yield _row(f"finding {WITH_NEWS} pools with news, {where}", times.measured_s, times.reference_s)
    for store in (few, many):
        for pool in inbox.news(store):
            store.delete(keys.inbox(_upload(pool)))
    idle, reference = _idle_worker(many, addresses[1], work), _idle_worker(few, addresses[0], work)
    times = compare(idle.look, reference.look, rounds=ROUNDS)
    yield _row(f"a look of an idle worker, {where}", times.measured_s, times.reference_s)
    sweeps = Sweep(), Sweep()
    times = compare(lambda: sweeps[0].step(many), lambda: sweeps[1].step(few), rounds=3, warm_up=1)
    yield BenchRow(f"a step of the sweep, {where}", 1e3 * times.measured_s, "ms", reference=1e3 * times.reference_s)


def _row(name: str, seconds: float, reference_s: float) -> BenchRow:
    return BenchRow(name, 1e3 * seconds, "ms", reference=1e3 * reference_s, goal=at_most(MOST_OVER_FEW))


def _pools(count: int) -> Iterator[Pool]:
    return (Pool(f"household-{number:06}", SPACE) for number in range(count))


def _fill(store: ObjectStore, count: int) -> None:
    """Give each pool a dataset in which nothing is, and which was never trained."""
    first, *others = _pools(count)
    dataset_pointer.swap(store, first, dataset_pointer.EMPTY, previous=None)
    body = json.dumps(json.loads(store.get(keys.dataset_pointer(first)).body)).encode()
    kind, _, folder = repr(store).partition(":")
    if kind == "dir":
        for pool in others:  # a flush of each would take the hour
            path = Path(folder) / keys.dataset_pointer(pool)
            path.parent.mkdir(parents=True)
            path.write_bytes(body)
        return
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(lambda pool: store.put(keys.dataset_pointer(pool), body), others))


def _upload(pool: Pool) -> InboxUpload:
    return InboxUpload(pool, "d" * 32, 0, "a" * 64)


def _send(store: ObjectStore) -> None:
    for pool in list(_pools(FEW))[:: FEW // WITH_NEWS][:WITH_NEWS]:
        inbox.add(store, _upload(pool), b"an upload")


def _idle_worker(store: ObjectStore, address: str, work: Path) -> Worker:
    """Return a worker that has been through all pools, and has nothing to do."""
    state = work / f"polling-state-{address.rpartition('-')[2]}"
    settings = Settings(store=address, state=state)
    worker = Worker(TrainingContext(store, settings, load_or_create(state, store), threading.Event()))
    worker._renewals.swept([], clock=math.inf)  # as after a sweep, a step of which is timed by itself
    worker.look()
    return worker
