"""Which shards become one: few are left, each row is written seldom, and the order stays."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cloud.dataset import levels
from cloud.dataset.levels import FAN, MAX_SHARD_BYTES, count_absorbed, level
from cloud.dataset.shards import ShardRef

ROW_BYTES = 300


def shard(rows: int, *, row_bytes: int = ROW_BYTES) -> ShardRef:
    return ShardRef("0" * 64, rows * row_bytes, rows)


def grow(shards: list[ShardRef], rows: int, *, row_bytes: int = ROW_BYTES) -> int:
    """Add a shard as a merge does; return how many rows were written."""
    new = shard(rows, row_bytes=row_bytes)
    taken = count_absorbed(shards, rows=rows, size=new.size)
    olds = shards[len(shards) - taken :]
    del shards[len(shards) - taken :]
    whole = replace(new, rows=rows + sum(one.rows for one in olds), size=new.size + sum(one.size for one in olds))
    shards.append(whole)
    return whole.rows


def test_the_level_is_the_logarithm() -> None:
    assert [level(rows) for rows in (1, 7, 8, 63, 64, 511, 512)] == [0, 0, 1, 1, 2, 2, 3]


def test_seven_wait_and_the_eighth_is_written_with_them() -> None:
    shards: list[ShardRef] = []
    for _ in range(FAN - 1):
        grow(shards, 1)
    assert [one.rows for one in shards] == [1] * 7
    grow(shards, 1)
    assert [one.rows for one in shards] == [8]


def test_the_picture_of_the_module_is_true() -> None:
    shards = [shard(rows) for rows in (512, *[64] * 3, *[8] * 7, *[1] * 7)]
    grow(shards, 1)
    assert [one.rows for one in shards] == [512, 64, 64, 64, 64]


def test_a_hundred_thousand_uploads_one_by_one_are_few_shards_and_each_row_is_written_a_few_times() -> None:
    shards: list[ShardRef] = []
    written, most = 0, 0
    for _ in range(100_000):
        written += grow(shards, 1)
        most = max(most, len(shards))
    assert most <= 7 * 6
    assert written / 100_000 < 7
    assert sum(one.rows for one in shards) == 100_000


def test_a_million_samples_of_the_largest_common_kind_are_some_hundred_shards() -> None:
    """Whose references are HEAD: of 128 bytes each, far below 64 kB."""
    shards: list[ShardRef] = []
    for _ in range(1000):
        grow(shards, 1000, row_bytes=8200)
    assert len(shards) < 150
    assert max(one.size for one in shards) <= MAX_SHARD_BYTES


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=400))
@example([1, 1, 1, 1, 1, 1, 8, 1, 1])
def test_however_many_rows_come_at_once_there_are_at_most_seven_shards_for_each_level(merges: list[int]) -> None:
    shards: list[ShardRef] = []
    for rows in merges:
        grow(shards, rows)
    assert sum(one.rows for one in shards) == sum(merges)
    levels = level(max(one.rows for one in shards)) + 1
    assert len(shards) <= (FAN - 1) * levels


def test_small_shards_between_large_ones_are_no_more_than_these() -> None:
    shards: list[ShardRef] = []
    for _ in range(500):
        grow(shards, 1000)
        grow(shards, 1)
    assert len(shards) < 40


@pytest.mark.parametrize("rows", [levels.MAX_SHARD_ROWS // 2, 10])
def test_nothing_becomes_larger_than_a_shard_may_be(rows: int) -> None:
    size = MAX_SHARD_BYTES // 3
    before = [ShardRef("0" * 64, size, rows)] * 7
    taken = count_absorbed(before, rows=rows, size=size)
    assert taken == (1 if rows > 10 else 2)
