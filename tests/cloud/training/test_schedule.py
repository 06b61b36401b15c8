"""When a pool is trained."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.dataset.pointer import DatasetPointer
from cloud.releases.failures import LONGEST_BACKOFF_S, FailedCycles, cycle_backoff_s
from cloud.releases.registry import TrainedDataset
from cloud.training.schedule import CycleDecision, decide

NOW = 1_000_000.0


def dataset(rows: int, commit: str = "now") -> DatasetPointer:
    return DatasetPointer(commit=commit, shards=(), samples=rows, rows=rows, uploads=1, journal=None)


def trained(rows: int, commit: str = "then") -> TrainedDataset:
    return TrainedDataset(commit=commit, rows=rows, cycle="c")


def test_the_first_rows_start_a_cycle() -> None:
    assert decide(dataset(1), trained=None, failed=None, min_new=1, now=NOW) == CycleDecision(True, "1 new rows")


def test_without_rows_nothing_starts() -> None:
    assert not decide(dataset(0), trained=None, failed=None, min_new=1, now=NOW).train


def test_what_was_trained_is_not_trained_again() -> None:
    done = trained(5, commit="now")
    assert decide(dataset(5), trained=done, failed=None, min_new=1, now=NOW) == CycleDecision(False, "nothing new")


def test_too_few_new_rows_wait_for_more() -> None:
    assert decide(dataset(9), trained=trained(5), failed=None, min_new=5, now=NOW).reason == "4 new rows of 5"
    assert decide(dataset(10), trained=trained(5), failed=None, min_new=5, now=NOW).train


def test_a_cycle_starts_where_operators_decided_otherwise_though_nothing_is_new() -> None:
    done = replace(trained(5, commit="now"), admission="these")
    for admission, train in (("these", False), ("others", True), ("", True)):
        decision = decide(dataset(5), trained=done, failed=None, min_new=9, now=NOW, admission=admission)
        assert decision.train is train
    assert not decide(dataset(0), trained=None, failed=None, min_new=1, now=NOW, admission="these").train
    failed = FailedCycles(commit="now", times=1, at=int(NOW))
    assert decide(dataset(5), trained=done, failed=failed, min_new=1, now=NOW + 59).not_before == NOW + 60


def test_nothing_but_new_rows_for_a_head_that_serves_may_wait_for_more_of_them() -> None:
    done = TrainedDataset("before", 3, "c", admission="then")
    decisions = [
        decide(dataset(9), trained=trained, failed=None, min_new=1, now=NOW, admission=admission)
        for trained, admission in ((done, "then"), (done, "now"), (None, "then"))
    ]
    assert [(one.train, one.is_for_rows) for one in decisions] == [(True, True), (True, False), (True, False)]


def test_after_a_failure_there_is_a_backoff_even_if_more_comes_in() -> None:
    failed = FailedCycles(commit="then", times=1, at=int(NOW))
    waiting = decide(dataset(9), trained=None, failed=failed, min_new=1, now=NOW + 59)
    assert (waiting.train, waiting.not_before) == (False, NOW + 60)
    assert decide(dataset(9), trained=None, failed=failed, min_new=1, now=NOW + 60).train


@pytest.mark.parametrize("ahead_s", [1, 21_600, 10 * 365 * 86_400])
def test_a_failure_of_a_clock_that_was_set_back_since_keeps_nobody_waiting(ahead_s: int) -> None:
    """A cycle that had failed while the clock was ten years ahead stopped all training until then."""
    failed = FailedCycles(commit="then", times=3, at=int(NOW) + ahead_s)
    assert decide(dataset(9), trained=None, failed=failed, min_new=1, now=NOW).train


@given(
    at=st.integers(min_value=0, max_value=1 << 53),
    now=st.integers(min_value=0, max_value=1 << 53),
    times=st.integers(min_value=1, max_value=1 << 20),
)
def test_no_wait_is_longer_than_the_longest_backoff_whatever_the_clock_did(at: int, now: int, times: int) -> None:
    failed = FailedCycles(commit="then", times=times, at=at)
    decision = decide(dataset(9), trained=None, failed=failed, min_new=1, now=float(now))
    assert decision.train or (decision.not_before is not None and decision.not_before - now <= LONGEST_BACKOFF_S)


@pytest.mark.parametrize(("times", "backoff"), [(1, 60), (2, 120), (5, 960), (10, 21_600), (1_000, 21_600)])
def test_backoffs_double_up_to_six_hours(times: int, backoff: int) -> None:
    assert cycle_backoff_s(times) == backoff
