"""Whether a process can do its work, asked by anybody, however often."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from cloud.errors import StoreFull, Unavailable
from cloud.store import ObjectStore, keys
from cloud.web.readiness import BELIEVED_S, CHECKED_EVERY_S, Readiness, Ready
from tests.cloud.clock import Clock


@pytest.fixture
def puts(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys that were written."""
    written: list[str] = []
    put = type(store).put

    def count(self: ObjectStore, key: str, body: bytes) -> str:
        written.append(key)
        return put(self, key, body)

    monkeypatch.setattr(type(store), "put", count)
    return written


def fail(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: ObjectStore, key: str, body: bytes) -> str:
        raise StoreFull(key, "not written: no room")

    monkeypatch.setattr(type(store), "put", refuse)


def test_a_store_that_takes_writes_is_ready(store: ObjectStore, clock: Clock) -> None:
    assert Readiness(store, clock=clock).ask() == Ready(enrolment=False)
    store.put(keys.VERIFY, bytes(32))
    assert Readiness(store, clock=clock).ask() == Ready(enrolment=True)


def test_whoever_asks_often_does_not_ask_the_store(store: ObjectStore, clock: Clock, puts: list[str]) -> None:
    readiness = Readiness(store, clock=clock)
    for _ in range(100):
        readiness.ask()
    assert puts == [keys.READY]
    clock.now += CHECKED_EVERY_S
    readiness.ask()
    assert puts == [keys.READY] * 2


def hang(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, threading.Event]:
    """Let writes hang; return what is set as one does, and what lets them go on."""
    hangs, goes_on = threading.Event(), threading.Event()
    put = type(store).put

    def wait(self: ObjectStore, key: str, body: bytes) -> str:
        hangs.set()
        assert goes_on.wait(60)
        return put(self, key, body)

    monkeypatch.setattr(type(store), "put", wait)
    return hangs, goes_on


def test_whoever_asks_during_the_first_look_is_not_told_of_a_silence_that_was_not(
    directory_store: ObjectStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service just started said that its store had not answered for 15 s."""
    readiness = Readiness(directory_store, clock=clock, answered_in_s=0.1)
    hangs, goes_on = hang(directory_store, monkeypatch)
    with pytest.raises(Unavailable, match="no answer for 0 s"):
        readiness.ask()
    assert hangs.is_set()
    clock.now += BELIEVED_S
    with pytest.raises(Unavailable, match="no answer for 15 s"):
        readiness.ask()
    goes_on.set()
    wait_until_ready(readiness)


@pytest.mark.parametrize(
    "is_asked_before", [False, True], ids=["a process that begins", "one that nobody asked lately"]
)
def test_whoever_asks_beside_another_hears_what_that_one_finds(
    directory_store: ObjectStore, clock: Clock, monkeypatch: pytest.MonkeyPatch, is_asked_before: bool
) -> None:
    """Of two that asked a sound process at once one was told 503: no answer for 0 s."""
    readiness = Readiness(directory_store, clock=clock, answered_in_s=60)
    if is_asked_before:
        readiness.ask()
        clock.now += BELIEVED_S
    hangs, goes_on = hang(directory_store, monkeypatch)
    with ThreadPoolExecutor(2) as threads:
        one = threads.submit(readiness.ask)
        assert hangs.wait(60)
        other = threads.submit(readiness.ask)
        try:
            with pytest.raises(TimeoutError):
                other.result(timeout=0.2)
        finally:
            goes_on.set()
        assert one.result() == other.result() == Ready(enrolment=False)


def test_a_store_that_fails_is_said_until_it_is_back(
    store: ObjectStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    readiness = Readiness(store, clock=clock)
    with monkeypatch.context() as patch:
        fail(store, patch)
        for _ in range(3):
            with pytest.raises(StoreFull):
                readiness.ask()
    clock.now += CHECKED_EVERY_S
    assert readiness.ask() == Ready(enrolment=False)


def test_while_one_waits_for_the_store_the_others_do_not(
    directory_store: ObjectStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that hangs must not take a thread for everyone who asks; and it is not ready for long."""
    readiness = Readiness(directory_store, clock=clock, answered_in_s=0.1)
    assert readiness.ask() == Ready(enrolment=False)
    hangs, goes_on = threading.Event(), threading.Event()

    def hang(self: ObjectStore, key: str, body: bytes) -> str:
        hangs.set()
        assert goes_on.wait(60)
        return ""

    monkeypatch.setattr(type(directory_store), "put", hang)
    clock.now += CHECKED_EVERY_S
    assert readiness.ask() == Ready(enrolment=False)
    assert hangs.is_set()
    clock.now += BELIEVED_S
    with pytest.raises(Unavailable, match="no answer for 15 s"):
        readiness.ask()
    goes_on.set()
    wait_until_ready(readiness)


def wait_until_ready(readiness: Readiness) -> None:
    """The thread that waited for the store needs a moment to say so."""
    give_up = time.monotonic() + 60
    while True:
        try:
            assert readiness.ask() == Ready(enrolment=False)
        except Unavailable:
            assert time.monotonic() < give_up
            time.sleep(0.01)
        else:
            return
