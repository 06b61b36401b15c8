"""The commands for devices: who they are, whether they count, and what computed their samples."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import click

from cloud import audit
from cloud.admin.self_tests import read_self_tests
from cloud.audit import AuditEvent
from cloud.commands.pools import pools_of, waiting_in
from cloud.commands.surroundings import describe_all, show, store_here, who
from cloud.commands.values import DEVICE, GROUP, shown_time
from cloud.dataset import inbox
from cloud.errors import NotFound, NothingToDo
from cloud.identity import devices
from cloud.identity.devices import EnrolledDevice
from cloud.spaces import bundles
from cloud.store import ObjectStore
from contract.self_test import as_cosine


@click.group("devices")
def group() -> None:
    """Devices: who they are, and whether they count."""


@group.command("list")
@click.option("--group", "of", type=GROUP, help="Only those of this group.")
def list_devices(of: str | None) -> None:
    """Show every device that is enrolled. Writes nothing."""
    show(partial(_list, of=of))


@group.command("show")
@click.argument("device", type=DEVICE)
def show_device(device: str) -> None:
    """Show one device, and of each pool of its group what it sent. Writes nothing."""
    show(partial(_show, device=device))


@group.command("self-tests")
def self_tests() -> None:
    """Say of each device what computed its samples, and at which cosine its self-test was. Writes nothing."""
    show(_self_tests)


@group.command()
@click.argument("device", type=DEVICE)
@click.option("--drop-uploads", is_flag=True, help="Merge none of its uploads that wait; they are kept otherwise.")
def revoke(device: str, drop_uploads: bool) -> None:
    """Let the tokens of DEVICE count no more, and let it not enrol again; within half a minute everywhere.

    What was merged of it stays: `exclude` leaves it out of training. A code that it knows lets other devices in:
    withdraw that too. With --drop-uploads a device that is revoked already loses what still waits.
    """
    with store_here() as store:
        revoked = devices.revoke(store, device, drops_uploads=drop_uploads)
    _note(AuditEvent.DEVICE_REVOKED, revoked, drops_uploads=drop_uploads)
    click.echo(f"revoked: device {device} of group {revoked.group}; its uploads that wait are {_fate(revoked)}")


@group.command()
@click.argument("device", type=DEVICE)
def exclude(device: str) -> None:
    """Leave the samples of DEVICE out of what is trained on; a worker trains its group anew without them.

    They stay, and the device may go on sending: `revoke` ends that. Training begins anew with the bundle's head where
    a head learned from them, so that labels which nobody else uses are gone from the next one.
    """
    with store_here() as store:
        excluded = devices.exclude(store, device)
    _note(AuditEvent.DEVICE_EXCLUDED, excluded)
    click.echo(f"excluded: device {device} of group {excluded.group}; the next training leaves its samples out")


@group.command()
@click.argument("device", type=DEVICE)
@click.option("--enrol-again", is_flag=True, help="Its tokens stay ended: it enrols with a code, and keeps its id.")
def readmit(device: str, enrol_again: bool) -> None:
    """Take back that DEVICE is revoked or excluded; uploads that were dropped are lost.

    Its token counts again. Where that is in wrong hands, use --enrol-again.
    """
    with store_here() as store:
        readmitted = devices.readmit(store, device, ends_tokens=enrol_again)
    _note(AuditEvent.DEVICE_READMITTED, readmitted, ends_tokens=enrol_again)
    click.echo(f"readmitted: device {device} of group {readmitted.group}")


def _note(event: AuditEvent, device: EnrolledDevice, **facts: bool) -> None:
    audit.note(event, by=who(), device=device.id, group=device.group, **facts)


def _fate(device: EnrolledDevice) -> str:
    return "dropped" if device.drops_uploads else "merged as ever"


def _list(store: ObjectStore, *, of: str | None) -> Iterator[str]:
    yield from describe_all(store, devices.read_all, lambda one: _describe(one) if of in (None, one.group) else None)


def _show(store: ObjectStore, *, device: str) -> Iterator[str]:
    try:
        found = devices.read(store, device)
    except NotFound:
        raise NothingToDo(f"{device}: expected a device that is enrolled, got none of this id") from None
    yield _describe(found)
    for pool in (pool for pool in pools_of(store) if pool.group == found.group):
        waiting = inbox.count_of(store, pool, device=device)
        yield f"pool {pool.path}: {waiting} uploads waiting"
        yield from (f"  {one}" for one in read_self_tests(store, pool) if one.device == device)


def _describe(device: EnrolledDevice) -> str:
    states = [f"revoked (uploads that wait are {_fate(device)})"] if device.revoked else []
    states += ["excluded"] if device.excluded else []
    code = device.code or "of the environment"
    said = f"group {device.group}, enrolled {shown_time(device.enrolled)}, code {code}"
    return f"device {device.id}: {', '.join([said, *states])}"


def _self_tests(store: ObjectStore) -> Iterator[str]:
    for pool in pools_of(store):
        least = as_cosine(bundles.read_facts(store, pool.space).least_cosine_ppm)
        waiting = waiting_in(store, pool)
        yield f"pool {pool.path}: least cosine {least}{f', {waiting} to be merged' if waiting else ''}"
        yield from (f"  {one}" for one in read_self_tests(store, pool))
