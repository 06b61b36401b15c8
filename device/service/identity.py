"""Keeps who this device is: its id, token and group, and the key of the service that it pinned.

`identity.json` in the device's folder, for its owner only (mode 0600), written whole or not at all; who changes it
holds `identity.lock` from reading it to keeping another::

    {"format": 1, "url": "https://...", "device": "...", "token": "...", "group": "...", "key": "<base64, 32 bytes>"}
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from contract.documents import encode_base64, encode_json, parse_document
from contract.envelope import key_id
from contract.errors import ContractError, Impossible
from contract.files import atomic_write, read_bounded
from contract.patterns import DEVICE_PATTERN, GROUP_PATTERN, TOKEN_PATTERN
from contract.proof import ProofKey
from contract.routes import PUBLIC_KEY_BYTES, EnrolmentReply
from device.errors import EnrolmentError, storage_errors

IDENTITY_FORMAT = 1
MAX_IDENTITY_BYTES = 16 << 10


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

    @property
    def origin(self) -> str:
        """The group of this service, by a name of its own: labels that were given in one never go to another."""
        return f"{self.group}@{key_id(self.key)}"

    @property
    def proof_key(self) -> ProofKey:
        """What tells whether a service elsewhere is this one."""
        return ProofKey.of(self.token, device=self.device)

    @classmethod
    def of(cls, reply: EnrolmentReply, *, url: str) -> Identity:
        """Make an identity of what the service at `url` answered."""
        return cls(url=url, device=reply.device, token=reply.token, group=reply.group, key=reply.key)

    @classmethod
    def parse(cls, data: bytes) -> Identity:
        """Read an identity. Raises a `ContractError` that never repeats the token."""
        fields = parse_document(data, where="identity", max_bytes=MAX_IDENTITY_BYTES)
        fields.check_format(IDENTITY_FORMAT)
        token = fields.text("token")
        if not TOKEN_PATTERN.fullmatch(token):
            raise Impossible(fields.place("token"), expected="a bearer token", got="another text")
        key = fields.binary("key", max_bytes=PUBLIC_KEY_BYTES)
        if len(key) != PUBLIC_KEY_BYTES:
            raise Impossible(fields.place("key"), expected=f"{PUBLIC_KEY_BYTES} bytes", got=f"{len(key)} bytes")
        return cls(
            url=fields.text("url"),
            device=fields.name("device", DEVICE_PATTERN),
            token=token,
            group=fields.name("group", GROUP_PATTERN),
            key=key,
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
            }
        )


def identity_path(home: Path) -> Path:
    """Return where the identity is kept in the device's folder."""
    return home / "identity.json"


def find_identity(home: Path) -> Identity | None:
    """Read the identity; None if the device is not enrolled.

    Raises:
        EnrolmentError: it is garbled.
        Storage: it cannot be read.
    """
    path = identity_path(home)
    try:
        with storage_errors(path):
            return Identity.parse(read_bounded(path, MAX_IDENTITY_BYTES)) if path.is_file() else None
    except ContractError as error:
        raise EnrolmentError(f"{path}: {error}") from error


def require_identity(home: Path) -> Identity:
    """Read the identity. Raises `EnrolmentError` where the device is not enrolled."""
    identity = find_identity(home)
    if identity is None:
        raise EnrolmentError(f"{identity_path(home)}: expected an enrolled device, got none")
    return identity


@contextlib.contextmanager
def holding_identity(home: Path) -> Iterator[None]:
    """Let one process at a time decide who the device is; the others wait, and find what it decided.

    Raises:
        Storage: the folder cannot be written.
    """
    with storage_errors(home):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(home / "identity.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        with storage_errors(home):
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def keep_identity(home: Path, identity: Identity) -> None:
    """Write the identity, for its owner only.

    Raises:
        Storage: it could not be kept; an earlier one is still there.
    """
    with storage_errors(home):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        atomic_write(identity_path(home), identity.encode(), mode=0o600)
