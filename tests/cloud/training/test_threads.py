"""Threads that work side by side: what they make comes back in order, and each multiplies by itself."""

import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from cloud.training.threads import side_by_side, threads_here


def blas_threads() -> set[int]:
    return {int(library["num_threads"]) for library in threadpool_info() if library["user_api"] == "blas"}


def test_what_is_made_of_the_parts_comes_in_their_order() -> None:
    assert list(side_by_side(lambda part: part**2, range(50))) == [part**2 for part in range(50)]
    assert list(side_by_side(str, [7])) == ["7"]
    assert list(side_by_side(str, [])) == []


def test_as_many_threads_work_as_the_process_computes_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    both = threading.Barrier(2, timeout=10)  # one thread alone would wait here for ever
    assert len(set(side_by_side(lambda _: both.wait() * 0 + threading.get_ident(), range(2)))) == 2


def test_each_multiplies_by_itself_and_afterwards_it_is_as_before() -> None:
    np.ones((2, 2)) @ np.ones((2, 2))
    before = blas_threads()
    assert list(side_by_side(lambda _: blas_threads(), range(2))) == [{1}, {1}]
    assert blas_threads() == before


def test_an_error_of_a_part_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        list(side_by_side(lambda part: 1 // part, [1, 0, 1]))


@pytest.mark.parametrize("told", ["", "many", "0", "-1"])
def test_who_was_told_no_number_takes_the_cores(monkeypatch: pytest.MonkeyPatch, told: str) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", told)
    assert threads_here() >= 1
