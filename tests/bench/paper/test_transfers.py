"""What a line was seen to do, and what is computed from it."""

import pytest

from bench.paper.transfers import Probed, Transfer


def _transfer(seconds: float, size: int) -> Transfer:
    return Transfer(seconds, size, 0.0)


def test_two_transfers_tell_the_start_and_the_rate_of_a_line() -> None:
    probed = Probed.of(_transfer(0.3, 100_000), _transfer(1.2, 1_000_000))
    assert (probed.start_s, probed.bytes_per_s) == pytest.approx((0.2, 1e6))
    assert probed.seconds_of(10_000_000) == pytest.approx(10.2)


def test_nothing_starts_before_it_is_asked_for() -> None:
    assert Probed.of(_transfer(0.1, 100_000), _transfer(1.9, 1_000_000)).start_s == 0.0
