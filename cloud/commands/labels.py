"""The commands for labels beside the bundle's: which there are, and which need not wait for a second device."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import click

from cloud import audit
from cloud.admin.erasing import label_scope
from cloud.admin.labels import LabelFacts, LabelState, is_used, read_labels
from cloud.audit import AuditEvent
from cloud.commands.pools import pools_of
from cloud.commands.surroundings import settings_here, show, store_here, who
from cloud.commands.values import GROUP
from cloud.dataset import admission
from cloud.errors import NothingToDo
from cloud.label_limit import LabelLimit
from cloud.store import ObjectStore
from contract.text import escaped

in_group = click.option("--group", "of", type=GROUP, required=True, help="That uses the label.")


@click.group("labels")
def group() -> None:
    """Labels that a group has beside its bundle's. What one device brings alone waits, beyond FEDEX_LABELS_ALONE."""


@group.command("list")
@click.option("--group", "of", type=GROUP, help="Of this group only.")
@click.option("--waiting", is_flag=True, help="Only those that wait for a second device or `allow`.")
def list_labels(of: str | None, waiting: bool) -> None:
    """Show each label, its samples, its devices, and what becomes of it. Writes nothing."""
    show(partial(_list, of=of, waiting=waiting, limit=settings_here().labels_alone))


@group.command()
@in_group
@click.argument("label")
def allow(of: str, label: str) -> None:
    """Let LABEL into the next head though one device alone uses it; a worker trains the group anew with it."""
    name = label_scope(of, label).label
    with store_here() as store:
        if not is_used(store, of, name):
            raise NothingToDo(f"{name}: expected a label of merged samples in group {of}, got one that none has")
        admission.allow(store, of, name)
    audit.note(AuditEvent.LABEL_ALLOWED, by=who(), group=of)
    click.echo(f"allowed: {escaped(name)} in group {of}")


@group.command()
@in_group
@click.argument("label")
def disallow(of: str, label: str) -> None:
    """Take back that LABEL is allowed; where a release has it already, it stays: `erase` takes it out."""
    name = label_scope(of, label).label
    with store_here() as store:
        admission.disallow(store, of, name)
    audit.note(AuditEvent.LABEL_DISALLOWED, by=who(), group=of)
    click.echo(f"not allowed any more: {escaped(name)} in group {of}")


def _list(store: ObjectStore, *, of: str | None, waiting: bool, limit: LabelLimit) -> Iterator[str]:
    for pool in pools_of(store):
        if of in (None, pool.group):
            yield f"pool {pool.path}"
            found = read_labels(store, pool, limit)
            yield from (f"  {_describe(one)}" for one in found if not waiting or one.state is LabelState.ALONE)


def _describe(one: LabelFacts) -> str:
    devices = f"device {one.devices[0]}" if len(one.devices) == 1 else f"{len(one.devices)} devices"
    samples = "1 sample" if one.samples == 1 else f"{one.samples} samples"
    said = ", allowed" if one.is_allowed else ""
    return f"{escaped(one.label)}: {samples} of {devices}, {one.state}{said}"
