"""When a pool is trained."""

from dataclasses import replace

import pytest

from cloud.dataset.pointer import DatasetPointer
from cloud.releases.registry import FailedCycles, TrainedDataset
from cloud.training.schedule import CycleDecision, cycle_backoff_s, decide

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


def test_a_cycle_starts_where_other_devices_are_excluded_though_nothing_is_new() -> None:
    done = replace(trained(5, commit="now"), excluded="these")
    for excluded, train in (("these", False), ("others", True), ("", True)):
        decision = decide(dataset(5), trained=done, failed=None, min_new=9, now=NOW, excluded=excluded)
        assert decision.train is train
    assert not decide(dataset(0), trained=None, failed=None, min_new=1, now=NOW, excluded="these").train
    failed = FailedCycles(commit="now", times=1, at=int(NOW))
    assert decide(dataset(5), trained=done, failed=failed, min_new=1, now=NOW + 59).not_before == NOW + 60


def test_after_a_failure_there_is_a_backoff_even_if_more_comes_in() -> None:
    failed = FailedCycles(commit="then", times=1, at=int(NOW))
    waiting = decide(dataset(9), trained=None, failed=failed, min_new=1, now=NOW + 59)
    assert (waiting.train, waiting.not_before) == (False, NOW + 60)
    assert decide(dataset(9), trained=None, failed=failed, min_new=1, now=NOW + 60).train


@pytest.mark.parametrize(("times", "backoff"), [(1, 60), (2, 120), (5, 960), (10, 21_600), (1_000, 21_600)])
def test_backoffs_double_up_to_six_hours(times: int, backoff: int) -> None:
    assert cycle_backoff_s(times) == backoff
