"""When a device asks again: by a seeded draw, so that these tests hold for every run."""

from random import Random

import pytest

from contract.cadence import LONGEST_SPAN_S
from device.availability.cadence import Cadence
from device.availability.policy import Availability
from device.availability.rounds import Round
from device.errors import ProtocolViolation, TryLater, Unreachable

WELL = Round(Availability(()))
GONE = Round(Availability(()), problems=(Unreachable("gone"),))
ROUNDS = 4000


def waits(rounds: list[Round], *, seed: int, interval_s: float = 60) -> list[float]:
    cadence = Cadence(interval_s, Random(seed))
    return [cadence.wait_s(one) for one in rounds]


def test_waits_fill_all_of_the_span_evenly() -> None:
    quarters = [0, 0, 0, 0]
    for wait in waits([WELL] * ROUNDS, seed=1):
        quarters[int(wait // 30)] += 1
    assert min(quarters) > 0.9 * ROUNDS / 4
    assert sum(quarters) == ROUNDS


def test_devices_that_begin_together_are_apart_after_one_round() -> None:
    first = sorted(waits([GONE], seed=seed)[0] for seed in range(100))
    assert first[-1] - first[0] > 0.9 * 240
    assert len(set(first)) == 100


def test_the_span_doubles_while_rounds_fail_and_is_the_first_again_after_one_that_did_not() -> None:
    class Late(Random):
        def random(self) -> float:
            return 0.5

    cadence = Cadence(60, Late())
    assert [cadence.wait_s(one) for one in (WELL, GONE, GONE, GONE, WELL)] == [60, 120, 240, 480, 60]
    assert [cadence.wait_s(one) for one in [GONE] * 1000][-1] == LONGEST_SPAN_S / 2


def test_the_service_decides_when_it_is_asked_again_at_the_earliest() -> None:
    busy = Round(Availability(()), problems=(TryLater("busy", retry_after_s=90), Unreachable("gone")))
    found = waits([busy], seed=3)[0]
    assert 90 <= found <= 90 + 240


@pytest.mark.parametrize(
    "done", [WELL, Round(Availability(("idle",))), Round(Availability(()), problems=(ProtocolViolation("odd"),))]
)
def test_what_is_no_failure_of_the_service_changes_no_wait(done: Round) -> None:
    assert waits([done] * 3, seed=4) == waits([WELL] * 3, seed=4)
