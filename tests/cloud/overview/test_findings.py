"""What an operator is told about, and how urgently."""

from dataclasses import replace

import pytest

from cloud.overview.findings import find
from cloud.overview.heartbeats import Doing, Heartbeat, Trouble
from cloud.overview.values import (
    ErasuresView,
    ErasureView,
    FailureView,
    GateView,
    Overview,
    PoolView,
    QueueView,
    ReleaseView,
    SpaceView,
)
from cloud.overview.words import age, size
from cloud.store.keys import Pool

NOW = 1_800_000_000
POOL = Pool("home", "5" * 64)
WORKER = Heartbeat("1" * 16, "attic", 7, "0.1", NOW - 9000, NOW - 3, NOW - 3, Doing.WAITING, NOW - 60)
WELL = Overview(NOW, (SpaceView("5" * 64, "freeze6", 2, "0.990000"),), (), (WORKER,), enrolled=1, has_key=True)
RELEASE = ReleaseView("latest", 4, "a" * 64, NOW - 60, NOW + 999, 3, 0.9, 11, 10_000, None, has_head=True)


def told(overview: Overview) -> list[tuple[bool, str, str]]:
    return [(one.is_urgent, one.where, one.what) for one in find(overview)]


def test_of_what_goes_well_nothing_is_told() -> None:
    assert told(replace(WELL, pools=(PoolView(POOL),))) == []


@pytest.mark.parametrize(
    ("worker", "what"),
    [
        (replace(WORKER, seen=NOW - 600, looked=NOW - 600), "silent for 10 min, and no other is at work"),
        (replace(WORKER, doing=Doing.STOPPED, seen=NOW - 7200), "stopped 2 h ago, and no other is at work"),
        (replace(WORKER, looked=NOW - 1803, since=NOW - 1803), "alive, but it has done nothing for 30 min"),
    ],
)
def test_a_worker_that_died_or_hangs_is_urgent(worker: Heartbeat, what: str) -> None:
    """Nothing told of it: uploads waited for ever."""
    assert told(replace(WELL, workers=(worker,))) == [(True, "worker on attic", what)]


def test_a_worker_that_trains_for_hours_is_at_work() -> None:
    busy = replace(WORKER, doing=Doing.TRAINING, looked=NOW - 9000, since=NOW - 8000)
    assert told(replace(WELL, workers=(busy,))) == []


def test_where_another_worker_is_at_work_a_dead_one_can_wait() -> None:
    dead = replace(WORKER, host="cellar", seen=NOW - 600)
    assert told(replace(WELL, workers=(WORKER, dead))) == [(False, "worker on cellar", "silent for 10 min")]


def test_the_last_trouble_of_a_worker_is_told_for_an_hour() -> None:
    trouble = Trouble(NOW - 120, POOL.path, "no room")
    recent, old = (replace(WORKER, trouble=replace(trouble, at=at)) for at in (NOW - 120, NOW - 3601))
    assert told(replace(WELL, workers=(recent,))) == [(False, "worker on attic", f"2 min ago: {POOL.path}: no room")]
    assert told(replace(WELL, workers=(old,))) == []


@pytest.mark.parametrize("seconds", [7200, -7200])
def test_a_worker_that_erases_nothing_as_its_clock_was_set_wants_somebody(seconds: int) -> None:
    what = "its clock was set by 2 h, and nothing is erased for its age any more"
    assert told(replace(WELL, workers=(replace(WORKER, clock_set_s=seconds),))) == [(True, "worker on attic", what)]


def test_without_worker_space_and_key_each_is_told() -> None:
    empty = Overview(NOW, (), (), (), enrolled=0, has_key=False)
    assert [(urgent, where) for urgent, where, _ in told(empty)] == [(True, "spaces"), (True, "key"), (True, "worker")]


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (PoolView(POOL, queue=QueueView(2, 9, NOW - 601)), (True, "the oldest upload has waited for 10 min")),
        (PoolView(POOL, queue=QueueView(2, 9, NOW - 599)), None),
        (
            PoolView(POOL, failure=FailureView(1, NOW - 60, "a reason")),
            (True, "the last cycle published nothing, 1 min ago: a reason"),
        ),
        (
            PoolView(POOL, current={"latest": replace(RELEASE, gate=GateView(False, "it fell"))}),
            (False, "the gate refused latest 4: it fell"),
        ),
        (PoolView(POOL, current={"latest": replace(RELEASE, gate=GateView(True, "it rose"))}), None),
        (
            PoolView(POOL, current={"latest": replace(RELEASE, expires=NOW - 86_400 * 3)}),
            (True, "latest 4 expired 3 d ago: devices take no news"),
        ),
        (PoolView(POOL, current={"latest": replace(RELEASE, expires=NOW - 1)}, is_retired=True), None),
        (PoolView(POOL, faults=("a key: damaged",)), (True, "a key: damaged")),
        (PoolView(POOL, rejected=3), (False, "3 uploads were set aside, as they could not be read")),
    ],
)
def test_of_a_pool_is_told_what_keeps_its_devices_from_better_heads(
    view: PoolView, expected: tuple[bool, str] | None
) -> None:
    assert told(replace(WELL, pools=(view,))) == ([(expected[0], f"pool {POOL.path}", expected[1])] if expected else [])


@pytest.mark.parametrize(
    ("next_", "said"),
    [
        (NOW + 725, "the worker tries again by itself, in 12 min"),
        (None, "the worker tries again by itself, at its next look"),
    ],
)
def test_it_is_told_when_a_cycle_that_failed_is_tried_again(next_: int | None, said: str) -> None:
    failed = PoolView(POOL, failure=FailureView(3, NOW - 300, "a reason", next_))
    assert [one.advice for one in find(replace(WELL, pools=(failed,)))] == [said]


@pytest.mark.parametrize(
    ("waited", "expected"),
    [
        (3600, []),
        (3660, [(False, "erasures", "2 wait, the oldest for 61 min")]),
        (3 * 86_400, [(True, "erasures", "2 wait, the oldest for 3 d")]),
    ],
)
def test_an_erasure_that_waits_for_longer_than_a_cycle_takes_is_told_and_after_a_day_it_is_urgent(
    waited: int, expected: list[tuple[bool, str, str]]
) -> None:
    """Somebody who asked to be forgotten counts on it, and nothing told that it was not done."""
    waiting = (
        ErasureView("e" * 32, "home", "a label", "shell:root", NOW - waited),
        ErasureView("f" * 32, "home", "all of the group", "shell:root", NOW - 10),
    )
    assert told(replace(WELL, erasures=ErasuresView(waiting))) == expected


@pytest.mark.parametrize(
    ("seconds", "said"), [(-5, "0 s"), (59, "59 s"), (60, "1 min"), (7199, "119 min"), (7200, "2 h"), (172_800, "2 d")]
)
def test_a_time_is_said_in_one_unit(seconds: float, said: str) -> None:
    assert age(seconds) == said


@pytest.mark.parametrize(("count", "said"), [(0, "0 B"), (999, "999 B"), (1234, "1.2 kB"), (5e14, "500 TB")])
def test_a_size_is_said_in_one_unit(count: float, said: str) -> None:
    assert size(count) == said
