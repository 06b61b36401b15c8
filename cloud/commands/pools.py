"""Pools as commands name, find and count them."""

from __future__ import annotations

import click

from cloud.dataset import inbox
from cloud.store import ObjectStore, keys
from cloud.store.keys import Pool
from cloud.store.pools import pools_with
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
    return pools_with(store, keys.DATASETS, keys.INBOX)


def waiting_in(store: ObjectStore, pool: Pool) -> str:
    """Count the uploads that wait to be merged; nothing where there are none."""
    waiting = sum(1 for _ in inbox.all_pending(store, pool))
    return "" if not waiting else "1 upload" if waiting == 1 else f"{waiting} uploads"
