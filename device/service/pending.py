"""Keeps the secret of a device that is about to enrol, so that it is the same one however often it has to ask.

::

    enrolling.json   {"format": 1, "url": "https://...", "secret": "<base64, 32 bytes>"}

Written before the service is asked, gone once the identity, which has the secret, is kept. It serves the address that
it was made for, and no other: a secret is between a device and one service.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from contract.device_id import DEVICE_SECRET_BYTES
from contract.documents import encode_base64, encode_json, parse_document
from contract.errors import ContractError
from contract.files import atomic_write, read_bounded
from device.errors import storage_errors

PENDING_FORMAT = 1
MAX_PENDING_BYTES = 16 << 10


def pending_path(home: Path) -> Path:
    """Return where it is kept in the device's folder."""
    return home / "enrolling.json"


def pending_secret(home: Path, *, url: str) -> bytes:
    """Return the secret to enrol at an address with: the one that was kept for it, or a new one, which is kept then.

    Raises:
        Storage: it could not be kept.
    """
    path = pending_path(home)
    with storage_errors(path):
        kept = _read(path, url)
        if kept is not None:
            return kept
        secret = secrets.token_bytes(DEVICE_SECRET_BYTES)
        document = encode_json({"format": PENDING_FORMAT, "url": url, "secret": encode_base64(secret)})
        atomic_write(path, document, mode=0o600)
    return secret


def forget_pending(home: Path) -> None:
    """Remove it: an identity has the secret. Raises `Storage`."""
    path = pending_path(home)
    with storage_errors(path):
        path.unlink(missing_ok=True)


def _read(path: Path, url: str) -> bytes | None:
    try:
        fields = parse_document(read_bounded(path, MAX_PENDING_BYTES), where="enrolling", max_bytes=MAX_PENDING_BYTES)
        fields.check_format(PENDING_FORMAT)
        secret = fields.binary("secret", max_bytes=DEVICE_SECRET_BYTES)
        is_its_own = fields.text("url") == url and len(secret) == DEVICE_SECRET_BYTES
    except (FileNotFoundError, ContractError):
        return None  # garbled: another one makes another device, which nobody has been yet
    return secret if is_its_own else None
