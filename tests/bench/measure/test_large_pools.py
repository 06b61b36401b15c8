"""The measurement of large pools, of small ones: what it merges is in the pool."""

from pathlib import Path

import pytest

from bench.measure import large_pools
from cloud.dataset import pointer as dataset_pointer


def test_a_pool_is_made_as_merges_leave_one_and_is_merged_into(tmp_path: Path) -> None:
    place = large_pools._filled(tmp_path, 100)  # what the rows say rests on it
    place.send(1)
    place.merge()
    dataset, _ = dataset_pointer.read(place.store, place.pool)
    assert [ref.rows for ref in dataset.shards] == [64, 8, 8, 8, 8, 1, 1, 1, 1, 1]
    assert (dataset.samples, dataset.rows, dataset.uploads) == (101, 101, 101)


def test_each_row_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("FEW", 10), ("MANY", 20), ("MERGES", 3), ("MILLION", 600)):
        monkeypatch.setattr(large_pools, name, value)
    growth = large_pools._measure_growth(tmp_path / "growth")  # one row of several
    assert growth.ratio is not None
    assert growth.ratio > 0
    million = large_pools._measure_million(tmp_path / "million")  # in this process
    assert [row.unit for row in million] == ["samples/s", "MB", "MB", "s", "shards"]
    assert large_pools._measure_head().holds  # one row of several
