"""The command line of the service: serve, worker, what an operator does, status. It only wires modules together."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from cloud.admin.bundles import register as register_bundle
from cloud.admin.invitations import invite_all
from cloud.admin.releases import ReleaseOperator
from cloud.admin.self_tests import read_self_tests
from cloud.admin.spaces import SpaceOperator
from cloud.dataset import inbox
from cloud.dataset import pointer as dataset_pointer
from cloud.errors import CloudError, SettingError, StoreError, StoreRefused
from cloud.logs import configure_logging
from cloud.releases import registry, space_lists
from cloud.releases.signing import load as load_key
from cloud.releases.signing import rotate
from cloud.releases.space_lists import SpaceLister
from cloud.settings import Settings
from cloud.spaces import bundles
from cloud.store import ObjectStore, open_store, probe
from cloud.store.keys import Pool
from cloud.web.listener import listen
from cloud.worker.lock import claimed
from contract import command_line
from contract.environment import path
from contract.invitation import fingerprint, shown_fingerprint
from contract.manifest import Channel, Manifest
from contract.patterns import GROUP_PATTERN, HEX64_PATTERN
from contract.rollout import PARTS
from contract.self_test import as_cosine
from contract.unknown import point_of


def main() -> None:
    """Run the command line; an error is one line and status 1, or 2 for a command that does not exist."""
    try:
        commands(standalone_mode=False, prog_name="fedex-cloud")
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:
        click.echo(f"fedex-cloud: {error.format_message()}", err=True)
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(command_line.INTERRUPTED)
    except CloudError as error:
        sys.exit(f"fedex-cloud: {error}")
    except OSError as error:  # as standard output on a full disk
        sys.exit(f"fedex-cloud: {error.filename or 'output'}: {error.strerror or error}")


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
    from cloud.web.greenlets import patch_process  # every other command waits as ever

    patch_process()
    listener = listen(settings.bind, stall_s=settings.stall_s)
    probe(open_store(settings.store))
    with command_line.interrupts_end_the_process():
        from cloud.web.server import Server  # gunicorn sets signal handlers and more as it loads

    Server(settings, listener.detach()).run()


@commands.command()
def worker() -> None:
    """Merge, train and publish, until stopped."""
    settings = Settings.from_environment(os.environ)
    configure_logging()
    with command_line.interrupts_end_the_process():
        from cloud.worker.worker import run_worker  # the web side does without what it loads

    run_worker(settings)


@commands.group()
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
    store = open_store(_settings().store)
    probe(store)
    registration = register_bundle(store, directory, replace=replace)
    added = registration.bundle
    click.echo(f"{registration.outcome} space {added.space} ({added.cut}, {len(added.labels)} labels)")


class PoolName(click.ParamType[Pool]):
    """A group's samples in one space, as `status` names them."""

    name = "pool"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Pool:
        """Read GROUP/SPACE."""
        group, _, space = value.partition("/")
        if not (GROUP_PATTERN.fullmatch(group) and HEX64_PATTERN.fullmatch(space)):
            self.fail(f"expected GROUP/SPACE, as status shows it, got {value!r}", param, ctx)
        return Pool(group, space)


@commands.group()
def release() -> None:
    """Releases that stand; these commands sign, and need FEDEX_STATE of the worker."""


@release.command()
@click.argument("pool", type=PoolName())
@click.argument("channel", type=click.Choice([one.value for one in Channel]))
@click.argument("share", type=click.IntRange(0, PARTS))
def share(pool: Pool, channel: str, share: int) -> None:
    """Let the newest release of CHANNEL be for SHARE of 10000 devices of POOL.

    Devices that have it keep it, whatever the share; a share of 0 lets no others in.
    """
    manifest = _release_operator().share(pool, Channel(channel), share=share, now=time.time())
    click.echo(f"{channel} {manifest.serial} is for {share} of {PARTS} devices")


@release.command()
@click.argument("pool", type=PoolName())
@click.argument("channel", type=click.Choice([one.value for one in Channel]))
@click.argument("serial", type=click.IntRange(1))
@click.option("--to-bundle", is_flag=True, help="Return to the head of the bundle, whatever was released before.")
def withdraw(pool: Pool, channel: str, serial: int, to_bundle: bool) -> None:
    """Withdraw release SERIAL, the newest of CHANNEL: all devices of POOL return to the one before, when they ask next.

    That is the newest that was for all devices. Where there is none, the head of the bundle serves. `status` names the
    serial; the same command again withdraws nothing more.
    """
    operator = _release_operator()
    manifest = operator.withdraw(pool, Channel(channel), serial=serial, to_bundle=to_bundle, now=time.time())
    serves = "an older release" if manifest.heads else "the head of the bundle"
    withdrawn = ", ".join(f"{first} to {last}" for first, last in manifest.withdraws.ranges)
    click.echo(f"{channel} {manifest.serial}: {serves} serves, withdrawn are {withdrawn}")


@commands.group()
def space() -> None:
    """Spaces of a group; these commands sign, and need FEDEX_STATE of the worker."""


@space.command()
@click.argument("pool", type=PoolName())
def retire(pool: Pool) -> None:
    """Retire the space of POOL for its group: devices keep their feedback, and are told to get a new bundle.

    Web processes that run know it within half a minute.
    """
    listed = _space_operator().retire(pool, now=time.time())
    click.echo(
        f"retired {pool.path}, list {listed.serial}: {len(listed.current)} current, {len(listed.retired)} retired"
    )


@space.command()
@click.argument("pool", type=PoolName())
def restore(pool: Pool) -> None:
    """Take the retirement of the space of POOL back; a worker that runs trains it again within an hour."""
    listed = _space_operator().restore(pool, now=time.time())
    click.echo(f"restored {pool.path}, list {listed.serial}: {len(listed.current)} current")


@commands.command()
@click.option("--url", required=True, help="Where devices find the service, such as https://fedex.example.org.")
def invite(url: str) -> None:
    """Print for each enrolment code what its devices need: the code, the key's fingerprint, and both as a link.

    The link is what a QR code for the group holds. It is as secret as the code.
    """
    settings = _settings()
    try:
        invitations = invite_all(open_store(settings.store), settings.enrolment, url=url)
    except StoreError as error:
        raise StoreRefused(f"{settings.store}: {error.reason}") from error
    for group, invitation in invitations:
        digits = shown_fingerprint(invitation.fingerprint)
        click.echo(f"group {group}: code {invitation.code}, key {digits}")
        click.echo(f"  {invitation.encode()}")


@commands.group()
def key() -> None:
    """Change the key that releases are signed with."""


@key.command("rotate")
def rotate_key() -> None:
    """Let a new key take the place of the one that signs releases; stop the worker first, and start it afterwards.

    The old key signs the new one and is removed. Devices follow by themselves, also those that were away for several
    rotations. The worker signs what stands anew as it starts.
    """
    settings = _settings()
    with claimed(settings.state):
        store = open_store(settings.store)
        probe(store)
        rotated = rotate(settings.state, store, now=int(time.time()))
    digits = shown_fingerprint(fingerprint(rotated.public))
    click.echo(f"rotated: key {digits} signs from now on; start the worker, which signs what stands anew")


@commands.command()
def status() -> None:
    """Say what spaces and pools there are, and how they are doing. Writes nothing."""
    _print(_status)


@commands.command()
def devices() -> None:
    """Say of each device what computed its samples, and at which cosine its self-test was. Writes nothing."""
    _print(_devices)


def _print(look: Callable[[ObjectStore], Iterator[str]]) -> None:
    store = open_store(_settings().store)
    try:
        for line in look(store):
            click.echo(line)
    except StoreError as error:
        raise StoreRefused(f"{store!r}: {error.reason}") from error


def _devices(store: ObjectStore) -> Iterator[str]:
    for pool in _pools(store):
        least = as_cosine(bundles.read_facts(store, pool.space).least_cosine_ppm)
        waiting = _waiting(store, pool)
        yield f"pool {pool.path}: least cosine {least}{f', {waiting} to be merged' if waiting else ''}"
        yield from (f"  {one}" for one in read_self_tests(store, pool))


def _status(store: ObjectStore) -> Iterator[str]:
    registered = bundles.registered(store)
    yield from (f"space {space}" for space in registered)
    if not registered:
        yield "no space: `fedex-cloud bundle add DIRECTORY` registers a training bundle"
    yield from (_describe(store, pool) for pool in _pools(store))


def _pools(store: ObjectStore) -> list[Pool]:
    """List the pools with a dataset, and those of which nothing was merged yet."""
    pools = {*dataset_pointer.pools(store), *inbox.pools_with_news(store)}
    return sorted(pools, key=lambda pool: pool.path)


def _waiting(store: ObjectStore, pool: Pool) -> str:
    """Count the uploads that wait to be merged; nothing where there are none."""
    waiting = len(inbox.pending(store, pool))
    return "" if not waiting else "1 upload" if waiting == 1 else f"{waiting} uploads"


def _describe(store: ObjectStore, pool: Pool) -> str:
    dataset, _ = dataset_pointer.read(store, pool)
    waiting = _waiting(store, pool) or "no uploads"
    channels = registry.read(store, pool).channels
    released = ", ".join(_describe_release(channel, one.manifest) for channel, one in channels.items()) or "none"
    signed = space_lists.read(store, pool.group)
    retired = " (retired)" if signed and pool.space in signed.spaces.retired else ""
    return f"pool {pool.path}{retired}: {dataset.samples} samples, {waiting} waiting, releases: {released}"


def _describe_release(channel: Channel, manifest: Manifest) -> str:
    """Name a release and its point of "unknown", and say for whom it is where that is not everybody."""
    named = f"{channel} {manifest.serial}"
    if not manifest.heads:
        return f"{named} (withdrawn: the bundle's head)"
    point = point_of(manifest.threshold, manifest.points)
    share = manifest.rollout.share if manifest.rollout else PARTS
    said = [*([point.value] if point else []), *([f"for {share} of {PARTS}"] if share != PARTS else [])]
    return f"{named} ({', '.join(said)})" if said else named


def _release_operator() -> ReleaseOperator:
    settings = _settings()
    store = open_store(settings.store)
    return ReleaseOperator(store, load_key(settings.state, store), settings.manifest_life_s)


def _space_operator() -> SpaceOperator:
    settings = _settings()
    store = open_store(settings.store)
    lister = SpaceLister(store, load_key(settings.state, store), settings.manifest_life_s)
    return SpaceOperator(lister, frozenset(settings.enrolment.values()))


def _settings() -> Settings:
    return Settings.from_environment(os.environ)


if __name__ == "__main__":
    command_line.run(main)
