"""The commands for enrolment codes that the store keeps."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

import click

from cloud import audit
from cloud.admin.invitations import invite
from cloud.audit import AuditEvent
from cloud.commands.surroundings import describe_all, show, store_here, who
from cloud.commands.values import CODE_ID, GROUP, Span, shown_time
from cloud.identity import codes
from cloud.identity.codes import MAX_USES, EnrolmentCode
from cloud.identity.verification_keys import read_key
from cloud.store import ObjectStore


@click.group("codes")
def group() -> None:
    """Enrolment codes, which let devices into a group; the running service takes them at once."""


@group.command()
@click.option("--group", "opens", type=GROUP, required=True, help="That the code opens.")
@click.option("--uses", type=click.IntRange(1, MAX_USES), default=1, show_default=True, help="Devices that it lets in.")
@click.option("--expires", type=Span(), default="7d", show_default=True, help="After so long, such as 30m, 12h or 7d.")
@click.option("--url", help="Where devices find the service: prints an invitation too, for a QR code.")
def add(opens: str, uses: int, expires: int, url: str | None) -> None:
    """Make a code and show it, this once: the store keeps its hash alone."""
    now, code = int(time.time()), codes.draw()
    with store_here() as store:
        invitation = invite(read_key(store), code, group=opens, url=url) if url else None
        made = codes.add(store, code, group=opens, uses=uses, expires=now + expires, now=now)
    audit.note(AuditEvent.CODE_ADDED, by=who(), code=made.id, group=opens, uses=uses, expires=made.expires)
    click.echo(f"code {code}")
    click.echo(f"id {_describe(made, now=now)}")
    if invitation:
        click.echo(invitation.encode())


@group.command("list")
def list_codes() -> None:
    """Show what codes there are, by their ids. Writes nothing."""
    show(_list)


@group.command()
@click.argument("id_", metavar="ID", type=CODE_ID)
def withdraw(id_: str) -> None:
    """Let a code open nothing any more; the devices that it let in stay."""
    with store_here() as store:
        code = codes.withdraw(store, id_)
    facts = {"group": code.group, "devices": len(code.devices)} if code else {}
    audit.note(AuditEvent.CODE_WITHDRAWN, by=who(), code=id_, **facts)
    said = f" of group {code.group}, which let in {len(code.devices)} of {code.uses}" if code else ", which was damaged"
    click.echo(f"withdrawn: {id_}{said}")


def _list(store: ObjectStore) -> Iterator[str]:
    now = int(time.time())
    yield from describe_all(store, codes.read_all, partial(_describe, now=now))


def _describe(code: EnrolmentCode, *, now: int) -> str:
    used = f"{len(code.devices)} of {code.uses} used"
    return f"{code.id}: group {code.group}, {code.state(now=now)}, {used}, until {shown_time(code.expires)}"
