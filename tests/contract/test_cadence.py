"""Rounds are spread over all of a span, which grows while the service cannot answer and never ends a client."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.cadence import LONGEST_SPAN_S, wait_s

DRAWS = st.floats(0, 1, exclude_max=True)
INTERVALS = st.floats(0.1, 86_400)


@given(interval=INTERVALS, failures=st.integers(0, 10**9), asked=st.floats(0, 86_400), draw=DRAWS)
def test_a_wait_is_never_shorter_than_what_was_asked_for_nor_longer_than_its_span(
    interval: float, failures: int, asked: float, draw: float
) -> None:
    wait = wait_s(interval_s=interval, failures=failures, retry_after_s=asked, draw=draw)
    assert asked <= wait <= asked + max(2 * interval, LONGEST_SPAN_S)


@given(interval=INTERVALS, draw=DRAWS)
def test_without_failures_a_wait_is_the_interval_on_average(interval: float, draw: float) -> None:
    waits = [wait_s(interval_s=interval, failures=0, retry_after_s=0, draw=one) for one in (draw, 1 - draw)]
    assert sum(waits) / 2 == pytest.approx(interval)


@given(interval=INTERVALS, failures=st.integers(0, 200), draw=DRAWS)
def test_one_failure_more_is_never_a_shorter_wait(interval: float, failures: int, draw: float) -> None:
    waits = [wait_s(interval_s=interval, failures=n, retry_after_s=0, draw=draw) for n in (failures, failures + 1)]
    assert waits == sorted(waits)
