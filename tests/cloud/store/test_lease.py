"""Leases: one holder at a time, who follows whom, and who finds out that it was followed; by each one's own clock."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from cloud.errors import Busy, LostRace, Unavailable, Uncertain
from cloud.store import ObjectStore, keys, pointer
from cloud.store.keys import Pool
from cloud.store.lease import DOUBT_AFTER_S, EXPIRES_S, Leases, Over, Rest

KEY = keys.lease(Pool("home", "5" * 64))


@dataclass
class Worker:
    """Leases by a clock that a test moves."""

    store: ObjectStore
    name: str
    now: list[float] = field(default_factory=lambda: [0.0])

    def __post_init__(self) -> None:
        self.leases = Leases(self.store, self.name, clock=lambda: self.now[0])

    def pass_(self, seconds: float) -> None:
        self.now[0] += seconds


@pytest.fixture
def one(store: ObjectStore) -> Worker:
    return Worker(store, "one")


@pytest.fixture
def other(store: ObjectStore) -> Worker:
    return Worker(store, "other", [1e9])


def test_a_lease_is_one_workers_until_it_gives_it_back(one: Worker, other: Worker) -> None:
    held = one.leases.take(KEY)
    assert (held.fence, held.follows_dead) == (1, False)
    for leases in (other.leases, one.leases):
        with pytest.raises(Busy):
            leases.take(KEY)
    one.leases.give_back(held)
    followed = other.leases.take(KEY)
    assert (followed.fence, followed.follows_dead) == (2, False)


def test_one_that_is_renewed_is_never_over(one: Worker, other: Worker) -> None:
    held = one.leases.take(KEY)
    for _ in range(20):
        with pytest.raises(Busy):
            other.leases.take(KEY)
        for worker in (one, other):
            worker.pass_(DOUBT_AFTER_S + 1)
        one.leases.check(held)


def test_one_that_stays_unchanged_is_over_by_the_observers_own_clock(one: Worker, other: Worker) -> None:
    """Which begins when it sees the lease first, however old that is."""
    one.leases.take(KEY)
    other.pass_(1e6)
    with pytest.raises(Busy):
        other.leases.take(KEY)
    other.pass_(EXPIRES_S - 0.1)
    with pytest.raises(Busy):
        other.leases.take(KEY)
    other.pass_(0.1)
    held = other.leases.take(KEY)
    assert (held.fence, held.follows_dead) == (2, True)


def test_whoever_was_followed_finds_out_before_it_goes_on(one: Worker, other: Worker) -> None:
    held = one.leases.take(KEY)
    with pytest.raises(Busy):
        other.leases.take(KEY)
    other.pass_(EXPIRES_S)
    followed = other.leases.take(KEY)
    one.leases.check(held)  # renewed a moment ago, by its own clock
    one.pass_(DOUBT_AFTER_S + 0.1)
    for _ in range(2):
        with pytest.raises(LostRace, match="expected to hold it under fence 1"):
            one.leases.check(held)
    one.leases.give_back(held)
    assert held.is_lost
    other.pass_(DOUBT_AFTER_S + 1)
    other.leases.check(followed)


def test_whoever_could_not_renew_and_was_not_followed_goes_on(one: Worker, other: Worker) -> None:
    """As after an outage of the store: the training of hours is not lost."""
    held = one.leases.take(KEY)
    one.pass_(3600.0)
    one.leases.check(held)
    with pytest.raises(Busy):
        other.leases.take(KEY)


def test_a_restarted_worker_follows_its_own_process_at_once(one: Worker, store: ObjectStore) -> None:
    one.leases.take(KEY)
    held = Worker(store, "one").leases.take(KEY)
    assert (held.fence, held.follows_dead) == (2, True)


def test_where_the_lease_was_lost_the_fence_goes_on_from_what_was_written_under_one(one: Worker) -> None:
    held = one.leases.take(KEY, floor=lambda: 7)
    assert (held.fence, held.follows_dead) == (8, True)


def test_rest_is_left_to_those_that_follow_and_no_clock_makes_it_longer(one: Worker, other: Worker) -> None:
    held = one.leases.take(KEY)
    held.rest = Rest(until=1_000_060, seconds=60)
    one.leases.give_back(held)
    rest = other.leases.take(KEY).rest
    assert rest is not None
    assert [rest.left_s(now) for now in (1_000_000, 1_000_050, 1_000_060, 2_000_000, 0)] == [60, 10, 0, 0, 60]


@pytest.mark.parametrize("happened", [True, False])
def test_a_renewal_whose_answer_was_lost_loses_no_lease(
    one: Worker, other: Worker, monkeypatch: pytest.MonkeyPatch, happened: bool
) -> None:
    held, swap = one.leases.take(KEY), pointer.swap

    def lose_the_answer(*given: object, **named: object) -> None:
        if happened:
            swap(*given, **named)  # type: ignore[arg-type]  # passed on
        raise Uncertain(KEY, "the answer was lost")

    one.pass_(DOUBT_AFTER_S + 1)
    with monkeypatch.context() as patch:
        patch.setattr(pointer, "swap", lose_the_answer)
        with pytest.raises(Uncertain):
            one.leases.check(held)
    one.leases.check(held)
    with pytest.raises(Busy):
        other.leases.take(KEY)


def test_a_lease_that_the_store_does_not_take_back_is_taken_again_by_the_same_process_and_later_by_others(
    one: Worker, other: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise Unavailable(KEY, "no answer")

    held = one.leases.take(KEY)
    with monkeypatch.context() as patch:
        patch.setattr(pointer, "swap", fail)
        one.leases.give_back(held)
    with pytest.raises(Busy):
        other.leases.take(KEY)
    held = one.leases.take(KEY)
    assert (held.fence, held.follows_dead) == (2, True)


def test_a_thread_renews_what_is_held_and_says_what_is_lost(directory_store: ObjectStore) -> None:
    one, other = Worker(directory_store, "one"), Worker(directory_store, "other")
    held, stop = one.leases.take(KEY), threading.Event()
    over = Over(held, stop)
    first = commit_of(directory_store)
    with one.leases.renewing():
        one.pass_(4.0)
        wait_for(lambda: commit_of(directory_store) != first)
        assert not over.is_set()
        one.leases.drop(held)  # as where the process is stopped
        with pytest.raises(Busy):
            other.leases.take(KEY)
        other.pass_(EXPIRES_S)
        other.leases.take(KEY)
        one.leases._held[KEY] = held
        one.pass_(4.0)
        assert over.wait(20)
    assert not stop.is_set()


def commit_of(store: ObjectStore) -> str:
    current = pointer.read(store, KEY)
    assert current is not None
    return current.commit


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(400):
        if condition():
            return
        threading.Event().wait(0.05)
    raise AssertionError("it never came to pass")
