"""The command line of the service: serve, worker, bundle add, status. It only wires things together."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from cloud import dataset_head, inbox, registry, spaces
from cloud.errors import CloudError, SettingError
from cloud.keys import Pool
from cloud.logs import configure_logging
from cloud.objects import ObjectStore, open_store, probe
from cloud.settings import Settings


def main() -> None:
    """Run the command line; what goes wrong is one line and status 1."""
    try:
        commands(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except CloudError as error:
        sys.exit(f"error: {error}")


@click.group()
def commands() -> None:
    """FEDEx in the cloud. Settings come from the environment: see the README's table."""


@commands.command()
@click.option("--bind", help="Address and port, in place of FEDEX_BIND.")
def serve(bind: str | None) -> None:
    """Answer devices, until stopped."""
    settings = Settings.from_environment(os.environ | ({"FEDEX_BIND": bind} if bind else {}))
    if not settings.enrolment:
        raise SettingError("FEDEX_ENROLMENT is not set: without a code no device can enrol")
    configure_logging()
    probe(open_store(settings.store))
    from cloud.server import Server  # gunicorn sets signal handlers and more as it loads

    Server(settings).run()


@commands.command()
def worker() -> None:
    """Merge, train and publish, until stopped."""
    settings = Settings.from_environment(os.environ)
    configure_logging()
    from cloud.worker import run_worker  # the web side needs none of what it loads

    run_worker(settings)


@commands.group()
def bundle() -> None:
    """Training bundles."""


@bundle.command()
@click.argument("directory", type=click.Path(path_type=Path))
def add(directory: Path) -> None:
    """Register the training bundle in DIRECTORY, so that its space takes uploads."""
    store = _open()
    added = spaces.register(store, directory)
    click.echo(f"registered space {added.space} ({added.cut}, {len(added.labels)} labels)")


@commands.command()
def status() -> None:
    """Say what spaces and pools there are, and how they are doing."""
    store = _open()
    for space in spaces.registered(store):
        click.echo(f"space {space}")
    for pool in dataset_head.pools(store):
        click.echo(_describe(store, pool))


def _describe(store: ObjectStore, pool: Pool) -> str:
    dataset, _ = dataset_head.read(store, pool)
    waiting = len(inbox.pending(store, pool))
    serials = registry.read(store, pool).serials
    released = ", ".join(f"{channel} {serial}" for channel, serial in serials.items()) or "none"
    return f"pool {pool.path}: {dataset.samples} samples, {waiting} uploads waiting, releases: {released}"


def _open() -> ObjectStore:
    store = open_store(Settings.from_environment(os.environ).store)
    probe(store)
    return store


if __name__ == "__main__":
    main()
