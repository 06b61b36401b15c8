"""Pointers: small JSON objects that say what is current, moved by compare-and-swap.

::

    {"commit": "<32 hex, random>", "ancestors": ["<the commit before>", ...], ...the document...}

Two facts about stores make the commit id necessary. ETags follow contents, so A-B-A looks unchanged: a random id makes
every document new. And an answer can be lost after the write happened, so that the next try fails its condition against
our own document: after any doubt the pointer is read back, and our id in it, or among its ancestors, means that we won.

A pointer is the one kind of document that is read, changed and written back, so it is where an older version could lose
what a later one wrote. A swap keeps every top-level key of the document before that the new one does not have.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from cloud.errors import AlreadyExists, LostRace, NotFound, PreconditionFailed, Unavailable, Uncertain
from cloud.store.documents import reading
from cloud.store.store import ObjectStore
from contract.documents import Fields, Json, encode_json, parse_document

MAX_ANCESTORS = 16
MAX_POINTER_BYTES = 64 << 20
"""Of half a million shards."""
UNCERTAIN_ATTEMPTS = 3

_MOST_ANCESTORS_READ = 1024
"""A later version may keep more of them."""
_SUPERSEDED = '"superseded"'
"""An ETag that no object has: the next swap over this pointer loses, as it must."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """What a pointer said when it was read or swapped."""

    key: str
    document: Mapping[str, Json]
    """All of it, commit and ancestors included."""
    commit: str
    """The random id of this write."""
    ancestors: tuple[str, ...]
    """The commits before, the nearest first."""
    etag: str

    @property
    def fields(self) -> Fields:
        """The document, to be read field by field."""
        return Fields(self.document, where=self.key)


def read(store: ObjectStore, key: str) -> Pointer | None:
    """Read a pointer; return None where it does not exist yet.

    Raises:
        Damaged: it is not a pointer document.
        Unavailable: the store does not answer.
    """
    try:
        stored = store.get(key)
    except NotFound:
        return None
    with reading(key):
        return _parse(key, stored.body, etag=stored.etag)


def swap(
    store: ObjectStore, key: str, *, previous: Pointer | None, document: Mapping[str, Json], commit: str | None = None
) -> Pointer:
    """Move the pointer from `previous` (None: there was none) to `document`, under a fresh commit id or the given one.

    Top-level keys of `previous` that `document` does not have stay.

    Raises:
        LostRace: it was moved by someone else meanwhile; nothing of this write is there.
        Unavailable: it did not happen.
        Uncertain: the store stopped answering; read the pointer before doing it again.
    """
    written = _follow(key, previous, document, commit or secrets.token_hex(16))
    body = encode_json(written.document)
    for _ in range(UNCERTAIN_ATTEMPTS):
        try:
            return _with_etag(written, _write(store, key, body, previous))
        except (AlreadyExists, PreconditionFailed, Uncertain) as error:
            doubt = error
        current = _read_back(store, key)
        if current is not None and _descends(current, written.commit):
            return current if current.commit == written.commit else _with_etag(written, _SUPERSEDED)
        if not isinstance(doubt, Uncertain) or _etag(current) != _etag(previous):
            raise LostRace(f"{key}: expected to follow {_name(previous)}, got {_name(current)} there")
    raise doubt


def _follow(key: str, previous: Pointer | None, document: Mapping[str, Json], commit: str) -> Pointer:
    """Make the pointer that is to be written, with no ETag yet."""
    ancestors = (previous.commit, *previous.ancestors)[:MAX_ANCESTORS] if previous else ()
    kept = previous.document if previous else {}
    written = {**kept, **document, "commit": commit, "ancestors": list(ancestors)}
    return Pointer(key, written, commit, ancestors, etag="")


def _with_etag(pointer: Pointer, etag: str) -> Pointer:
    return Pointer(pointer.key, pointer.document, pointer.commit, pointer.ancestors, etag)


def _write(store: ObjectStore, key: str, body: bytes, previous: Pointer | None) -> str:
    if previous is None:
        return store.put_if_absent(key, body)
    return store.put_if_match(key, body, etag=previous.etag)


def _read_back(store: ObjectStore, key: str) -> Pointer | None:
    try:
        return read(store, key)
    except Unavailable as error:
        raise Uncertain(key, f"written or not, it cannot be read back: {error.reason}") from error


def _descends(pointer: Pointer, commit: str) -> bool:
    return commit == pointer.commit or commit in pointer.ancestors


def _etag(pointer: Pointer | None) -> str | None:
    return pointer.etag if pointer else None


def _name(pointer: Pointer | None) -> str:
    return pointer.commit if pointer else "nothing"


def _parse(key: str, body: bytes, *, etag: str) -> Pointer:
    fields = parse_document(body, where=key, max_bytes=MAX_POINTER_BYTES)
    ancestors = fields.texts("ancestors", max_items=_MOST_ANCESTORS_READ)
    return Pointer(key, fields.as_json(), fields.text("commit"), ancestors, etag)
