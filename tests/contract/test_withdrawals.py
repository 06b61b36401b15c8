"""What is withdrawn: added to, bounded, and never forgotten."""

from hypothesis import given
from hypothesis import strategies as st

from contract.withdrawals import MAX_RANGES, Withdrawals


def test_ranges_that_meet_become_one() -> None:
    withdrawn = Withdrawals().adding(3, 4).adding(9, 9)
    assert withdrawn.ranges == ((3, 4), (9, 9))
    assert withdrawn.adding(5, 6).ranges == ((3, 6), (9, 9))
    assert withdrawn.adding(4, 8).ranges == ((3, 9),)
    assert withdrawn.adding(1, 1).ranges == ((1, 1), (3, 4), (9, 9))


def test_of_too_many_the_two_oldest_become_one() -> None:
    withdrawn = Withdrawals()
    for serial in range(1, 2 * MAX_RANGES + 2, 2):
        withdrawn = withdrawn.adding(serial, serial)
    assert len(withdrawn.ranges) == MAX_RANGES
    assert withdrawn.ranges[:2] == ((1, 3), (5, 5))


@given(st.lists(st.tuples(st.integers(1, 400), st.integers(0, 5)), max_size=100))
def test_what_was_withdrawn_stays_so(added: list[tuple[int, int]]) -> None:
    withdrawn = Withdrawals()
    for first, more in added:
        withdrawn = withdrawn.adding(first, first + more)
    assert all(serial in withdrawn for first, more in added for serial in range(first, first + more + 1))
    assert len(withdrawn.ranges) <= MAX_RANGES
    edges = [edge for one in withdrawn.ranges for edge in one]
    assert edges == sorted(edges)
