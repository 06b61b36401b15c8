"""The commands for the key that releases are signed with."""

from __future__ import annotations

import getpass
import os
import time
import warnings
from pathlib import Path

import click

from cloud import audit
from cloud.audit import AuditEvent
from cloud.commands.surroundings import settings_here, who
from cloud.errors import NothingToDo, SettingError
from cloud.releases.key_exports import LEAST_PASSPHRASE, MAX_EXPORT_BYTES, seal, unseal
from cloud.releases.key_files import load_pair
from cloud.releases.signing import adopt, rotate
from cloud.store import open_store, probe
from cloud.worker.lock import claimed
from contract.environment import path
from contract.errors import ContractError
from contract.files import read_bounded
from contract.invitation import fingerprint, shown_fingerprint

MAX_PASSPHRASE_BYTES = 4 << 10

_passphrase_file = click.option(
    "--passphrase-file", type=path, help="Its first line is the passphrase; you are asked for it otherwise."
)


@click.group()
def keys() -> None:
    """Change the key that releases are signed with, which devices pin, and keep a copy of it."""


@keys.command("rotate")
def rotate_key() -> None:
    """Let a new key take the place of the one that signs releases; stop the worker first, and start it afterwards.

    The old key signs the new one and is removed. Devices follow by themselves, also those that were away for several
    rotations. The worker signs what stands anew as it starts. An export of before is worth nothing then: make another.
    """
    settings = settings_here()
    with claimed(settings.state):
        store = open_store(settings.store)
        probe(store)
        rotated = rotate(settings.state, store, now=int(time.time()))
    digits = shown_fingerprint(fingerprint(rotated.public))
    audit.note(AuditEvent.KEY_ROTATED, by=who(), key=digits)
    click.echo(f"rotated: key {digits} signs from now on; start the worker, which signs what stands anew")


@keys.command("export")
@click.argument("file", type=path)
@_passphrase_file
def export_key(file: Path, passphrase_file: Path | None) -> None:
    """Write the key of FEDEX_STATE to FILE, sealed by a passphrase. With both, `import` brings it back."""
    pair = load_pair(settings_here().state)
    sealed = seal(pair, _passphrase(passphrase_file, confirm=True))
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
        written.write(sealed)
        written.flush()
        os.fsync(written.fileno())
    digits = shown_fingerprint(fingerprint(pair.chain.newest))
    audit.note(AuditEvent.KEY_EXPORTED, by=who(), key=digits)
    click.echo(f"exported: key {digits}; keep {file} and the passphrase in different places")


@keys.command("import")
@click.argument("file", type=path)
@_passphrase_file
def import_key(file: Path, passphrase_file: Path | None) -> None:
    """Put the key of FILE, which `export` wrote, into FEDEX_STATE, which has none; stop the worker first.

    The store must be the one that its devices believe.
    """
    settings = settings_here()
    try:
        sealed = read_bounded(file, MAX_EXPORT_BYTES)
    except ContractError as error:
        raise SettingError(f"{file}: expected what `keys export` wrote, got another file: {error}") from error
    pair = unseal(sealed, _passphrase(passphrase_file, confirm=False), where=str(file))
    digits = shown_fingerprint(fingerprint(pair.chain.newest))
    with claimed(settings.state):
        store = open_store(settings.store)
        probe(store)
        if adopt(settings.state, store, pair) is None:
            raise NothingToDo(
                f"{settings.state}: expected a folder without a key, got one with the key {digits} already"
            )
    audit.note(AuditEvent.KEY_IMPORTED, by=who(), key=digits)
    click.echo(f"imported: key {digits} signs from now on; start the worker")


def _passphrase(file: Path | None, *, confirm: bool) -> str:
    """Read the passphrase from a file, or ask for it where nobody else reads along."""
    if file is None:
        text = f"Passphrase (at least {LEAST_PASSPHRASE} characters)" if confirm else "Passphrase"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", getpass.GetPassWarning)
                asked: str = click.prompt(text, hide_input=True, confirmation_prompt=confirm, err=True)
        except getpass.GetPassWarning:
            raise SettingError("passphrase: expected a terminal to ask on, or --passphrase-file, got neither") from None
        return asked
    try:
        lines = read_bounded(file, MAX_PASSPHRASE_BYTES).decode().splitlines()
    except (ContractError, UnicodeDecodeError) as error:
        raise SettingError(f"{file}: expected a passphrase in UTF-8, got another file: {error}") from error
    return lines[0] if lines else ""
