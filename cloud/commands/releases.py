"""The commands for releases: what was released, and what an operator decides of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TypeVar

import click

from cloud.admin.best import BestOperator
from cloud.admin.releases import ReleaseOperator
from cloud.admin.standing import StandingReleases
from cloud.commands.pools import PoolName
from cloud.commands.surroundings import settings_here, show, who
from cloud.errors import NothingToDo
from cloud.releases import registry
from cloud.releases.decisions import DECISIONS, Decision
from cloud.releases.history import PastRelease, find, newest
from cloud.releases.registry import Registry
from cloud.releases.signing import load as load_key
from cloud.store import ObjectStore, open_store
from cloud.store.keys import Pool
from contract.documents import Json
from contract.errors import ContractError
from contract.history import DEFAULT_HISTORY, MAX_HISTORY
from contract.manifest import Channel
from contract.rollout import PARTS
from contract.text import escaped

Operator = TypeVar("Operator", bound=StandingReleases)
Command = Callable[..., None]

CHANNEL = click.Choice([one.value for one in Channel])
SERIAL = click.IntRange(1)


@click.group()
def releases() -> None:
    """Releases: what there is, and which of them serves. What decides needs FEDEX_STATE of the worker, which signs."""


def _decides(command: Command) -> Command:
    """Let a command be told who decides, and why."""
    why = click.option("--why", required=True, help="Shown in the history, which the group's devices may read.")
    by = click.option("--by", default=who, help="Who decides; your login name if not given.")
    return why(by(command))


@releases.command("list")
@click.argument("pool", type=PoolName())
@click.option("--limit", type=click.IntRange(1, MAX_HISTORY), default=DEFAULT_HISTORY, show_default=True)
def list_releases(pool: Pool, limit: int) -> None:
    """List the releases of POOL, newest first: which stand, which are withdrawn, and what was decided of them.

    One whose files are gone is in the history alone: it cannot be promoted (FEDEX_RELEASES_KEPT).
    """
    show(lambda store: _list(store, pool, limit=limit))


@releases.command("show")
@click.argument("pool", type=PoolName())
@click.argument("channel", type=CHANNEL)
@click.argument("serial", type=SERIAL)
def show_release(pool: Pool, channel: str, serial: int) -> None:
    """Show all that is known of release SERIAL of CHANNEL, as JSON."""
    show(lambda store: _show(store, pool, Channel(channel), serial))


@releases.command()
@click.argument("pool", type=PoolName())
@click.argument("channel", type=CHANNEL)
@click.argument("serial", type=SERIAL)
@click.option("--pin", is_flag=True, help="Hold best still with it, until `unpin`.")
@_decides
def promote(pool: Pool, channel: str, serial: int, pin: bool, by: str, why: str) -> None:
    """Let the head of release SERIAL of CHANNEL be best, for all devices of POOL, when they ask next.

    An older one of best is a roll-back; one of latest may be a head that the gate refused. Without a pin, the next head
    that passes the gate takes its place.
    """
    operator, decision = _operator(BestOperator), _decision(by, why)
    manifest = operator.promote(pool, Channel(channel), serial=serial, decision=decision, pin=pin)
    click.echo(f"best {manifest.serial} has the head of {channel} {serial}{' and is pinned' if pin else ''}")


@releases.command()
@click.argument("pool", type=PoolName())
@click.argument("serial", type=SERIAL)
@_decides
def pin(pool: Pool, serial: int, by: str, why: str) -> None:
    """Hold best of POOL still, which is release SERIAL: training goes on, to latest alone."""
    manifest = _operator(BestOperator).pin(pool, serial=serial, decision=_decision(by, why))
    click.echo(f"best {manifest.serial} is pinned")


@releases.command()
@click.argument("pool", type=PoolName())
@_decides
def unpin(pool: Pool, by: str, why: str) -> None:
    """Let best of POOL go on: the next head that passes the gate becomes it. `promote` takes latest at once."""
    manifest = _operator(BestOperator).unpin(pool, decision=_decision(by, why))
    click.echo(f"best {manifest.serial} is not pinned any more")


@releases.command()
@click.argument("pool", type=PoolName())
@click.argument("channel", type=CHANNEL)
@click.argument("share", type=click.IntRange(0, PARTS))
@_decides
def share(pool: Pool, channel: str, share: int, by: str, why: str) -> None:
    """Let the newest release of CHANNEL be for SHARE of 10000 devices of POOL.

    Devices that have it keep it, whatever the share; a share of 0 lets no others in.
    """
    operator, decision = _operator(ReleaseOperator), _decision(by, why)
    manifest = operator.share(pool, Channel(channel), share=share, decision=decision)
    click.echo(f"{channel} {manifest.serial} is for {share} of {PARTS} devices")


@releases.command()
@click.argument("pool", type=PoolName())
@click.argument("channel", type=CHANNEL)
@click.argument("serial", type=SERIAL)
@click.option("--to-bundle", is_flag=True, help="Return to the head of the bundle, whatever was released before.")
@_decides
def withdraw(pool: Pool, channel: str, serial: int, to_bundle: bool, by: str, why: str) -> None:
    """Withdraw release SERIAL, the newest of CHANNEL: all devices of POOL return to the one before, when they ask next.

    That is the newest that was for all devices. Where there is none, the head of the bundle serves. `status` names the
    serial; the same command again withdraws nothing more.
    """
    operator, decision = _operator(ReleaseOperator), _decision(by, why)
    manifest = operator.withdraw(pool, Channel(channel), serial=serial, to_bundle=to_bundle, decision=decision)
    serves = "an older release" if manifest.heads else "the head of the bundle"
    withdrawn = ", ".join(f"{first} to {last}" for first, last in manifest.withdraws.ranges)
    click.echo(f"{channel} {manifest.serial}: {serves} serves, withdrawn are {withdrawn}")


def _operator(kind: type[Operator]) -> Operator:
    settings = settings_here()
    store = open_store(settings.store)
    return kind(store, load_key(settings.state, store), settings.manifest_life_s)


def _decision(by: str, why: str) -> Decision:
    try:
        return Decision(by, why, int(time.time()))
    except ContractError as error:
        raise click.UsageError(f"--{error}") from error


def _list(store: ObjectStore, pool: Pool, *, limit: int) -> Iterator[str]:
    current = registry.read(store, pool)
    if not current.channels:
        yield f"pool {pool.path}: no release yet"
    if current.pin:
        yield f"best is pinned by {escaped(current.pin.by)}, {_time(current.pin.at)}: {escaped(current.pin.why)}"
    yield from (_line(one, current) for one in newest(store, pool, current, limit=limit))


def _line(past: PastRelease, current: Registry) -> str:
    release = past.summary
    standing = current.channels[release.channel]
    states = ["stands"] if release.release == standing.release else []
    states += ["withdrawn"] if release.serial in standing.manifest.withdraws else []
    states += [] if current.keeps(past.release) else ["files gone"]
    accuracy = release.validation_accuracy
    right = f", {100 * accuracy:.1f} % of {release.validation_samples}" if accuracy is not None else ""
    decisions = [
        f"{one['what']} by {one['by']}: {one['why']}"
        for one in _list_of(release.report.get(DECISIONS))
        if {"what", "by", "why"} <= one.keys()
    ]
    named = f"{release.channel} {release.serial}, {_time(release.issued)}, {release.label_count} labels{right}"
    return escaped("; ".join([", ".join([named, *states]), *decisions]))


def _list_of(value: Json) -> list[dict[str, Json]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _show(store: ObjectStore, pool: Pool, channel: Channel, serial: int) -> Iterator[str]:
    recorded = registry.read(store, pool)
    current = recorded.channels.get(channel)
    if current is None:
        raise NothingToDo(f"{pool.path} {channel}: expected a release, got none yet")
    facts = _facts(find(store, pool, current, serial=serial), recorded)
    yield from map(escaped, json.dumps(facts, indent=2, ensure_ascii=False, sort_keys=True, default=list).split("\n"))


def _facts(past: PastRelease, recorded: Registry) -> dict[str, object]:
    """Return what is known of a release, without the logits."""
    manifest, release = past.manifest, past.release
    return {
        "release": past.sha256,
        "channel": manifest.channel,
        "serial": manifest.serial,
        "issued": _time(manifest.issued),
        "expires": _time(manifest.expires),
        "labels": {**manifest.labels.document(), "count": manifest.label_count},
        "heads": {precision: head.file.document() for precision, head in manifest.heads.items()},
        "weights": release.weights.document() if release.weights else None,
        "files": "kept" if recorded.keeps(release) else "gone",
        "threshold": manifest.threshold,
        "validation": {"accuracy": manifest.validation_accuracy, "samples": manifest.validation_samples},
        "parent": manifest.parent,
        "share": manifest.rollout.share if manifest.rollout else PARTS,
        "withdraws": manifest.withdraws.document(),
        "report": release.report,
    }


def _time(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
