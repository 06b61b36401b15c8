"""A row for each problem of the contract and each other error: what becomes of an upload that met it."""

import pytest

from contract.problems import Problem
from device.errors import (
    CutOff,
    DeviceError,
    Forged,
    ProtocolViolation,
    Redirected,
    Refused,
    SpaceRetired,
    Storage,
    TryLater,
    Unexplained,
    Unreachable,
)
from device.push.reactions import Reaction, react

SPLIT, ASIDE = Reaction.SPLIT, Reaction.SET_ASIDE
GO_ON, STOP = Reaction.NOTE_AND_GO_ON, Reaction.NOTE_AND_STOP

OF_PROBLEMS = {
    Problem.MALFORMED: ASIDE,
    Problem.UNSUPPORTED_VERSION: ASIDE,
    Problem.UNAUTHENTICATED: STOP,
    Problem.FORBIDDEN: STOP,
    Problem.UNKNOWN_SPACE: GO_ON,
    Problem.UNKNOWN_PATH: STOP,
    Problem.NOT_FOUND: STOP,
    Problem.NOT_ACCEPTABLE: STOP,
    Problem.RETIRED_SPACE: GO_ON,
    Problem.METHOD_NOT_ALLOWED: STOP,
    Problem.LENGTH_REQUIRED: STOP,
    Problem.TOO_LARGE: SPLIT,
    Problem.UNSUPPORTED_MEDIA_TYPE: STOP,
    Problem.RANGE_NOT_SATISFIABLE: STOP,
    Problem.IMPOSSIBLE: ASIDE,
    Problem.WRONG_HASH: STOP,
    Problem.WRONG_SPACE: ASIDE,
    Problem.SELF_TEST_FAILED: ASIDE,
    Problem.TOO_MANY_REQUESTS: STOP,
    Problem.INTERNAL: STOP,
    Problem.UNAVAILABLE: STOP,
}
OF_OTHERS = [
    (Storage("upload: expected the bytes that were sealed"), ASIDE),
    (TryLater("busy", retry_after_s=7.0), STOP),
    (Unreachable("gone"), STOP),
    (CutOff("in the middle"), SPLIT),
    (ProtocolViolation("expected the acknowledgement"), STOP),
    (Redirected("elsewhere"), STOP),
    (SpaceRetired("of a network of the past"), GO_ON),
    (Forged("release"), STOP),
    (Unexplained("a proxy", status=403), STOP),
    (Unexplained("a proxy's bound", status=413), SPLIT),
]


def refused(problem: Problem) -> Refused:
    return Refused("no", status=problem.status, problem=problem)


def test_every_problem_of_the_contract_has_a_row() -> None:
    assert set(OF_PROBLEMS) == set(Problem)


@pytest.mark.parametrize(("problem", "expected"), OF_PROBLEMS.items(), ids=[problem.summary for problem in OF_PROBLEMS])
def test_what_becomes_of_an_upload_that_the_service_refuses(problem: Problem, expected: Reaction) -> None:
    assert react(refused(problem), can_split=True) is expected


@pytest.mark.parametrize(("error", "expected"), OF_OTHERS, ids=lambda value: str(value)[:20])
def test_what_becomes_of_an_upload_that_met_something_else(error: DeviceError, expected: Reaction) -> None:
    assert react(error, can_split=True) is expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (refused(Problem.TOO_LARGE), ASIDE),
        (Unexplained("a proxy's bound", status=413), STOP),
        (CutOff("in the middle"), STOP),
    ],
    ids=["the-services", "a-proxys", "a-lines"],
)
def test_what_is_too_large_and_cannot_be_split_is_set_aside_only_where_the_service_says_so(
    error: DeviceError, expected: Reaction
) -> None:
    assert react(error, can_split=False) is expected


@pytest.mark.parametrize(
    "problem", [one for one in Problem if one is not Problem.TOO_LARGE], ids=lambda problem: problem.summary
)
def test_nothing_else_depends_on_whether_it_can_be_split(problem: Problem) -> None:
    assert react(refused(problem), can_split=False) is react(refused(problem), can_split=True)


@pytest.mark.parametrize("problem", [Problem.MALFORMED, Problem.TOO_LARGE, Problem.IMPOSSIBLE])
def test_samples_that_are_at_fault_are_set_aside_and_no_other(problem: Problem) -> None:
    named = Refused("no", status=problem.status, problem=problem, samples=(3,))
    assert react(named, can_split=True) is Reaction.SET_SAMPLES_ASIDE
    assert react(named, can_split=False) is ASIDE


@pytest.mark.parametrize("problem", sorted(set(Problem) - {Problem.MALFORMED, Problem.TOO_LARGE, Problem.IMPOSSIBLE}))
def test_samples_of_another_refusal_change_nothing(problem: Problem) -> None:
    named = Refused("no", status=problem.status, problem=problem, samples=(3,))
    assert react(named, can_split=True) is OF_PROBLEMS[problem]
