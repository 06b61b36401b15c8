"""What one device, one code and one address may do in a day; nobody else pays for it."""

import contextlib
import multiprocessing
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from tempfile import TemporaryFile

import pytest

from cloud.errors import Forbidden, RequestRefused, Unauthenticated, Unavailable
from cloud.identity.counters import CounterTable
from cloud.identity.quotas import (
    GUESSING_WINDOW_MINUTES,
    MAX_RETRY_AFTER_S,
    DailyLimits,
    Quotas,
    UploadSize,
)
from contract.problems import Problem
from contract.routes import RETRY_AFTER
from tests.cloud.clock import Clock

LIMITS = DailyLimits(
    device_requests=3,
    device_mib=1,
    device_samples=10,
    device_labels=4,
    device_erasures=2,
    device_tokens=3,
    code_enrolments=3,
    address_enrolments=2,
    address_guesses=2,
)

DAY_S = 24 * 3600
PROCESSES, TIMES = 4, 100


@pytest.fixture
def quotas(clock: Clock) -> Quotas:
    return Quotas(LIMITS, clock=clock)


def refusal(act: Callable[[], object]) -> RequestRefused:
    with pytest.raises(RequestRefused) as caught:
        act()
    assert caught.value.document.problem is Problem.TOO_MANY_REQUESTS
    return caught.value


def upload(quotas: Quotas, device: str, *labels: str, samples: int = 1, size: int = 1000, kept: bool = True) -> None:
    with quotas.upload(device) as shares:
        shares.take(UploadSize(size, samples, labels))
        if kept:
            shares.keep()


def enrol(quotas: Quotas, *, address: str = "192.0.2.1", code: str = "a code", error: Exception | None = None) -> None:
    with quotas.enrolment(address=address, code=code):
        if error:
            raise error


def test_requests_of_a_device_are_counted_for_a_day(quotas: Quotas, clock: Clock) -> None:
    for _ in range(3):
        quotas.take_request("one")
    refused = refusal(lambda: quotas.take_request("one"))
    assert (refused.document.expected, refused.document.got) == ("at most 3 requests of a device a day", "more")
    quotas.take_request("another")
    clock.now += DAY_S - 1
    refusal(lambda: quotas.take_request("one"))
    clock.now += 1
    quotas.take_request("one")


def test_who_is_refused_is_told_when_to_come_again_an_hour_at_most(quotas: Quotas, clock: Clock) -> None:
    """A longer wait would keep a device from asking for releases."""
    for _ in range(3):
        quotas.take_request("one")
    assert refusal(lambda: quotas.take_request("one")).headers == {RETRY_AFTER: str(MAX_RETRY_AFTER_S)}
    clock.now += DAY_S - 99.5
    assert refusal(lambda: quotas.take_request("one")).headers == {RETRY_AFTER: "100"}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"size": (1 << 20) - 999}, "at most 1048576 bytes of features, decoded, of a device a day"),
        ({"samples": 10}, "at most 10 samples of a device a day"),
        ({"labels": "abcd"}, "at most 4 different labels of a device a day"),
    ],
)
def test_an_upload_that_is_too_much_for_a_day_is_refused_whole(
    quotas: Quotas, more: dict[str, object], expected: str
) -> None:
    upload(quotas, "one", "Ada")
    labels = str(more.pop("labels", ""))
    refused = refusal(lambda: upload(quotas, "one", *labels, **more))  # type: ignore[arg-type]  # a table of theirs
    assert refused.document.expected == expected
    upload(quotas, "another", *labels, **more)  # type: ignore[arg-type]
    for _ in range(3):  # nothing was taken of any quota
        upload(quotas, "one", "Ada", samples=3)
    upload(quotas, "one", "a", "b", "c", samples=0)


def test_a_label_that_comes_again_costs_nothing_however_it_is_written(quotas: Quotas) -> None:
    upload(quotas, "one", "Ada", "Ben", "Cleo", "Dora")
    upload(quotas, "one", "ada", "BEN")
    refusal(lambda: upload(quotas, "one", "Ada", "Eve"))


def test_an_upload_that_is_not_kept_costs_nothing(quotas: Quotas) -> None:
    for number in range(20):
        upload(quotas, "one", f"{number}", samples=10, kept=False)
    upload(quotas, "one", "a", "b", "c", "d", samples=10)


def test_an_upload_that_was_decoded_and_is_wrong_costs_its_bytes_alone(quotas: Quotas) -> None:
    with quotas.upload("one") as shares:
        shares.keep_bytes()  # nothing was decoded
    for labels in ("abcd", "efgh"):
        with quotas.upload("one") as shares:
            shares.take(UploadSize(1 << 19, 10, labels))
            shares.keep_bytes()
    assert "bytes of features" in refusal(lambda: upload(quotas, "one", size=1)).document.expected
    upload(quotas, "one", "i", "j", "k", "l", samples=10, size=0)


def test_enrolments_of_an_address_and_by_a_code_are_counted_for_a_day(quotas: Quotas, clock: Clock) -> None:
    for _ in range(2):
        enrol(quotas)
    assert "of an address a day" in refusal(lambda: enrol(quotas)).document.expected
    enrol(quotas, address="192.0.2.2")
    assert "by a code a day" in refusal(lambda: enrol(quotas, address="192.0.2.3")).document.expected
    enrol(quotas, address="192.0.2.3", code="another code")
    clock.now += DAY_S
    enrol(quotas)


def test_who_guesses_is_slowed_down_whatever_the_code(quotas: Quotas, clock: Clock) -> None:
    for number in range(2):
        with pytest.raises(Forbidden):
            enrol(quotas, code=f"guess {number}", error=Forbidden())
    assert "wrong codes of an address" in refusal(lambda: enrol(quotas)).document.expected
    enrol(quotas, address="192.0.2.2")
    clock.now += GUESSING_WINDOW_MINUTES * 60
    enrol(quotas)


def show(quotas: Quotas, whose: str, *, is_right: bool = False) -> None:
    with quotas.token(whose):
        if not is_right:
            raise Unauthenticated(expected="a right one", got="a wrong one")


def test_wrong_tokens_are_few_and_right_ones_cost_nothing(quotas: Quotas, clock: Clock) -> None:
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            show(quotas, "192.0.2.1")
        for _ in range(5):
            show(quotas, "192.0.2.2", is_right=True)
    refused = refusal(lambda: show(quotas, "192.0.2.1", is_right=True))  # it is not looked at
    assert refused.document.expected == "at most 2 wrong tokens in 10 minutes"
    assert 1 <= int(refused.headers[RETRY_AFTER]) <= GUESSING_WINDOW_MINUTES * 60
    enrol(quotas, address="192.0.2.1")  # codes are counted by themselves
    clock.now += GUESSING_WINDOW_MINUTES * 60
    show(quotas, "192.0.2.1", is_right=True)


def test_tokens_that_were_given_out_do_not_wait_for_each_other_and_an_ended_one_pays_for_itself(
    quotas: Quotas, clock: Clock
) -> None:
    """Of sixty requests at once with one right token six got 429."""
    with contextlib.ExitStack() as at_once:
        for _ in range(60):
            at_once.enter_context(quotas.sealed_token("a" * 64))

    def show_ended() -> None:
        with quotas.sealed_token("b" * 64):
            raise Unauthenticated(expected="a right one", got="a wrong one")

    for _ in range(2):
        with pytest.raises(Unauthenticated):
            show_ended()
    assert refusal(show_ended).document.expected == "at most 2 wrong tokens in 10 minutes"
    with quotas.sealed_token("a" * 64):
        pass
    clock.now += GUESSING_WINDOW_MINUTES * 60
    with pytest.raises(Unauthenticated):
        show_ended()


@pytest.mark.parametrize(
    ("begin", "most", "expected"),
    [
        (Quotas.erasure, 2, "at most 2 erasures of a device a day"),
        (Quotas.new_token, 3, "at most 3 new tokens of a device a day"),
    ],
)
def test_what_a_device_may_ask_for_a_few_times_a_day(
    quotas: Quotas, clock: Clock, begin: Callable[[Quotas, str], AbstractContextManager[None]], most: int, expected: str
) -> None:
    def ask(device: str = "one") -> None:
        with begin(quotas, device):
            pass

    for _ in range(most):
        with pytest.raises(Unavailable), begin(quotas, "one"):
            raise Unavailable("devices/one", "not written")  # costs nothing
        ask()
    assert refusal(ask).document.expected == expected
    ask("another")
    clock.now += DAY_S
    ask()


def test_guesses_that_come_all_at_once_are_no_more_than_those_one_after_the_other(quotas: Quotas) -> None:
    under_way: list[AbstractContextManager[None]] = [quotas.enrolment(address="a", code=f"{n}") for n in range(3)]
    for one in under_way[:2]:
        one.__enter__()
    refusal(under_way[2].__enter__)
    for one in under_way[:2]:
        assert not one.__exit__(Forbidden, Forbidden(), None)
    refusal(lambda: enrol(quotas, address="a"))


def test_an_enrolment_that_the_store_refuses_costs_nothing(quotas: Quotas) -> None:
    for _ in range(5):
        with pytest.raises(Unavailable):
            enrol(quotas, error=Unavailable("devices/x", "not written"))
    enrol(quotas)


def test_processes_count_together(clock: Clock) -> None:
    with TemporaryFile(buffering=0) as file:
        table, limits = CounterTable(file), replace(LIMITS, device_requests=PROCESSES * TIMES // 2)
        fork = multiprocessing.get_context("fork")
        others = [
            fork.Process(target=lambda: sys.exit(count_granted(Quotas(limits, table, clock=clock))))
            for _ in range(PROCESSES)
        ]
        for other in others:
            other.start()
        for other in others:
            other.join(60)
        granted = [other.exitcode or 0 for other in others]
        assert len([count for count in granted if count > 0]) > 1
        assert sum(granted) + count_granted(Quotas(limits, table, clock=clock)) == limits.device_requests


def count_granted(quotas: Quotas) -> int:
    """Count the requests that are let through of `TIMES`."""
    granted = 0
    for _ in range(TIMES):
        with suppress(RequestRefused):
            quotas.take_request("one")
            granted += 1
    return granted
