"""The command that registers training bundles."""

from __future__ import annotations

from pathlib import Path

import click

from cloud import audit
from cloud.admin.bundles import RegistrationOutcome
from cloud.admin.bundles import register as register_bundle
from cloud.audit import AuditEvent
from cloud.commands.surroundings import settings_here, who
from cloud.store import open_store, probe
from contract.environment import path

EVENTS = {
    RegistrationOutcome.REGISTERED: AuditEvent.BUNDLE_REGISTERED,
    RegistrationOutcome.REPLACED: AuditEvent.BUNDLE_REPLACED,
}


@click.group()
def bundle() -> None:
    """Training bundles."""


@bundle.command()
@click.argument("directory", type=path)
@click.option("--replace", is_flag=True, help="Take the place of another bundle of its space; stop the worker first.")
def add(directory: Path, replace: bool) -> None:
    """Register the training bundle in DIRECTORY, so that its space takes uploads.

    A bundle that turned out broken can be replaced as long as nothing was released from it; after that, by one of
    the same labels and golden sample, as `fedex-export bundle --space` makes it.
    """
    store = open_store(settings_here().store)
    probe(store)
    registration = register_bundle(store, directory, replace=replace)
    added = registration.bundle
    if registration.outcome in EVENTS:
        audit.note(EVENTS[registration.outcome], by=who(), space=added.space)
    click.echo(f"{registration.outcome} space {added.space} ({added.cut}, {len(added.labels)} labels)")
