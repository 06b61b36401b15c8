"""Cycles one after another in the same processes: real trainers and a real converter, which import Keras once."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.dataset import erasures
from cloud.dataset.memory import MergeMemory
from cloud.dataset.scopes import LabelScope
from cloud.training.context import TrainingContext
from cloud.training.executors.idle import IdleProcesses
from cloud.worker.erasing import Eraser
from cloud.worker.worker import Worker
from contract.bundle import TrainingBundle
from tests.cloud.training.conftest import TrainingSite
from tests.cloud.training.executors.conftest import open_files
from tests.cloud.worker.running import all_gone, processes_of, wait_for


@pytest.fixture
def site(make_site: Callable[[TrainingBundle], TrainingSite], vector_bundle: TrainingBundle) -> TrainingSite:
    """Return a site with samples that wait."""
    site = make_site(vector_bundle)
    site.send(("Gus", 5), ("Hal", 5))
    return site


@pytest.fixture
def context(site: TrainingSite) -> Iterator[TrainingContext]:
    """Yield what a worker trains with whose processes stay."""
    idle = IdleProcesses(warm_s=600)
    yield replace(site.context(), idle=idle)
    idle.close()


def family_of(pid: int) -> list[int]:
    """Return the processes that a process has started, and theirs."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        if state != "Z":
            parents[int(stat.parent.name)] = int(parent)
    family = [pid]
    for one in family:
        family += [child for child, parent in parents.items() if parent == one]
    return family[1:]


def test_the_second_cycle_runs_in_the_processes_of_the_first_which_hold_none_of_its_files(
    site: TrainingSite, context: TrainingContext
) -> None:
    worker = Worker(context)
    assert worker.process_pool(site.pool) is not None
    processes = processes_of(os.getpid())
    family = family_of(os.getpid())
    assert len(family) > len(processes) >= 2  # TFLite, and what multiprocessing keeps beside it
    state = str(site.settings.state)
    assert {pid: held for pid in family if (held := [name for name in open_files(pid) if state in name])} == {}
    site.send(("Ida", 5), seed=2)
    report = worker.process_pool(site.pool)
    assert report is not None
    assert report.verdict is not None
    assert processes_of(os.getpid()) == processes


def test_an_erasure_ends_the_processes_that_may_have_seen_what_goes(
    site: TrainingSite, context: TrainingContext
) -> None:
    Worker(context).process_pool(site.pool)
    processes = processes_of(os.getpid())
    assert processes
    asked = erasures.ask(site.store, LabelScope(site.pool.group, "Gus"), by="ann", now=context.now())
    Eraser(context, MergeMemory()).carry_out(asked, [])
    wait_for(lambda: all_gone(processes))


def test_an_erasure_by_another_worker_ends_them_at_the_next_look_at_the_disk(
    site: TrainingSite, context: TrainingContext
) -> None:
    Worker(context).process_pool(site.pool)
    processes = processes_of(os.getpid())
    eraser = Eraser(context, MergeMemory())
    eraser.look()
    assert processes_of(os.getpid()) == processes != []
    erasures.ask(site.store, LabelScope(site.pool.group, "Gus"), by="ann", now=context.now())
    Eraser(site.context(), MergeMemory()).look()
    assert erasures.waiting(site.store) == []
    assert processes_of(os.getpid()) == processes
    Eraser(context, MergeMemory()).look()
    wait_for(lambda: all_gone(processes))
