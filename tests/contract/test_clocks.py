"""Three clocks: the latest counts, and a device learns when its own is the one that is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.http_date import parse_http_date
from contract.validity import GRACE_S, Validity, judge_validity

EXPIRES = 1_800_000_000
LAST = EXPIRES + GRACE_S
TIMES = st.integers(0, 2**40)


@pytest.mark.parametrize(
    ("own", "issued", "date", "verdict"),
    [
        (EXPIRES, 0, None, Validity.VALID),
        (LAST, LAST, LAST, Validity.VALID),
        (LAST + 1, 0, None, Validity.EXPIRED),
        (0, LAST + 1, None, Validity.EXPIRED),
        (0, 0, LAST + 1, Validity.EXPIRED),
        (0, 0, 0, Validity.VALID),
        (LAST + 1, 0, LAST, Validity.CLOCK_AHEAD),
        (LAST + 1, LAST + 1, 0, Validity.EXPIRED),
        (LAST + 1, 0, LAST + 1, Validity.EXPIRED),
        (LAST + 0.5, 0, 0, Validity.CLOCK_AHEAD),
    ],
)
def test_the_latest_clock_counts(own: float, issued: int, date: int | None, verdict: Validity) -> None:
    assert judge_validity(EXPIRES, own=own, issued=issued, date=date) is verdict


@given(own=TIMES, issued=TIMES, date=TIMES)
def test_no_date_makes_valid_what_is_not_valid_without_it(own: int, issued: int, date: int) -> None:
    """Or whoever serves an old release could say that it is still the time for it."""
    without = judge_validity(EXPIRES, own=own, issued=issued, date=None)
    told = judge_validity(EXPIRES, own=own, issued=issued, date=date)
    assert (without, told) in {
        (Validity.VALID, Validity.VALID),
        (Validity.VALID, Validity.EXPIRED),
        (Validity.EXPIRED, Validity.EXPIRED),
        (Validity.EXPIRED, Validity.CLOCK_AHEAD),
    }


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_799),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
        ("Fri, 00 Dec 9999 23:59:59 GMT", None),
        ("Fri, 31 Dec 0000 23:59:59 GMT", None),
        ("Sun, 06 Nov 1994 08:49:61 GMT", None),
        ("Sun, 06 Nov 1994 08:49:37 +0000", None),
        ("Sunday, 06-Nov-94 08:49:37 GMT", None),
        ("١٢, 06 Nov 1994 08:49:37 GMT", None),
        ("Sun, 0٦ Nov 1994 08:49:37 GMT", None),
        ("", None),
    ],
)
def test_a_date_is_spelt_in_one_way(text: str, seconds: int | None) -> None:
    assert parse_http_date(text) == seconds
