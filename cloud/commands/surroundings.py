"""What every command begins with: the settings of the environment, a store, and who runs the command."""

from __future__ import annotations

import contextlib
import getpass
import os
from collections.abc import Callable, Iterator

import click

from cloud import audit
from cloud.errors import StoreError, StoreRefused
from cloud.settings import Settings
from cloud.store import ObjectStore, open_store


def settings_here() -> Settings:
    """Read the settings of the environment; what the command does goes into the audit log that they name."""
    settings = Settings.from_environment(os.environ)
    if settings.audit is not None:
        audit.keep_in(settings.audit)
    return settings


@contextlib.contextmanager
def store_here() -> Iterator[ObjectStore]:
    """Provide the store of the settings; what it refuses is one line.

    Raises:
        StoreRefused: the store failed in the block.
    """
    store = open_store(settings_here().store)
    try:
        yield store
    except StoreError as error:
        raise StoreRefused(f"{store!r}: {error.reason}") from error


def show(look: Callable[[ObjectStore], Iterator[str]]) -> None:
    """Print what a look at the store says, line by line; what the store refuses is one line."""
    with store_here() as store:
        for line in look(store):
            click.echo(line)


def who() -> str:
    """Return who runs this command, as the system knows them, for the audit log."""
    try:
        return f"shell:{getpass.getuser()}"
    except (OSError, KeyError):  # as in a container whose user has no name
        return f"shell:{os.getuid()}"
