"""Threads that wait in place of greenlets."""

import threading
from collections.abc import Callable

import gevent
import pytest

from cloud.errors import AlreadyExists
from cloud.web.greenlets import Threads


def test_calls_wait_at_the_same_time_while_greenlets_run() -> None:
    """Each call ends only when all of them have begun."""
    begun, threads = threading.Barrier(3), Threads(3)
    turns: list[str] = []

    def meet() -> None:
        begun.wait(20)

    calls = [gevent.spawn(threads, meet) for _ in range(3)]
    gevent.spawn(turns.append, "a turn").join(timeout=20)
    gevent.joinall(calls, timeout=20, raise_error=True)
    assert all(call.successful() for call in calls)
    assert turns == ["a turn"]


def test_what_a_call_raises_is_raised_where_it_was_made_and_printed_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    def refuse() -> None:
        raise AlreadyExists("inbox/a")

    with pytest.raises(AlreadyExists):
        Threads(1)(refuse)
    assert capfd.readouterr() == ("", "")


def test_more_calls_than_threads_take_turns() -> None:
    done: list[int] = []
    threads = Threads(2)

    def note(number: int) -> Callable[[], None]:
        return lambda: done.append(number)

    gevent.joinall([gevent.spawn(threads, note(number)) for number in range(20)], timeout=20, raise_error=True)
    assert sorted(done) == list(range(20))
