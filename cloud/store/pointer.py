"""The only home of pointers: small JSON objects that say what is current, moved by compare-and-swap.

::

    {"commit": "<32 hex, random>", "ancestors": ["<the commit before>", ...], ...the document...}

Two facts about stores make the commit id necessary. ETags follow contents, so A-B-A looks unchanged: a random id makes
every document new. And an answer can be lost after the write happened, so that the next try fails its condition against
our own document: after any doubt the pointer is read back, and our id in it, or among its ancestors, means that we won.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cloud.errors import AlreadyExists, Damaged, LostRace, NotFound, PreconditionFailed, Unavailable, Uncertain
from cloud.store.store import ObjectStore

MAX_ANCESTORS = 16
UNCERTAIN_ATTEMPTS = 3

_SUPERSEDED = '"superseded"'  # no object has it: the next swap over this head loses, as it must


@dataclass(frozen=True, slots=True)
class Pointer:
    """What a pointer said when it was read or swapped. ``document`` includes commit and ancestors."""

    document: Mapping[str, Any]
    etag: str

    @property
    def commit(self) -> str:
        """The random id of this write."""
        return str(self.document["commit"])


def read(store: ObjectStore, key: str) -> Pointer | None:
    """What the pointer says, or None where there is none yet.

    Raises:
        Damaged: it is not a pointer document.
        Unavailable: the store does not answer.
    """
    try:
        stored = store.get(key)
    except NotFound:
        return None
    return Pointer(_parse(key, stored.body), stored.etag)


def swap(
    store: ObjectStore, key: str, *, previous: Pointer | None, document: Mapping[str, Any], commit: str | None = None
) -> Pointer:
    """Move the pointer from `previous` (None: there was none) to `document`, under a fresh commit id or the given one.

    Raises:
        LostRace: it was moved by someone else meanwhile; nothing of this write is there.
        Unavailable: it did not happen.
        Uncertain: the store stopped answering; read the pointer before doing it again.
    """
    commit = commit or secrets.token_hex(16)
    ancestors = [previous.commit, *previous.document["ancestors"]][:MAX_ANCESTORS] if previous else []
    written = {**document, "commit": commit, "ancestors": ancestors}
    body = json.dumps(written, sort_keys=True, separators=(",", ":")).encode()
    for _ in range(UNCERTAIN_ATTEMPTS):
        try:
            return Pointer(written, _write(store, key, body, previous))
        except (AlreadyExists, PreconditionFailed, Uncertain) as error:
            doubt = error
        current = _read_back(store, key)
        if current is not None and _descends(current, commit):
            return current if current.commit == commit else Pointer(written, _SUPERSEDED)
        if not isinstance(doubt, Uncertain) or _etag(current) != _etag(previous):
            raise LostRace(f"{key}: expected to follow {_name(previous)}, got {_name(current)} there")
    raise doubt


def _write(store: ObjectStore, key: str, body: bytes, previous: Pointer | None) -> str:
    if previous is None:
        return store.put_if_absent(key, body)
    return store.put_if_match(key, body, etag=previous.etag)


def _read_back(store: ObjectStore, key: str) -> Pointer | None:
    try:
        return read(store, key)
    except Unavailable as error:
        raise Uncertain(key, f"written or not, it cannot be read back: {error.reason}") from error


def _descends(head: Pointer, commit: str) -> bool:
    return commit == head.commit or commit in head.document["ancestors"]


def _etag(head: Pointer | None) -> str | None:
    return head.etag if head else None


def _name(head: Pointer | None) -> str:
    return head.commit if head else "nothing"


def _parse(key: str, body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
        if isinstance(document["commit"], str) and isinstance(document["ancestors"], list):
            return dict(document)
    except (ValueError, KeyError, TypeError):
        pass  # said below
    raise Damaged(f"{key}: expected a pointer document with commit and ancestors, got {body[:40]!r}")
