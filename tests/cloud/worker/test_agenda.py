"""Which pools a worker processes next, and how long it waits: events in, an agenda out."""

from collections.abc import Callable

import pytest

from cloud.store.keys import Pool
from cloud.worker.agenda import LONGEST_OUTAGE_BACKOFF_S, LONGEST_POOL_BACKOFF_S, Agenda, pool_backoff_s

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


def look_again(pool: Pool, at: float) -> Event:
    return lambda agenda: agenda.begun(pool).look_again(pool, at=at)


DUE = [
    pytest.param([], [], NOW, [], id="with nothing new nothing is due"),
    pytest.param([], [B, A], NOW, [A, B], id="pools with news are due, in order"),
    pytest.param([], [A, A], NOW, [A], id="each once"),
    pytest.param([succeeded(A)], [], NOW, [], id="a pool that was processed is not due again"),
    pytest.param([succeeded(A)], [A], NOW, [A], id="but once something arrives"),
    pytest.param([look_again(A, NOW + 60)], [], NOW, [], id="a look that was put off is not due before"),
    pytest.param([look_again(A, NOW + 60)], [], NOW + 60, [A], id="and due from then on"),
    pytest.param([look_again(A, NOW + 60)], [A], NOW, [A], id="and earlier if something arrives"),
    pytest.param([look_again(A, NOW + 60), begun(A)], [], NOW + 60, [], id="a look that was made is not due again"),
    pytest.param([failed(A)], [A], NOW, [], id="a pool that failed backs off, whatever arrives"),
    pytest.param([failed(A)], [], NOW + 2, [A], id="and is due after its backoff, without anything new"),
    pytest.param([failed(A)], [A, B, C], NOW, [B, C], id="and keeps no other waiting"),
    pytest.param([failed(A), failed(A)], [A], NOW + 3, [], id="the second failure in a row backs off longer"),
    pytest.param([failed(A), failed(A)], [A], NOW + 4, [A], id="twice as long"),
    pytest.param([failed(A), succeeded(A), failed(A)], [A], NOW + 2, [A], id="a success forgets failures"),
    pytest.param([failed(A), look_again(A, NOW)], [], NOW, [A], id="a look asked for after a failure is made"),
    pytest.param([failed(A), look_again(A, NOW), failed(A)], [A], NOW + 3, [], id="which does not forget the failure"),
]


@pytest.mark.parametrize(("events", "news", "now", "expected"), DUE)
def test_which_pools_are_due(events: list[Event], news: list[Pool], now: float, expected: list[Pool]) -> None:
    assert after(*events).due(news, now=now) == expected


@pytest.mark.parametrize(
    ("failures", "expected"), [(0, 0), (1, 2), (2, 4), (3, 8), (8, 256), (9, 300), (10, 300), (1_000_000, 300)]
)
def test_the_backoff_of_a_pool_doubles_up_to_five_minutes(failures: int, expected: float) -> None:
    assert pool_backoff_s(failures, LONGEST_POOL_BACKOFF_S) == expected


@pytest.mark.parametrize(("outages", "expected"), [(0, 1), (1, 2), (2, 4), (4, 16), (5, 30), (99, 30)])
def test_a_store_that_does_not_answer_is_asked_less_and_less_often(outages: int, expected: float) -> None:
    agenda = after(*[Agenda.unanswered] * outages)
    assert (agenda.wait_s(1.0), agenda.answered().wait_s(1.0)) == (expected, 1.0)


def test_an_outage_never_makes_the_worker_look_more_often() -> None:
    assert after(Agenda.unanswered).wait_s(LONGEST_OUTAGE_BACKOFF_S + 1) == LONGEST_OUTAGE_BACKOFF_S + 1


def test_the_first_look_is_the_first_one_that_succeeded() -> None:
    assert [after().is_first_look, after(Agenda.unanswered).is_first_look] == [True, True]
    assert not after(Agenda.unanswered, Agenda.answered).is_first_look
    assert not after(Agenda.answered, Agenda.unanswered).is_first_look


def test_an_agenda_does_not_grow_with_pools_that_were_processed() -> None:
    assert after(failed(A), look_again(A, NOW), succeeded(A), failed(B), succeeded(C)).plans.keys() == {B}


def test_an_event_leaves_the_agenda_before_it_as_it_was() -> None:
    agenda = after(failed(A))
    failed(B)(agenda)
    agenda.unanswered()
    assert (set(agenda.plans), agenda.outages) == ({A}, 0)
