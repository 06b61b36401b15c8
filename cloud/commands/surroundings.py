"""What every command begins with: the settings of the environment, a store, and who runs the command."""

from __future__ import annotations

import contextlib
import getpass
import os
from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

import click

from cloud import audit
from cloud.errors import Damaged, StoreError, StoreRefused
from cloud.settings import Settings
from cloud.store import ObjectStore, open_store

One = TypeVar("One", covariant=True)


class ReadsAll(Protocol[One]):
    """What reads all records of a kind, and tells of those that cannot be read."""

    def __call__(self, store: ObjectStore, *, damaged: Callable[[Damaged], None]) -> Iterator[One]:
        """Read them in order."""


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


def describe_all(store: ObjectStore, read_all: ReadsAll[One], describe: Callable[[One], str | None]) -> Iterator[str]:
    """Yield a line of each record, if it has one, and then of each that cannot be read.

    Raises:
        Damaged: there are such; nothing is left out before it is raised.
    """
    faults: list[str] = []
    lines = (describe(one) for one in read_all(store, damaged=lambda error: faults.append(f"damaged: {error}")))
    yield from (line for line in lines if line is not None)
    yield from faults
    if faults:
        raise Damaged(f"{len(faults)} of them cannot be read; `fedex-cloud fsck` says what to do")


def who() -> str:
    """Return who runs this command, as the system knows them, for the audit log."""
    try:
        return f"shell:{getpass.getuser()}"
    except (OSError, KeyError):  # as in a container whose user has no name
        return f"shell:{os.getuid()}"
