"""Several workers as processes, each with a state folder of its own: who is killed or stopped is followed."""

import contextlib
import json
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from cloud.dataset import inbox
from cloud.dataset import pointer as dataset_pointer
from cloud.releases import registry
from cloud.settings import Settings
from cloud.store import keys
from cloud.store.listing import keys_under
from contract.bundle import TrainingBundle
from tests.cloud.training.conftest import TrainingSite
from tests.cloud.worker.running import all_gone, lines_of, processes_of, running_worker, wait_for

MakeSite = Callable[[TrainingBundle], TrainingSite]
FOLLOWED_WITHIN_S = 30.0

Process = subprocess.Popen[bytes]


def another(site: TrainingSite, folder: Path) -> Settings:
    """The settings of one more worker, whose key was brought over."""
    site.context()
    shutil.copytree(site.settings.state, folder)
    return replace(site.settings, state=folder)


@contextlib.contextmanager
def two_workers(site: TrainingSite, folder: Path) -> Iterator[tuple[tuple[Process, Path], tuple[Process, Path]]]:
    """Two workers that wait for something to do, each with its log."""
    logs = folder / "log-1", folder / "log-2"
    second = another(site, folder / "second")
    with running_worker(site.settings, logs[0]) as one, running_worker(second, logs[1]) as other:
        wait_for(lambda: all("worker: started" in lines_of(log) for log in logs))
        yield (one, logs[0]), (other, logs[1])


def at_work(workers: tuple[tuple[Process, Path], tuple[Process, Path]]) -> tuple[Process, Path, Path]:
    """Wait until one of two workers has embedded the samples: that one, its log, and the other's."""
    wait_for(lambda: any("cycle: embedded" in lines_of(log) for _, log in workers))
    (first, log), (_, waiting) = sorted(workers, key=lambda one: "cycle: embedded" not in lines_of(one[1]))
    assert "cycle: due" not in lines_of(waiting)
    return first, log, waiting


def moment_of(log: Path, message: str) -> float:
    """When a worker said something first, Unix seconds."""
    lines = map(json.loads, log.read_text().splitlines())
    return datetime.fromisoformat(next(line["time"] for line in lines if line["message"] == message)).timestamp()


def serials(site: TrainingSite) -> dict[str, int]:
    return {channel.value: serial for channel, serial in registry.read(site.store, site.pool).serials.items()}


def check_nothing_lost(site: TrainingSite, rows: int) -> None:
    dataset, _ = dataset_pointer.read(site.store, site.pool)
    assert (dataset.rows, inbox.pools_with_news(site.store)) == (rows, [])
    wait_for(lambda: list(keys_under(site.store, keys.BEGUN)) == [])


def test_a_worker_killed_in_the_middle_of_a_cycle_is_followed_by_another(
    make_site: MakeSite, vector_bundle: TrainingBundle, tmp_path: Path
) -> None:
    site = make_site(vector_bundle)
    with two_workers(site, tmp_path) as workers:
        site.send(("Gus", 3), ("Hal", 3))
        first, log, waiting = at_work(workers)
        processes = processes_of(first.pid)
        first.kill()
        killed = time.time()
        wait_for(lambda: all_gone(processes))
        wait_for(lambda: serials(site) == {"latest": 1, "best": 1})
        check_nothing_lost(site, 6)
    assert moment_of(waiting, "cycle: due") - killed < FOLLOWED_WITHIN_S
    assert "cycle: published" not in lines_of(log)
    assert registry.read(site.store, site.pool).fence == 2


def test_a_worker_that_was_stopped_and_wakes_up_is_overtaken_and_publishes_nothing(
    make_site: MakeSite, vector_bundle: TrainingBundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGSTOP, as of a machine that is paused: it comes back in its cycle, long after its lease is over."""
    monkeypatch.setenv("FEDEX_REST_S", "0")
    site = make_site(vector_bundle)
    with two_workers(site, tmp_path) as workers:
        site.send(("Gus", 3), ("Hal", 3))
        first, log, waiting = at_work(workers)
        first.send_signal(signal.SIGSTOP)
        wait_for(lambda: "cycle: published" in lines_of(waiting))
        released = registry.read(site.store, site.pool)
        first.send_signal(signal.SIGCONT)
        wait_for(lambda: any(line.startswith("cycle: overtaken by another worker") for line in lines_of(log)))
        assert first.poll() is None
        assert registry.read(site.store, site.pool) == released
        site.send(("Ida", 3), seed=2)
        wait_for(lambda: serials(site) == {"latest": 2, "best": 2})
        check_nothing_lost(site, 9)
    assert "cycle: published" not in lines_of(log)[: lines_of(log).index(overtaken_in(log))]


def overtaken_in(log: Path) -> str:
    return next(line for line in lines_of(log) if line.startswith("cycle: overtaken"))


@pytest.mark.slow
def test_two_workers_share_the_pools_and_train_each_once(
    make_site: MakeSite, vector_bundle: TrainingBundle, tmp_path: Path
) -> None:
    site = make_site(vector_bundle)
    groups = [f"group-{number}" for number in range(6)]
    sites = [replace(site, pool=replace(site.pool, group=group)) for group in groups]
    with two_workers(site, tmp_path) as workers:
        for one in sites:
            one.send(("Gus", 3), ("Hal", 3))
        wait_for(lambda: all(serials(one) == {"latest": 1, "best": 1} for one in sites))
        for one in sites:
            check_nothing_lost(one, 6)
    cycles = [lines_of(log).count("cycle: due") for _, log in workers]
    assert (sum(cycles), min(cycles) > 0) == (6, True)
