"""Counters of several processes: nothing that is counted is lost, and what ends is forgotten."""

import mmap
import multiprocessing
import os
import signal
import threading
from tempfile import TemporaryFile
from typing import BinaryIO

import pytest

from cloud.identity.counters import BUCKET_BYTES, SLOTS, Counters, CounterTable
from tests.cloud.clock import Clock

PROCESSES, TIMES = 4, 400


@pytest.fixture
def counters(clock: Clock) -> Counters:
    return Counters(CounterTable(), clock=clock)


def test_each_key_is_counted_by_itself_until_it_ends(counters: Counters, clock: Clock) -> None:
    assert [counters.incr("one", 60), counters.incr("one", 60, 5), counters.incr("another", 10)] == [1, 6, 1]
    assert (counters.get("one"), counters.get_expiry("one")) == (6, 1060.0)
    clock.now += 59
    assert (counters.incr("one", 60), counters.get("another")) == (7, 0)
    clock.now += 1
    assert (counters.get("one"), counters.get_expiry("one")) == (0, 1060.0)
    assert (counters.incr("one", 60), counters.get_expiry("one")) == (1, 1120.0)


def test_what_is_given_back_leaves_no_less_than_nothing(counters: Counters) -> None:
    assert counters.incr("one", 60, -3) == 0
    counters.incr("one", 60, 2)
    assert [counters.incr("one", 60, -1), counters.incr("one", 60, -5), counters.incr("one", 60)] == [1, 0, 1]


def test_a_table_that_is_full_forgets_what_would_end_first(clock: Clock) -> None:
    counters = Counters(CounterTable(memory=mmap.mmap(-1, BUCKET_BYTES)), clock=clock)
    for number in range(SLOTS):
        counters.incr(f"key {number}", 60 + (number - 3) ** 2)
    counters.incr("one more", 60)
    assert [counters.get(f"key {number}") for number in range(SLOTS)] == [1, 1, 1, 0, 1, 1, 1, 1]
    assert counters.get("one more") == 1


def test_one_or_all_can_be_forgotten(counters: Counters) -> None:
    for key in ("one", "another"):
        counters.incr(key, 60)
    counters.clear("one")
    assert (counters.check(), counters.get("one"), counters.get("another")) == (True, 0, 1)
    counters.reset()
    assert counters.get("another") == 0


def test_processes_and_threads_count_together(clock: Clock) -> None:
    with TemporaryFile(buffering=0) as file:
        table = CounterTable(file)
        fork = multiprocessing.get_context("fork")
        others = [fork.Process(target=count, args=(table,)) for _ in range(PROCESSES)]
        for other in others:
            other.start()
        for other in others:
            other.join(60)
        assert [other.exitcode for other in others] == [0] * PROCESSES
        assert Counters(table).get("all") == PROCESSES * 2 * TIMES


def count(table: CounterTable) -> None:
    counters = Counters(table)

    def often() -> None:
        for _ in range(TIMES):
            counters.incr("all", 3600)

    threads = [threading.Thread(target=often) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_process_that_is_killed_in_the_middle_holds_up_nobody() -> None:
    with TemporaryFile(buffering=0) as file:
        table = CounterTable(file)
        is_stuck = multiprocessing.get_context("fork").Event()
        other = multiprocessing.get_context("fork").Process(target=stop_in_the_middle, args=(file, is_stuck))
        other.start()
        assert is_stuck.wait(60)
        counted = threading.Thread(target=lambda: Counters(table).incr("all", 60), daemon=True)
        counted.start()
        counted.join(0.3)
        assert counted.is_alive()
        assert other.pid is not None
        os.kill(other.pid, signal.SIGKILL)
        other.join(60)
        counted.join(60)
        assert Counters(table).get("all") == 1


def stop_in_the_middle(file: BinaryIO, is_stuck: "threading.Event") -> None:
    """Stop in the middle of counting: as the time is asked for, the lock is held."""

    def stop() -> float:
        is_stuck.set()
        threading.Event().wait()
        return 0.0

    Counters(CounterTable(file), clock=stop).incr("all", 60)
