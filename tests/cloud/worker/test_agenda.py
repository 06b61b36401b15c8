"""Which pools a worker processes next, and how long it waits: events in, an agenda out."""

import heapq
import random
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.store.keys import Pool
from cloud.worker.agenda import (
    BUSY_LOOK_S,
    LONGEST_OUTAGE_BACKOFF_S,
    LONGEST_POOL_BACKOFF_S,
    Agenda,
    pool_backoff_s,
    rest_s,
)

A, B, C = (Pool(group, "5" * 64) for group in "abc")
NOW = 1_000.0

Event = Callable[[Agenda], Agenda]


def after(*events: Event) -> Agenda:
    agenda = Agenda()
    for event in events:
        agenda = event(agenda)
    return agenda


def begun(pool: Pool) -> Event:
    return lambda agenda: agenda.begun(pool)


def succeeded(pool: Pool) -> Event:
    return lambda agenda: agenda.begun(pool).succeeded(pool)


def failed(pool: Pool, at: float = NOW) -> Event:
    return lambda agenda: agenda.begun(pool).failed(pool, now=at)


def busy(pool: Pool, at: float = NOW) -> Event:
    return lambda agenda: agenda.begun(pool).busy(pool, now=at)


def look_again(pool: Pool, at: float) -> Event:
    return lambda agenda: agenda.begun(pool).look_again(pool, at=at)


def news(*pools: Pool, at: float = NOW, arrived: float = 0.0) -> Event:
    return lambda agenda: agenda.answered(dict.fromkeys(pools, arrived), now=at)


def found(*pools: Pool, at: float = NOW) -> Event:
    return lambda agenda: agenda.found(pools, now=at)


DUE = [
    pytest.param([], [], NOW, [], id="with nothing new nothing is due"),
    pytest.param([], [B, A], NOW, [A, B], id="pools with news are due, in order"),
    pytest.param([], [A, A], NOW, [A], id="each once"),
    pytest.param([succeeded(A)], [], NOW, [], id="a pool that was processed is not due again"),
    pytest.param([succeeded(A)], [A], NOW, [A], id="but once something arrives"),
    pytest.param([news(A)], [], NOW, [], id="what another worker has merged is not due any more"),
    pytest.param([look_again(A, NOW + 60)], [], NOW, [], id="a look that was put off is not due before"),
    pytest.param([look_again(A, NOW + 60)], [], NOW + 60, [A], id="and due from then on"),
    pytest.param([look_again(A, NOW + 60)], [A], NOW, [A], id="and earlier if something arrives"),
    pytest.param([look_again(A, NOW + 60), begun(A)], [], NOW + 60, [], id="a look that was made is not due again"),
    pytest.param([look_again(A, NOW + 60), found(A)], [], NOW, [], id="nor earlier because it is known to be begun"),
    pytest.param([found(A)], [], NOW, [A], id="a pool that somebody has begun is due"),
    pytest.param([failed(A)], [A], NOW, [], id="a pool that failed backs off, whatever arrives"),
    pytest.param([failed(A), found(A)], [A], NOW, [], id="and whatever is known to be begun"),
    pytest.param([failed(A)], [], NOW + 2, [A], id="and is due after its backoff, without anything new"),
    pytest.param([failed(A)], [A, B, C], NOW, [B, C], id="and keeps no other waiting"),
    pytest.param([failed(A), failed(A)], [A], NOW + 3, [], id="the second failure in a row backs off longer"),
    pytest.param([failed(A), failed(A)], [A], NOW + 4, [A], id="twice as long"),
    pytest.param([failed(A), succeeded(A), failed(A)], [A], NOW + 2, [A], id="a success forgets failures"),
    pytest.param([failed(A), look_again(A, NOW)], [], NOW, [A], id="a look asked for after a failure is made"),
    pytest.param([failed(A), look_again(A, NOW), failed(A)], [A], NOW + 3, [], id="which does not forget the failure"),
    pytest.param([busy(A)], [A, B], NOW, [B], id="a pool that another worker has waits, whatever arrives"),
    pytest.param([busy(A)], [], NOW + BUSY_LOOK_S, [A], id="and is looked at again soon, whether it is done or dead"),
    pytest.param([busy(A), busy(A), busy(A)], [], NOW + BUSY_LOOK_S, [A], id="as soon, however often it was busy"),
]


@pytest.mark.parametrize(("events", "waits", "now", "expected"), DUE)
def test_which_pools_are_due(events: list[Event], waits: list[Pool], now: float, expected: list[Pool]) -> None:
    assert after(*events, news(*waits, at=now)).due(now=now) == expected


ORDER = [
    pytest.param([news(B, at=1), news(A, B, at=2)], [B, A], id="what was found first"),
    pytest.param([lambda a: a.answered({A: 9.0, B: 8.0}, now=1)], [B, A], id="of one look, the older upload"),
    pytest.param([news(A, B, at=1), begun(A), news(A, B, at=2)], [B, A], id="a pool that had its turn comes last"),
    pytest.param([look_again(C, 1.5), news(A, at=1), news(A, B, at=2)], [A, C, B], id="a look by when it was due"),
]


@pytest.mark.parametrize(("events", "expected"), ORDER)
def test_in_which_order_pools_are_due(events: list[Event], expected: list[Pool]) -> None:
    assert after(*events).due(now=NOW) == expected


@pytest.mark.parametrize(
    ("failures", "expected"), [(0, 0), (1, 2), (2, 4), (3, 8), (8, 256), (9, 300), (10, 300), (1_000_000, 300)]
)
def test_the_backoff_of_a_pool_doubles_up_to_five_minutes(failures: int, expected: float) -> None:
    assert pool_backoff_s(failures, LONGEST_POOL_BACKOFF_S) == expected


@pytest.mark.parametrize(
    ("cycle", "longest", "expected"),
    [(4, 600, 0), (10, 600, 0), (40, 600, 30), (200, 600, 190), (900, 600, 600), (900, 0, 0)],
)
def test_a_pool_rests_for_as_long_as_its_cycle_took_beyond_ten_seconds(
    cycle: float, longest: float, expected: float
) -> None:
    assert rest_s(cycle, longest) == expected


@pytest.mark.parametrize(("outages", "expected"), [(0, 1), (1, 2), (2, 4), (4, 16), (5, 30), (99, 30)])
def test_a_store_that_does_not_answer_is_asked_less_and_less_often(outages: int, expected: float) -> None:
    agenda = after(*[Agenda.unanswered] * outages)
    assert (agenda.wait_s(1.0), agenda.answered({}, now=NOW).wait_s(1.0)) == (expected, 1.0)


def test_an_outage_never_makes_the_worker_look_more_often() -> None:
    assert after(Agenda.unanswered).wait_s(LONGEST_OUTAGE_BACKOFF_S + 1) == LONGEST_OUTAGE_BACKOFF_S + 1


def test_an_agenda_does_not_grow_with_pools_that_were_processed() -> None:
    assert after(failed(A), look_again(A, NOW), succeeded(A), failed(B), succeeded(C)).plans.keys() == {B}
    assert after(news(A, B), begun(A), news()).plans.keys() == set()


def test_an_event_leaves_the_agenda_before_it_as_it_was() -> None:
    agenda = after(failed(A))
    failed(B)(agenda)
    agenda.unanswered()
    news(C)(agenda)
    assert (set(agenda.plans), agenda.outages) == ({A}, 0)


@dataclass
class Fleet:
    """Pools that get uploads, and some workers with agendas of their own that merge and train them, on one clock."""

    arrivals: Mapping[Pool, Collection[float]]
    """When uploads come in."""
    costs: Mapping[Pool, float]
    """Of a cycle, in seconds."""
    workers: int = 1
    longest_rest_s: float = 600.0
    merge_s: float = 0.1
    waiting: dict[Pool, list[float]] = field(default_factory=lambda: defaultdict(list))
    untrained: dict[Pool, list[float]] = field(default_factory=lambda: defaultdict(list))
    held: dict[Pool, float] = field(default_factory=dict)
    rests: dict[Pool, float] = field(default_factory=dict)
    waits: dict[Pool, list[float]] = field(default_factory=lambda: defaultdict(list))
    """From each upload to the end of the cycle that trained it."""
    cycles: dict[Pool, list[float]] = field(default_factory=lambda: defaultdict(list))
    """When they began."""

    def run(self, until: float) -> None:
        coming = sorted((at, pool) for pool, times in self.arrivals.items() for at in times)
        agendas, place = [Agenda()] * self.workers, 0
        ready = [(0.0, worker) for worker in range(self.workers)]
        while ready[0][0] < until and not self._is_done(len(coming) - place):
            now, worker = heapq.heappop(ready)
            while place < len(coming) and coming[place][0] <= now:
                self.waiting[coming[place][1]].append(coming[place][0])
                place += 1
            news = {pool: times[0] for pool, times in self.waiting.items() if times}
            begun = [pool for pool, times in self.untrained.items() if times]
            agenda = agendas[worker].answered(news, now=now).found(begun, now=now)
            due = agenda.due(now=now)
            if due:
                agenda, now = self._give(due[0], agenda, now)
            agendas[worker] = agenda
            heapq.heappush(ready, (now if due else now + 1.0, worker))

    def _is_done(self, coming: int) -> bool:
        return not coming and not any(self.waiting.values()) and not any(self.untrained.values())

    def _give(self, pool: Pool, agenda: Agenda, now: float) -> tuple[Agenda, float]:
        agenda = agenda.begun(pool)
        if self.held.get(pool, -1.0) > now:
            return agenda.busy(pool, now=now), now
        self.untrained[pool] += self.waiting.pop(pool, [])
        now += self.merge_s
        if not self.untrained[pool]:
            return agenda.succeeded(pool), now
        if (left := self.rests.get(pool, 0.0) - now) > 0:
            return agenda.look_again(pool, at=now + left).succeeded(pool), now
        done = now + self.costs[pool]
        self.cycles[pool].append(now)
        self.held[pool], self.rests[pool] = done, done + rest_s(self.costs[pool], self.longest_rest_s)
        self.waits[pool] += [done - at for at in self.untrained.pop(pool)]
        return agenda.succeeded(pool), done


def pools_named(count: int) -> list[Pool]:
    return [Pool(f"g{number:05}", "5" * 64) for number in range(count)]


@pytest.mark.parametrize("workers", [1, 4])
def test_of_thousands_of_pools_each_is_trained_and_none_waits_longer_than_one_turn_of_all(workers: int) -> None:
    """Ten of them are flooded, without a pause; the others send once, somewhere in the first half hour."""
    drawn, pools = random.Random(1), pools_named(1000)
    noisy = pools[:10]
    arrivals = {pool: [drawn.uniform(0, 1800)] for pool in pools} | {pool: range(0, 4500, 7) for pool in noisy}
    fleet = Fleet(arrivals, dict.fromkeys(pools, 4.0), workers)
    fleet.run(7_000)
    assert all(fleet.waits[pool] for pool in pools)
    longest = max(max(fleet.waits[pool]) for pool in pools[10:])
    assert longest <= len(pools) * 4.2 / workers + 30
    assert all(len(fleet.waits[pool]) == 1 for pool in pools[10:])


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 400), min_size=1, max_size=8), min_size=1, max_size=12),
    st.lists(st.sampled_from([1.0, 5.0, 40.0]), min_size=12, max_size=12),
    st.integers(1, 3),
)
def test_whatever_comes_each_upload_is_trained_once_and_no_pool_by_two_at_once(
    times: list[list[int]], costs: list[float], workers: int
) -> None:
    pools = pools_named(len(times))
    fleet = Fleet(dict(zip(pools, times, strict=True)), dict(zip(pools, costs, strict=False)), workers)
    fleet.run(20_000)
    for pool, sent in zip(pools, times, strict=True):
        assert len(fleet.waits[pool]) == len(sent)
        cycles = fleet.cycles[pool]
        least = fleet.costs[pool] + rest_s(fleet.costs[pool], 600.0)
        assert all(later - earlier >= least for earlier, later in pairwise(cycles))


def test_single_uploads_into_a_large_pool_do_not_start_a_cycle_each() -> None:
    """One every half minute, where a cycle takes 200 s: the pool is trained half of the time, others meanwhile."""
    large, small = pools_named(2)
    fleet = Fleet({large: range(0, 7200, 30), small: range(0, 7200, 600)}, {large: 200.0, small: 4.0})
    fleet.run(9000)
    assert 15 <= len(fleet.cycles[large]) <= 7200 / 390 + 2
    assert len(fleet.cycles[small]) == 12
    assert max(fleet.waits[small]) <= 210
