"""Keeps who this device is: its id, secret, token and group, and the key of the service that it pinned.

`identity.json` in the device's folder, for its owner only (mode 0600), written whole or not at all; who changes it
holds `identity.lock` from reading it to keeping another::

    {"format": 1, "url": "https://...", "device": "...", "token": "...", "group": "...", "key": "<base64, 32 bytes>",
     "first_key": "<base64, 32 bytes>", "secret": "<base64, 32 bytes>", "token_since": unix seconds,
     "machine": "<64 hex>" or "", "forget_heads": true or false}

It belongs into no backup, as the whole folder does not: a copy of it is the same device a second time. `CACHEDIR.TAG`
says so to programs that ask for it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from contract.device_id import DEVICE_SECRET_BYTES
from contract.documents import encode_base64, encode_json, parse_document
from contract.envelope import key_id
from contract.errors import ContractError
from contract.files import atomic_write, read_bounded, remove_unfinished
from contract.key_chain import parse_key
from contract.patterns import DEVICE_PATTERN, GROUP_PATTERN
from contract.proof import ProofKey
from contract.routes import parse_token
from device.errors import CopiedIdentity, DamagedIdentity, EnrolmentError, TryLater, storage_errors
from device.service.machine import is_copied

IDENTITY_FORMAT = 1
MAX_IDENTITY_BYTES = 16 << 10
CACHE_TAG_FILE = "CACHEDIR.TAG"
CACHE_TAG = b"""Signature: 8a477f597d28d172789f06886806bc55
# This folder is a FEDEx device. It belongs into no backup: a copy of it would be the same device a second time.
# Backup programs leave such folders out where they are asked to: tar --exclude-caches, restic --exclude-caches, ...
# The tag is described at https://bford.info/cachedir/
"""


@dataclass(frozen=True, slots=True)
class Identity:
    """A device as one service knows it."""

    url: str
    device: str
    """Its id."""
    token: str = field(repr=False)
    group: str
    key: bytes
    """The Ed25519 public key that releases are verified with."""
    first_key: bytes | None = None
    """The first key of the service, from which the chain leads to the other one; None: there was no other one."""
    secret: bytes | None = field(default=None, repr=False)
    """What shows the service that this is the same device; None: nothing does."""
    token_since: int | None = None
    """When the token came, Unix seconds by this device's clock; None: nobody knows."""
    machine: str = ""
    """The mark of the machine that it came to (`device.service.machine`); empty: nobody knows."""
    forget_heads: bool = False
    """Whether the installed heads are still those of another group, and go before anything is pulled."""

    @property
    def root(self) -> bytes:
        """The first key of the service, which stays when the key changes."""
        return self.first_key or self.key

    @property
    def origin(self) -> str:
        """The group of this service, by a name of its own: labels that were given in one never go to another."""
        return f"{self.group}@{key_id(self.root)}"

    @property
    def proof_key(self) -> ProofKey:
        """What tells whether a service elsewhere is this one."""
        return ProofKey.of(self.token, device=self.device)

    @classmethod
    def parse(cls, data: bytes) -> Identity:
        """Read an identity. Raises a `ContractError` that never repeats the token."""
        fields = parse_document(data, where="identity", max_bytes=MAX_IDENTITY_BYTES)
        fields.check_format(IDENTITY_FORMAT)
        return cls(
            url=fields.text("url"),
            device=fields.name("device", DEVICE_PATTERN),
            token=parse_token(fields, "token"),
            group=fields.name("group", GROUP_PATTERN),
            key=parse_key(fields, "key"),
            first_key=parse_key(fields, "first_key") if "first_key" in fields else None,
            secret=fields.binary("secret", max_bytes=DEVICE_SECRET_BYTES) if "secret" in fields else None,
            token_since=fields.integer("token_since") if "token_since" in fields else None,
            machine=fields.text("machine") if "machine" in fields else "",
            forget_heads=fields.boolean("forget_heads") if "forget_heads" in fields else False,
        )

    def encode(self) -> bytes:
        """Write the identity."""
        return encode_json(
            {
                "format": IDENTITY_FORMAT,
                "url": self.url,
                "device": self.device,
                "token": self.token,
                "group": self.group,
                "key": encode_base64(self.key),
                "first_key": _base64_or_null(self.first_key),
                "secret": _base64_or_null(self.secret),
                "token_since": self.token_since,
                "machine": self.machine,
                "forget_heads": self.forget_heads,
            }
        )


def identity_path(home: Path) -> Path:
    """Return where the identity is kept in the device's folder."""
    return home / "identity.json"


def find_identity(home: Path) -> Identity | None:
    """Read the identity; None if the device is not enrolled.

    Raises:
        DamagedIdentity: it is garbled.
        Storage: it cannot be read.
    """
    path = identity_path(home)
    try:
        with storage_errors(path):
            return Identity.parse(read_bounded(path, MAX_IDENTITY_BYTES)) if path.is_file() else None
    except ContractError as error:
        raise DamagedIdentity(f"{path}: {error}") from error


def require_identity(home: Path) -> Identity:
    """Read the identity of an enrolled device.

    Raises:
        EnrolmentError: the device is not enrolled, or its identity is garbled.
        CopiedIdentity: it is another machine's.
        Storage: it cannot be read.
    """
    identity = find_identity(home)
    if identity is None:
        raise EnrolmentError(f"{identity_path(home)}: expected an enrolled device, got none")
    check_not_copied(home, identity)
    return identity


def check_not_copied(home: Path, identity: Identity) -> None:
    """Raise `CopiedIdentity` for an identity that came to another machine than this one."""
    if is_copied(identity.machine, device=identity.device):
        raise CopiedIdentity(f"{identity_path(home)}: expected an identity of this machine, got one of another")


@contextlib.contextmanager
def holding_identity(home: Path) -> Iterator[None]:
    """Let one process at a time decide who the device is; the others wait, and find what it decided.

    What killed processes were writing in the folder goes first: tokens and secrets.

    Raises:
        Storage: the folder cannot be written.
    """
    with storage_errors(home):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(home / "identity.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        with storage_errors(home):
            fcntl.flock(lock, fcntl.LOCK_EX)
        remove_unfinished(home)
        yield
    finally:
        os.close(lock)


@contextlib.contextmanager
def holding_identity_as(identity: Identity, home: Path) -> Iterator[None]:
    """Let nobody become another device than this one for the block.

    Raises:
        TryLater: it is another one by now.
        EnrolmentError, Storage: as `require_identity`.
    """
    with holding_identity(home):
        now = require_identity(home)
        if (now.origin, now.device) != (identity.origin, identity.device):
            raise TryLater(f"expected device {identity.device}, got {now.device}, enrolled meanwhile")
        yield


def keep_identity(home: Path, identity: Identity) -> None:
    """Write the identity, for its owner only.

    Raises:
        Storage: it could not be kept; an earlier one is still there.
    """
    with storage_errors(home):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        atomic_write(identity_path(home), identity.encode(), mode=0o600)
        if not (home / CACHE_TAG_FILE).exists():
            atomic_write(home / CACHE_TAG_FILE, CACHE_TAG, mode=0o600)


def _base64_or_null(data: bytes | None) -> str | None:
    return None if data is None else encode_base64(data)
