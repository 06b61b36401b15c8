"""The commands that copy a store, bring a copy back, and look whether a store holds together."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TypeVar

import click

from cloud import audit
from cloud.admin.copies import back_up, bring_back
from cloud.admin.fsck import Checker, Finding
from cloud.admin.restored import RestoredReleases
from cloud.audit import AuditEvent
from cloud.commands.surroundings import settings_here, who
from cloud.errors import Damaged, StoreError, StoreRefused
from cloud.releases.decisions import Decision
from cloud.releases.erase import ReleaseEraser
from cloud.releases.key_files import load_pair
from cloud.releases.signing import load as load_key
from cloud.settings import Settings
from cloud.store import ObjectStore, open_store, probe
from cloud.worker.lock import claimed
from contract.text import escaped

Answer = TypeVar("Answer")

WHY_RESTORED = "the store was restored: serials go on above those that devices may have seen"


@click.command()
@click.argument("address")
def backup(address: str) -> None:
    """Copy the store to ADDRESS, an empty folder or bucket as FEDEX_STORE names one; everything may go on meanwhile.

    What is acknowledged before it begins is in the copy. The signing key is not: `keys export` copies it. What is
    erased later stays in the copy: delete old ones.
    """
    store, copy = open_store(settings_here().store), open_store(address)
    probe(copy)
    audit.note(AuditEvent.STORE_COPIED, by=who(), store=repr(store), to=repr(copy))  # it may end before it is whole
    report = _answered(lambda: back_up(store, copy, now=time.time()))
    _complain(copy, Checker(copy).run(), advice="copy it again, and see `fsck` of the store")
    click.echo(f"{report.objects} objects, {report.size} bytes")


@click.command()
@click.argument("address")
def restore(address: str) -> None:
    """Bring the copy at ADDRESS back to the store, which is empty; nothing else may use it until this is done.

    Needs FEDEX_STATE with the key: `keys import` it first. What was acknowledged since the copy was begun is not in it.
    """
    settings = settings_here()
    with claimed(settings.state):
        load_pair(settings.state)
        store, copy = open_store(settings.store), open_store(address)
        probe(store)
        report = _answered(lambda: bring_back(copy, store))
        audit.note(AuditEvent.STORE_RESTORED, by=who(), store=repr(store), copy=repr(copy), begun=report.begun)
        begun = f"{datetime.fromtimestamp(report.begun, UTC):%Y-%m-%d %H:%M} UTC"
        click.echo(f"{report.objects} objects, {report.size} bytes, as they were at {begun}")
        findings = _mend(store, settings)
        _raise_serials(store, settings)
        _complain(store, findings, advice="see the README")


@click.command()
@click.option("--mend", is_flag=True, help="Mend what can be; stop the service and the worker first.")
@click.option(
    "--restored",
    is_flag=True,
    help="The store was restored by other means than `restore`: mend, and raise all serials.",
)
def fsck(mend: bool, restored: bool) -> None:
    """Look whether the store holds together; ends with 1 where it does not. Writes nothing unless it is told to."""
    settings = settings_here()
    store = open_store(settings.store)
    if not (mend or restored):
        _complain(store, Checker(store).run(), advice="--mend mends what can be")
        return
    with claimed(settings.state):
        findings = _mend(store, settings)
        if restored:
            _raise_serials(store, settings)
        _complain(store, findings, advice="see the README")


def _mend(store: ObjectStore, settings: Settings) -> list[Finding]:
    def eraser() -> ReleaseEraser:
        return ReleaseEraser(store, load_key(settings.state, store), settings.manifest_life_s)

    findings = _answered(lambda: list(Checker(store, mend=True, eraser=eraser, now=time.time()).run()))
    mended = sum(finding.is_mended for finding in findings)
    audit.note(AuditEvent.STORE_MENDED, by=who(), store=repr(store), mended=mended)
    return findings


def _raise_serials(store: ObjectStore, settings: Settings) -> None:
    """Sign what stands anew, so that devices take it for newer than what they have seen."""
    decision = Decision(who(), WHY_RESTORED, int(time.time()))
    releases = RestoredReleases(store, load_key(settings.state, store), settings.manifest_life_s)
    for manifest in _answered(lambda: releases.run(decision)):
        click.echo(f"pool {manifest.group}/{manifest.space}: {manifest.channel} goes on as {manifest.serial}")


def _complain(store: ObjectStore, findings: Iterable[Finding], *, advice: str) -> None:
    """Print findings; raise `Damaged` where a fault is among them that was not mended."""
    faults = 0
    for one in _answered(lambda: list(findings)):
        state = " (mended)" if one.is_mended else " (can be mended)" if one.can_be_mended else ""
        click.echo(escaped(f"{one.key}: {one.what}{state}"))
        faults += one.is_fault and not one.is_mended
    if faults:
        raise Damaged(f"{store!r}: {faults} {'fault' if faults == 1 else 'faults'}; {advice}")
    click.echo("the store holds together")


def _answered(look: Callable[[], Answer]) -> Answer:
    """Return what a look at a store gives; what the store refuses is one line."""
    try:
        return look()
    except StoreError as error:
        raise StoreRefused(f"{error.key}: {error.reason}") from error
