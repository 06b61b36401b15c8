"""The commands for releases that stand."""

from __future__ import annotations

import time

import click

from cloud.admin.releases import ReleaseOperator
from cloud.commands.pools import PoolName
from cloud.commands.surroundings import settings_here
from cloud.releases.signing import load as load_key
from cloud.store import open_store
from cloud.store.keys import Pool
from contract.manifest import Channel
from contract.rollout import PARTS


@click.group()
def release() -> None:
    """Releases that stand; these commands sign, and need FEDEX_STATE of the worker."""


@release.command()
@click.argument("pool", type=PoolName())
@click.argument("channel", type=click.Choice([one.value for one in Channel]))
@click.argument("share", type=click.IntRange(0, PARTS))
def share(pool: Pool, channel: str, share: int) -> None:
    """Let the newest release of CHANNEL be for SHARE of 10000 devices of POOL.

    Devices that have it keep it, whatever the share; a share of 0 lets no others in.
    """
    manifest = _release_operator().share(pool, Channel(channel), share=share, now=time.time())
    click.echo(f"{channel} {manifest.serial} is for {share} of {PARTS} devices")


@release.command()
@click.argument("pool", type=PoolName())
@click.argument("channel", type=click.Choice([one.value for one in Channel]))
@click.argument("serial", type=click.IntRange(1))
@click.option("--to-bundle", is_flag=True, help="Return to the head of the bundle, whatever was released before.")
def withdraw(pool: Pool, channel: str, serial: int, to_bundle: bool) -> None:
    """Withdraw release SERIAL, the newest of CHANNEL: all devices of POOL return to the one before, when they ask next.

    That is the newest that was for all devices. Where there is none, the head of the bundle serves. `status` names the
    serial; the same command again withdraws nothing more.
    """
    operator = _release_operator()
    manifest = operator.withdraw(pool, Channel(channel), serial=serial, to_bundle=to_bundle, now=time.time())
    serves = "an older release" if manifest.heads else "the head of the bundle"
    withdrawn = ", ".join(f"{first} to {last}" for first, last in manifest.withdraws.ranges)
    click.echo(f"{channel} {manifest.serial}: {serves} serves, withdrawn are {withdrawn}")


def _release_operator() -> ReleaseOperator:
    settings = settings_here()
    store = open_store(settings.store)
    return ReleaseOperator(store, load_key(settings.state, store), settings.manifest_life_s)
