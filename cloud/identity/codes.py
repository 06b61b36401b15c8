"""Enrolment codes of the store: made, listed and withdrawn while the service runs.

::

    codes/<id>   {"code_sha256": "<64 hex>", "group": ..., "uses": n, "devices": ["<id>", ...],
                  "made": unix seconds, "expires": unix seconds}

A code is shown when it is made and kept as its hash, whose beginning is its id: one read finds it. It is
drawn here and never chosen, with 100 random bits: a salt or a slow hash would add nothing. Its uses are counted as the
devices that it let in: one that enrols again, as after a lost answer, counts once, wherever it was killed.
"""

from __future__ import annotations

import hmac
import logging
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from cloud.errors import Damaged, Forbidden, NotFound, NothingToDo, PreconditionFailed, Unavailable
from cloud.identity.secret_hash import hash_secret
from cloud.store import keys
from cloud.store.documents import read_each, reading
from cloud.store.listing import names_under
from cloud.store.store import ObjectStore
from contract.documents import Json, encode_json, parse_document
from contract.patterns import DEVICE_PATTERN, GROUP_PATTERN, HEX64_PATTERN, check_name

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Without the letters that are read as digits or as each other."""
PARTS, PART_LENGTH = 4, 5
"""Of a code, with hyphens between: 20 of 32 characters are 100 bits."""
ID_LENGTH = 16
MAX_USES = 1_000
MAX_DOCUMENT_BYTES = 128 << 10
ATTEMPTS = 8
"""Of counting a device, while others enrol with the same code."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EnrolmentCode:
    """What is kept of a code."""

    code_sha256: str
    group: str
    uses: int
    """How many devices it may let in."""
    made: int
    """Unix seconds."""
    expires: int
    """Unix seconds; from then on it opens nothing."""
    devices: tuple[str, ...] = ()
    """Those that it let in."""

    @property
    def id(self) -> str:
        """What it is called where the code itself must not stand."""
        return self.code_sha256[:ID_LENGTH]

    def state(self, *, now: float) -> str:
        """Say in a word or two whether it lets another device in."""
        if now >= self.expires:
            return "expired"
        return "used up" if len(self.devices) >= self.uses else "open"


def draw() -> str:
    """Draw a new code, such as `7k2mq-9xhd4-0rv8t-cw3np`."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(PART_LENGTH)) for _ in range(PARTS))


def add(store: ObjectStore, code: str, *, group: str, uses: int, expires: int, now: int) -> EnrolmentCode:
    """Keep a code that `draw` made; every web process takes it at once.

    Raises:
        StoreError: it is not kept, or (`Uncertain`) may be.
    """
    made = EnrolmentCode(hash_secret(code), group, uses=uses, made=now, expires=expires)
    store.put_if_absent(keys.code(made.id), encode_json(_document(made)))
    return made


def read_all(store: ObjectStore, *, damaged: Callable[[Damaged], None]) -> Iterator[EnrolmentCode]:
    """Read all codes, in the order of their ids; `damaged` is told of those that cannot be. Raises a `StoreError`."""
    return read_each(ids(store), partial(read, store), damaged=damaged)


def ids(store: ObjectStore) -> Iterator[str]:
    """List the ids of all codes, by one LIST for each thousand. Raises a `StoreError`."""
    return names_under(store, keys.CODES)


def groups(store: ObjectStore, chosen: Iterable[str] | None = None) -> frozenset[str]:
    """Return the groups that codes open, all or some by their ids. One that cannot be read opens none, and is logged.

    Raises:
        StoreError: the store failed.
    """
    names = ids(store) if chosen is None else chosen
    found = read_each(names, partial(read, store), damaged=lambda error: logger.warning("left out: %s", error))
    return frozenset(code.group for code in found)


def withdraw(store: ObjectStore, code_id: str) -> EnrolmentCode | None:
    """Remove a code; the devices that it let in stay. Return what it was, or None where that could not be read.

    Raises:
        NothingToDo: there is none.
        StoreError: the store failed.
    """
    code = None
    try:
        code = read(store, code_id)
    except NotFound:
        raise NothingToDo(f"{code_id}: expected a code that `codes list` shows, got none of this id") from None
    except Damaged as error:
        logger.warning("withdrawn all the same: %s", error)
    store.delete(keys.code(code_id))
    return code


def find(store: ObjectStore, code: str, *, now: int) -> EnrolmentCode | None:
    """Return what is kept of a code that somebody sent, if it opens a group now, at least to those that it let in.

    Raises:
        Damaged: it cannot be read.
        StoreError: the store failed.
    """
    hashed = hash_secret(code)
    try:
        found = read(store, hashed[:ID_LENGTH])
    except NotFound:
        return None
    return found if hmac.compare_digest(found.code_sha256, hashed) and now < found.expires else None


def count(store: ObjectStore, code_id: str, *, device: str) -> None:
    """Count a device as let in by a code. Idempotent.

    Raises:
        Forbidden: it has let in as many as it may, or was withdrawn; nothing has changed.
        Unavailable: others kept changing it.
        Damaged: it cannot be read.
        StoreError: the store failed.
    """
    key = keys.code(code_id)
    for _ in range(ATTEMPTS):
        try:
            stored = store.get(key)
        except NotFound:
            raise Forbidden from None
        code = _parse(key, stored.body)
        if device in code.devices:
            return
        if len(code.devices) >= code.uses:
            raise Forbidden
        present = parse_document(stored.body, where=key, max_bytes=MAX_DOCUMENT_BYTES).as_json()
        counted = _document(replace(code, devices=(*code.devices, device)))
        try:
            store.put_if_match(key, encode_json({**present, **counted}), etag=stored.etag)
        except PreconditionFailed:
            continue
        return
    raise Unavailable(key, "others kept changing it")


def read(store: ObjectStore, code_id: str) -> EnrolmentCode:
    """Read a code by its id.

    Raises:
        NotFound: there is none.
        Damaged: it cannot be read.
    """
    key = keys.code(code_id)
    return _parse(key, store.get(key).body)


def _parse(key: str, body: bytes) -> EnrolmentCode:
    with reading(key):
        fields = parse_document(body, where=key, max_bytes=MAX_DOCUMENT_BYTES)
        return EnrolmentCode(
            code_sha256=fields.name("code_sha256", HEX64_PATTERN),
            group=fields.name("group", GROUP_PATTERN),
            uses=fields.integer("uses"),
            made=fields.integer("made"),
            expires=fields.integer("expires"),
            devices=tuple(
                check_name(each, DEVICE_PATTERN, where=key) for each in fields.texts("devices", max_items=MAX_USES)
            ),
        )


def _document(code: EnrolmentCode) -> dict[str, Json]:
    return {
        "code_sha256": code.code_sha256,
        "group": code.group,
        "uses": code.uses,
        "devices": list(code.devices),
        "made": code.made,
        "expires": code.expires,
    }
