"""The command that says what computed devices' samples."""

from __future__ import annotations

from collections.abc import Iterator

import click

from cloud.admin.self_tests import read_self_tests
from cloud.commands.pools import pools_of, waiting_in
from cloud.commands.surroundings import show
from cloud.spaces import bundles
from cloud.store import ObjectStore
from contract.self_test import as_cosine


@click.command()
def devices() -> None:
    """Say of each device what computed its samples, and at which cosine its self-test was. Writes nothing."""
    show(_devices)


def _devices(store: ObjectStore) -> Iterator[str]:
    for pool in pools_of(store):
        least = as_cosine(bundles.read_facts(store, pool.space).least_cosine_ppm)
        waiting = waiting_in(store, pool)
        yield f"pool {pool.path}: least cosine {least}{f', {waiting} to be merged' if waiting else ''}"
        yield from (f"  {one}" for one in read_self_tests(store, pool))
