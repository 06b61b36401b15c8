"""Pools as commands name, find and count them."""

from __future__ import annotations

import click

from cloud.dataset import inbox
from cloud.dataset import pointer as dataset_pointer
from cloud.store import ObjectStore
from cloud.store.keys import Pool
from contract.patterns import GROUP_PATTERN, HEX64_PATTERN


class PoolName(click.ParamType[Pool]):
    """A group's samples in one space, as `status` names them."""

    name = "pool"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Pool:
        """Read GROUP/SPACE."""
        group, _, space = value.partition("/")
        if not (GROUP_PATTERN.fullmatch(group) and HEX64_PATTERN.fullmatch(space)):
            self.fail(f"expected GROUP/SPACE, as status shows it, got {value!r}", param, ctx)
        return Pool(group, space)


def pools_of(store: ObjectStore) -> list[Pool]:
    """List the pools with a dataset, and those of which nothing was merged yet."""
    pools = {*dataset_pointer.pools(store), *inbox.pools_with_news(store)}
    return sorted(pools, key=lambda pool: pool.path)


def waiting_in(store: ObjectStore, pool: Pool) -> str:
    """Count the uploads that wait to be merged; nothing where there are none."""
    waiting = len(inbox.pending(store, pool))
    return "" if not waiting else "1 upload" if waiting == 1 else f"{waiting} uploads"
