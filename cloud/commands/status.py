"""The command that says how spaces and pools are doing."""

from __future__ import annotations

from collections.abc import Iterator

import click

from cloud.commands.pools import pools_of, waiting_in
from cloud.commands.surroundings import show
from cloud.dataset import pointer as dataset_pointer
from cloud.releases import registry, space_lists
from cloud.spaces import bundles
from cloud.store import ObjectStore
from cloud.store.keys import Pool
from contract.manifest import Channel, Manifest
from contract.rollout import PARTS
from contract.unknown import point_of


@click.command()
def status() -> None:
    """Say what spaces and pools there are, and how they are doing. Writes nothing."""
    show(_status)


def _status(store: ObjectStore) -> Iterator[str]:
    registered = bundles.registered(store)
    yield from (f"space {space}" for space in registered)
    if not registered:
        yield "no space: `fedex-cloud bundle add DIRECTORY` registers a training bundle"
    yield from (_describe(store, pool) for pool in pools_of(store))


def _describe(store: ObjectStore, pool: Pool) -> str:
    dataset, _ = dataset_pointer.read(store, pool)
    waiting = waiting_in(store, pool) or "no uploads"
    channels = registry.read(store, pool).channels
    released = ", ".join(_describe_release(channel, one.manifest) for channel, one in channels.items()) or "none"
    signed = space_lists.read(store, pool.group)
    retired = " (retired)" if signed and pool.space in signed.spaces.retired else ""
    return f"pool {pool.path}{retired}: {dataset.samples} samples, {waiting} waiting, releases: {released}"


def _describe_release(channel: Channel, manifest: Manifest) -> str:
    """Name a release and its point of "unknown", and say for whom it is where that is not everybody."""
    named = f"{channel} {manifest.serial}"
    if not manifest.heads:
        return f"{named} (withdrawn: the bundle's head)"
    point = point_of(manifest.threshold, manifest.points)
    share = manifest.rollout.share if manifest.rollout else PARTS
    said = [*([point.value] if point else []), *([f"for {share} of {PARTS}"] if share != PARTS else [])]
    return f"{named} ({', '.join(said)})" if said else named
