from collections.abc import Callable
from typing import NoReturn

import pytest

from contract.errors import TooLarge
from device.availability.policy import Availability
from device.availability.rounds import Round, Rounds
from device.errors import TryLater, Unreachable
from device.pull.updater import PullOutcome, PullReport
from device.push.sender import PushReport

PULLED = PullReport(PullOutcome.UNCHANGED, 3)


def failing(error: Exception) -> Callable[[], NoReturn]:
    def act() -> NoReturn:
        raise error

    return act


def test_an_available_device_pushes_and_pulls() -> None:
    done = Rounds(lambda: Availability(()), lambda: PushReport(uploads=1), lambda: PULLED).once()
    assert done == Round(Availability(()), PushReport(uploads=1), PULLED)


def test_a_device_that_is_not_available_does_neither() -> None:
    never = failing(AssertionError("not now"))
    assert Rounds(lambda: Availability(("idle",)), never, never).once() == Round(Availability(("idle",)))


@pytest.mark.parametrize("error", [Unreachable("gone"), TooLarge("upload", expected="less", got="more")])
def test_one_that_fails_does_not_keep_the_other_from_its_turn(error: Exception) -> None:
    assert Rounds(lambda: Availability(()), failing(error), lambda: PULLED).once().pull == PULLED
    done = Rounds(lambda: Availability(()), PushReport, failing(error)).once()
    assert (done.push, done.problems) == (PushReport(), (error,))


def test_the_service_decides_when_it_is_asked_again_but_never_sooner_than_the_interval() -> None:
    busy = Round(Availability(()), problems=(TryLater("busy", retry_after_s=90), Unreachable("gone")))
    assert busy.wait_s(interval_s=60) == 90
    assert busy.wait_s(interval_s=600) == 600
    assert Round(Availability(())).wait_s(interval_s=60) == 60


def test_a_problem_of_a_push_is_a_problem_of_the_round() -> None:
    problem = TryLater("busy", retry_after_s=90)
    done = Rounds(lambda: Availability(()), lambda: PushReport(problem=problem), lambda: PULLED).once()
    assert done.problems == (problem,)
