"""Cycles an hour of a worker, cold and warm."""

from pathlib import Path

import pytest

from bench.isolated import in_fresh_process
from bench.measure.cycles import make_bundle, published_at, rows_of


def test_the_first_cycle_is_told_apart_and_the_others_are_counted() -> None:
    per_hour, first = rows_of([12.0, 12.5, 13.0, 13.5], [8.0, 16.0])
    assert (per_hour.value, per_hour.reference, per_hour.ratio) == pytest.approx((7200, 450, 16))
    assert per_hour.holds
    assert (first.value, first.reference) == (12.0, 8.0)


@pytest.mark.slow
def test_every_group_gets_its_head_from_a_worker_whose_processes_stay(tmp_path: Path) -> None:
    in_fresh_process(make_bundle, tmp_path / "bundle")
    seconds = published_at(tmp_path / "warm", tmp_path / "bundle" / "training", groups=3, warm_s=300)
    assert len(seconds) == 3
    assert seconds == sorted(seconds)
