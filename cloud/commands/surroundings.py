"""What every command begins with: the settings of the environment, and a store that is only looked at."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import click

from cloud.errors import StoreError, StoreRefused
from cloud.settings import Settings
from cloud.store import ObjectStore, open_store


def settings_here() -> Settings:
    """Read the settings of the environment."""
    return Settings.from_environment(os.environ)


def show(look: Callable[[ObjectStore], Iterator[str]]) -> None:
    """Print what a look at the store says, line by line; what the store refuses is one line."""
    store = open_store(settings_here().store)
    try:
        for line in look(store):
            click.echo(line)
    except StoreError as error:
        raise StoreRefused(f"{store!r}: {error.reason}") from error
