"""One direction of a line."""

import random

import pytest

from bench.evidence.line import PROFILES, LineProfile
from bench.evidence.way import SEGMENT_BYTES, Way, fills_from_the_start, is_held_back_by_loss


def _way(*, loss: float = 0.0, seed: int = 0) -> Way:
    return Way(8e6, 0.05, loss, 0.1, random.Random(seed))


def test_a_piece_takes_its_time_on_the_line_and_then_the_delay() -> None:
    passage = _way().send(100_000, at=10.0)
    assert (passage.sent_at, passage.arrives_at) == pytest.approx((10.1, 10.15))


def test_a_piece_waits_for_the_one_before_it() -> None:
    way = _way()
    way.send(100_000, at=10.0)
    assert way.send(100_000, at=10.02).arrives_at == pytest.approx(10.25)


def test_an_idle_line_takes_a_piece_at_once() -> None:
    way = _way()
    way.send(100_000, at=10.0)
    assert way.send(0, at=20.0).arrives_at == pytest.approx(20.05)


def test_a_lost_segment_takes_the_line_again_and_comes_a_round_trip_late() -> None:
    way = _way(loss=0.5, seed=1)
    expected = random.Random(1)
    sendings = 1
    while expected.random() < 0.5:
        sendings += 1
    assert sendings > 1
    passage = way.send(SEGMENT_BYTES, at=0.0)
    taken_s = sendings * SEGMENT_BYTES / 1e6
    assert passage.sent_at == pytest.approx(taken_s)
    assert passage.arrives_at == pytest.approx(taken_s + 0.05 + (sendings - 1) * 0.1)


def test_loss_takes_its_share_of_the_rate() -> None:
    way = _way(loss=0.1)
    for _ in range(10_000):
        way.send(SEGMENT_BYTES, at=0.0)
    assert way.free_at == pytest.approx(10_000 * SEGMENT_BYTES / 1e6 / 0.9, rel=0.02)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_no_window_holds_back_a_line_of_the_profiles(profile: LineProfile) -> None:
    for bps in (profile.up_bps, profile.down_bps):
        assert fills_from_the_start(bps, round_trip_s=profile.round_trip_s)
        assert not is_held_back_by_loss(bps, round_trip_s=profile.round_trip_s, loss=profile.loss)


def test_a_long_or_lossy_line_is_one_that_windows_hold_back() -> None:
    assert not fills_from_the_start(100e6, round_trip_s=0.1)
    assert is_held_back_by_loss(100e6, round_trip_s=0.1, loss=0.01)
