from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.service.replies import MAX_RETRY_AFTER_S, parse_retry_after

WORDS = ["Mon,", "01", "Jan", "2999", "99999", "00:00:00", "25:61:61", "GMT", "+9999", "-0000", "9" * 30, "-1", ":"]


@given(st.text(max_size=40) | st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join))
def test_whatever_a_server_asks_for_is_a_time_of_at_most_a_day_or_nothing(text: str) -> None:
    seconds = parse_retry_after(text)
    assert seconds is None or 0 <= seconds <= MAX_RETRY_AFTER_S


@pytest.mark.parametrize("text", ["86399", " 86399 ", formatdate(4e9, usegmt=True)])
def test_a_day_may_be_asked_for_though_the_library_stops_at_six_hours(text: str) -> None:
    assert parse_retry_after(text) in (86_399, MAX_RETRY_AFTER_S)
