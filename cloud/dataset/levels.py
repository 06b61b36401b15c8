"""Levels: which shards are written anew together with a new one, so that their number grows with the logarithm. Pure.

A shard of 8**k rows or more, and of fewer than 8**(k + 1), is of level k. The last ones of a dataset that are at most
of the level of a new shard are one run; with the eighth of a run all of them become one shard, which may be the eighth
of the next level's::

    rows     512  64 64 64  8 8 8 8 8 8 8  1 1 1 1 1 1 1   and one more
    become   512  64 64 64 64

So each row is written anew once for each level, and there are at most seven shards for each level up to the highest
one. Only neighbours are put together: the order of merging stays. A shard beyond half of `MAX_SHARD_BYTES` stays as it
is.
"""

from __future__ import annotations

from collections.abc import Sequence

from cloud.dataset.shards import ShardRef

FAN = 8
MAX_SHARD_BYTES = 128 << 20
"""What a merge that puts shards together holds in memory twice or three times."""
MAX_SHARD_ROWS = 1 << 20

_LEVEL_BITS = FAN.bit_length() - 1


def level(rows: int) -> int:
    """Return the level of a shard of so many rows, at least one."""
    return (rows.bit_length() - 1) // _LEVEL_BITS


def count_absorbed(shards: Sequence[ShardRef], *, rows: int, size: int) -> int:
    """Return how many of the last shards become one with a new one of so many rows, and at most so many bytes."""
    taken = 0
    while True:
        run = _run(shards[: len(shards) - taken], level(rows))
        if len(run) + 1 < FAN:
            return taken
        fitting = _fitting(run, rows=rows, size=size)
        if not fitting:
            return taken
        taken += len(fitting)
        rows += sum(ref.rows for ref in fitting)
        size += sum(ref.size for ref in fitting)


def _run(shards: Sequence[ShardRef], highest: int) -> list[ShardRef]:
    """Return the last shards that are at most of a level and not full, the newest first."""
    run: list[ShardRef] = []
    for ref in reversed(shards):
        if level(ref.rows) > highest or 2 * ref.size > MAX_SHARD_BYTES:
            break
        run.append(ref)
    return run


def _fitting(run: Sequence[ShardRef], *, rows: int, size: int) -> list[ShardRef]:
    """Return the first of a run that make no shard that is too large."""
    fitting: list[ShardRef] = []
    for ref in run:
        rows, size = rows + ref.rows, size + ref.size
        if rows > MAX_SHARD_ROWS or size > MAX_SHARD_BYTES:
            break
        fitting.append(ref)
    return fitting
