"""The commands for the key that releases are signed with."""

from __future__ import annotations

import time

import click

from cloud.commands.surroundings import settings_here
from cloud.releases.signing import rotate
from cloud.store import open_store, probe
from cloud.worker.lock import claimed
from contract.invitation import fingerprint, shown_fingerprint


@click.group()
def key() -> None:
    """Change the key that releases are signed with."""


@key.command("rotate")
def rotate_key() -> None:
    """Let a new key take the place of the one that signs releases; stop the worker first, and start it afterwards.

    The old key signs the new one and is removed. Devices follow by themselves, also those that were away for several
    rotations. The worker signs what stands anew as it starts.
    """
    settings = settings_here()
    with claimed(settings.state):
        store = open_store(settings.store)
        probe(store)
        rotated = rotate(settings.state, store, now=int(time.time()))
    digits = shown_fingerprint(fingerprint(rotated.public))
    click.echo(f"rotated: key {digits} signs from now on; start the worker, which signs what stands anew")
