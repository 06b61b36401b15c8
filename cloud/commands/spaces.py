"""The commands for spaces of a group."""

from __future__ import annotations

import time

import click

from cloud import audit
from cloud.admin.spaces import SpaceOperator
from cloud.audit import AuditEvent
from cloud.commands.pools import PoolName
from cloud.commands.surroundings import settings_here, who
from cloud.identity import codes
from cloud.releases.signing import load as load_key
from cloud.releases.space_lists import SpaceLister
from cloud.store import open_store
from cloud.store.keys import Pool


@click.group()
def space() -> None:
    """Spaces of a group; these commands sign, and need FEDEX_STATE of the worker."""


@space.command()
@click.argument("pool", type=PoolName())
def retire(pool: Pool) -> None:
    """Retire the space of POOL for its group: devices keep their feedback, and are told to get a new bundle.

    Web processes that run know it within half a minute.
    """
    listed = _space_operator().retire(pool, now=time.time())
    audit.note(AuditEvent.SPACE_RETIRED, by=who(), pool=pool.path, serial=listed.serial)
    click.echo(
        f"retired {pool.path}, list {listed.serial}: {len(listed.current)} current, {len(listed.retired)} retired"
    )


@space.command()
@click.argument("pool", type=PoolName())
def restore(pool: Pool) -> None:
    """Take the retirement of the space of POOL back; a worker that runs trains it again within an hour."""
    listed = _space_operator().restore(pool, now=time.time())
    audit.note(AuditEvent.SPACE_RESTORED, by=who(), pool=pool.path, serial=listed.serial)
    click.echo(f"restored {pool.path}, list {listed.serial}: {len(listed.current)} current")


def _space_operator() -> SpaceOperator:
    settings = settings_here()
    store = open_store(settings.store)
    lister = SpaceLister(store, load_key(settings.state, store), settings.manifest_life_s)
    return SpaceOperator(lister, frozenset(settings.enrolment.values()) | codes.groups(store))
