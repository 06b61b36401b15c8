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


def test_a_round_tells_whether_it_was_put_off_and_for_how_long() -> None:
    busy = Round(Availability(()), problems=(TryLater("busy", retry_after_s=90), Unreachable("gone")))
    assert (busy.is_put_off, busy.retry_after_s) == (True, 90)
    assert (Round(Availability(())).is_put_off, Round(Availability(())).retry_after_s) == (False, 0)


def test_a_problem_of_a_push_is_a_problem_of_the_round() -> None:
    problem = TryLater("busy", retry_after_s=90)
    done = Rounds(lambda: Availability(()), lambda: PushReport(problem=problem), lambda: PULLED).once()
    assert done.problems == (problem,)
