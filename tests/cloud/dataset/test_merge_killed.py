"""Merging in a process of its own that is killed at each step: nothing lost, nothing doubled."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cloud.dataset import inbox, levels, reader
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.merge import MergeStep, merge_once
from cloud.errors import NotFound
from cloud.store import ObjectStore, keys
from cloud.store.keys import InboxUpload, Pool

MERGE = """
import os, signal, sys
from cloud.dataset import levels
from cloud.store.keys import Pool
from cloud.dataset.merge import MergeStep, merge_once
from cloud.dataset.memory import MergeMemory
from cloud.store import open_store

address, group, space, fatal, times, levels.FAN = *sys.argv[1:6], int(sys.argv[6])
left = int(times)

def at(step):
    global left
    if step == fatal:
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

store, memory = open_store(address), MergeMemory()
while merge_once(store, Pool(group, space), memory=memory, at=at, max_bytes=200).more:
    pass
"""

UPLOADS = 5
PHOTOS = 6

MakeUpload = Callable[..., bytes]


def run_merge(address: str, pool: Pool, *, fatal: str = "", times: int = 1, fan: int = levels.FAN) -> int:
    command = [sys.executable, "-c", MERGE, address, pool.group, pool.space, fatal, str(times), str(fan)]
    return subprocess.run(command, check=False, env=os.environ | {"PYTHONWARNINGS": "error"}).returncode


def send_all(store: ObjectStore, arrive: Callable[[bytes], InboxUpload], make_upload: MakeUpload) -> list[InboxUpload]:
    """Five uploads whose photos overlap, corrections of two of them, and one that cannot be read."""
    bodies = [
        make_upload(["Ada"] * PHOTOS, names=[f"photo {number * 4 + place}" for place in range(PHOTOS)])
        for number in range(UPLOADS)
    ]
    corrections = [make_upload(["Zoe"], names=[f"photo {number}"], revision=1) for number in (0, 21)]
    for body in (*bodies, *corrections, b"noise"):
        inbox.add(store, arrive(body), body)
    return [arrive(body) for body in (*bodies, *corrections)]


def check_exactly_once(store: ObjectStore, pool: Pool, sent: list[InboxUpload], cache: Path) -> None:
    loaded = reader.load(store, pool, cache=cache)
    head, _ = dataset_pointer.read(store, pool)
    assert len(loaded) == len(np.unique(loaded.sample_ids, axis=0)) == head.samples == (UPLOADS - 1) * 4 + PHOTOS
    assert [loaded.labels[index] for index in loaded.label_index].count("Zoe") == 2
    assert store.list(keys.INBOX) == []
    assert all(store.stat(keys.receipt(upload)) for upload in sent)
    assert len(store.list("rejected/")) == 2


@pytest.mark.parametrize(
    ("step", "times", "fan"),
    [
        *((step, 1, levels.FAN) for step in MergeStep),
        (MergeStep.RECEIPT_WRITTEN, 2, levels.FAN),
        (MergeStep.INBOX_KEY_DELETED, 2, levels.FAN),
        (MergeStep.SHARD_WRITTEN, 2, 2),
        (MergeStep.POINTER_SWAPPED, 2, 2),
        (MergeStep.RECEIPT_WRITTEN, 4, 2),
        (MergeStep.INBOX_KEY_DELETED, 4, 2),
        (MergeStep.JOURNAL_FINISHED, 3, 2),
    ],
)
def test_a_merge_killed_at_any_step_is_finished_by_the_next(
    store: ObjectStore,
    store_address: str,
    space: str,
    pool: Pool,
    arrive: Callable[[bytes], InboxUpload],
    make_upload: MakeUpload,
    tmp_path: Path,
    step: MergeStep,
    times: int,
    fan: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With a fan of 2 every second merge puts shards together, and with them the journal of one that was killed."""
    monkeypatch.setattr(levels, "FAN", fan)
    sent = send_all(store, arrive, make_upload)
    assert run_merge(store_address, pool, fatal=step, times=times, fan=fan) == -signal.SIGKILL
    while merge_once(store, pool).more:
        pass
    check_exactly_once(store, pool, sent, tmp_path / "cache")
    before, _ = dataset_pointer.read(store, pool)
    send_all(store, arrive, make_upload)
    while merge_once(store, pool).more:
        pass
    assert dataset_pointer.read(store, pool)[0] == before
    check_exactly_once(store, pool, sent, tmp_path / "cache")


def test_a_device_that_sends_again_before_the_journal_is_finished_is_not_doubled(
    store: ObjectStore,
    store_address: str,
    space: str,
    pool: Pool,
    arrive: Callable[[bytes], InboxUpload],
    make_upload: MakeUpload,
    tmp_path: Path,
) -> None:
    """The acknowledgement was lost, the upload was merged, and it comes again while its receipt is not written yet."""
    sent = send_all(store, arrive, make_upload)
    assert run_merge(store_address, pool, fatal=MergeStep.POINTER_SWAPPED) == -signal.SIGKILL
    with pytest.raises(NotFound):
        store.stat(keys.receipt(sent[0]))
    send_all(store, arrive, make_upload)
    while merge_once(store, pool).more:
        pass
    check_exactly_once(store, pool, sent, tmp_path / "cache")


def test_merges_that_run_side_by_side_lose_and_double_nothing(
    store: ObjectStore,
    store_address: str,
    space: str,
    pool: Pool,
    arrive: Callable[[bytes], InboxUpload],
    make_upload: MakeUpload,
    tmp_path: Path,
) -> None:
    sent = send_all(store, arrive, make_upload)
    command = [sys.executable, "-c", MERGE, store_address, pool.group, pool.space, "", "1", "2"]
    running = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    check_exactly_once(store, pool, sent, tmp_path / "cache")
