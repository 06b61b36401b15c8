"""The commands that erase samples on request, say what was erased, and give out what is held."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from cloud import audit
from cloud.admin.erasing import Asked, ErasureOperator, device_scope, label_scope
from cloud.admin.held_samples import held_rows, write_held
from cloud.audit import AuditEvent
from cloud.commands.surroundings import describe_all, show, store_here, who
from cloud.commands.values import DEVICE, GROUP, shown_time
from cloud.dataset import erasures
from cloud.dataset.erasures import Erasure, Tombstone
from cloud.dataset.scopes import DeviceScope, LabelScope
from cloud.errors import Damaged
from cloud.store import ObjectStore
from contract.environment import path

device_option = click.option("--device", type=DEVICE, help="What this device has sent.")
label_option = click.option("--label", help="What anybody in the group has sent of this label.")


@click.command()
@device_option
@label_option
@click.option("--group", type=GROUP, help="All that this group has, or with --label, of that label.")
@click.option("--yes", is_flag=True, help="Erase a whole group.")
def erase(device: str | None, label: str | None, group: str | None, yes: bool) -> None:
    """Erase samples: from the dataset, and with them every head that was trained on them.

    The worker does it as soon as it gets to it; until the next head is trained the bundle's serves in the group. A
    device stays enrolled. Phones may hold feedback that they have not sent: what they send later is new. What back-ups
    hold stays there.
    """
    with store_here() as store:
        operator, now = ErasureOperator(store, who()), time.time()
        match device, label, group:
            case str(), None, None:
                asked = operator.device(device, now=now)
            case None, str(), str():
                asked = operator.label(group, label, now=now)
            case None, None, str() if yes:
                asked = operator.group(group, now=now)
            case None, None, str():
                raise click.UsageError(f"erase --group {group}: expected --yes, as this erases all that the group has")
            case _:
                raise click.UsageError("erase: expected --device ID, --label LABEL --group GROUP, or --group GROUP")
    scope, whose = asked.erasure.scope, {"device": device} if device else {}
    facts = {"group": scope.group, "of": scope.document()["kind"], **whose}
    audit.note(AuditEvent.ERASURE_ASKED, by=who(), erasure=asked.erasure.id, **facts)
    _tell(asked)


@click.command("erasures")
def list_erasures() -> None:
    """Say what waits to be erased, and what was erased: when, by whom, and how many samples. Writes nothing."""
    show(_erasures)


@click.command("export-samples")
@device_option
@label_option
@click.option("--group", type=GROUP, help="Of the label.")
@click.argument("folder", type=path)
def export_samples(device: str | None, label: str | None, group: str | None, folder: Path) -> None:
    """Write all that is held of a device, or of a label in a group, into FOLDER, which must not be there yet.

    samples.jsonl has a line for each row, features-SPACE.npy what devices computed. It is as personal as it gets.
    """
    with store_here() as store:
        scope: DeviceScope | LabelScope
        match device, label, group:
            case str(), None, None:
                scope = device_scope(store, device)
            case None, str(), str():
                scope = label_scope(group, label)
            case _:
                raise click.UsageError("export-samples: expected --device ID, or --label LABEL --group GROUP")
        rows = write_held(held_rows(store, scope), folder)
    audit.note(AuditEvent.EXPORTED, by=who(), group=scope.group, rows=rows)
    click.echo(f"{rows} rows are in {folder}")


def _tell(asked: Asked) -> None:
    click.echo(f"erasure {asked.erasure.id}: {asked.rows} rows are held now; the worker erases them")
    for space in asked.spaces:
        click.echo(f"  the bundle of space {space} has this label too: its own samples stay; register another bundle")


def _erasures(store: ObjectStore) -> Iterator[str]:
    yield from describe_all(store, _read_all, _describe)


def _read_all(store: ObjectStore, *, damaged: Callable[[Damaged], None]) -> Iterator[Erasure | Tombstone]:
    yield from erasures.read_waiting(store, damaged=damaged)
    yield from erasures.tombstones(store, damaged=damaged)


def _describe(one: Erasure | Tombstone) -> str:
    if isinstance(one, Erasure):
        return f"waits {one.id}: asked {shown_time(one.asked)} by {one.by}"
    samples = "1 sample" if one.samples == 1 else f"{one.samples} samples"
    return f"erased {one.id}: {samples} on {shown_time(one.erased)}, asked {shown_time(one.asked)} by {one.by}"
