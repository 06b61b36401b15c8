"""Compaction: a new shard is written together with the last ones whose level it fills (`cloud.dataset.levels`).

It happens in the merge that brings the new rows, and the pointer moves once: either all is there, or nothing of it.
What was put together is named by no pointer then, and stays for those who have just read the one before, until
`cloud.worker.tidying` takes it away.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from cloud.dataset import levels, shards
from cloud.dataset.blocks import BlockWriter
from cloud.dataset.columns import Columns, join_columns
from cloud.dataset.shards import ShardRef
from cloud.errors import Damaged, NotFound
from cloud.store.keys import Pool
from cloud.store.store import ObjectStore

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WrittenShard:
    """A shard of what is new, and of what was there."""

    ref: ShardRef
    absorbed: int = 0
    """Of how many of the last shards it takes the place."""
    uploads_before: int = 0
    """How many of its uploads came with these."""


def write_new(
    store: ObjectStore, pool: Pool, *, before: Sequence[ShardRef], columns: Columns, blocks: BlockWriter, size: int
) -> WrittenShard:
    """Write new rows, of at most so many bytes, behind the shards that are there.

    Raises:
        Damaged: it could not be read again; nothing was written.
        StoreError: the store failed.
    """
    count = levels.count_absorbed(before, rows=len(columns), size=size)
    try:
        olds = [shards.read_whole(store, pool, ref) for ref in before[len(before) - count :]]
    except (NotFound, Damaged) as error:  # what is new is not: it need not wait until somebody mends the others
        logger.error("shards of %s are not put together: %s", pool.path, error)
        olds = []
    if not olds:
        return WrittenShard(shards.write(store, pool, columns, blocks))
    joined = BlockWriter()
    for _, features in olds:
        joined.add_all(features)
    joined.add_all(blocks.features(columns.feature_shape))
    parts = [one for one, _ in olds]
    ref = shards.write(store, pool, join_columns([*parts, columns]), joined)
    return WrittenShard(ref, len(olds), sum(len(one.arrivals) for one in parts))
