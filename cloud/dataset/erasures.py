"""Erasures that were asked for, and the tombstones of those that were carried out.

::

    erasures/<id>     {"format": 1, "by": ..., "asked": unix s, "scope": {...},
                       "pools": {"<group>/<space>": samples, ...}}     how many went of the pools that are done;
                                                                       of a group, the scope is as it was at first
    tombstones/<id>   {"format": 1, "by": ..., "asked": unix s, "erased": unix s, "samples": n}

A request is there until its tombstone is: whoever finds one goes on with it. The id is of a device and its generation,
so that a device which asks twice asks once, likewise of a group and a day, or random; it tells nobody anything. Only
workers erase.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from cloud.dataset.scopes import AgeScope, DeviceScope, GroupScope, LabelScope, Scope, parse_scope
from cloud.errors import AlreadyExists, Damaged, NotFound
from cloud.identity import devices
from cloud.identity.generations import raise_generation
from cloud.store import keys
from cloud.store.documents import read_each, reading
from cloud.store.listing import names_under
from cloud.store.store import ObjectStore
from contract.documents import Fields, Json, encode_json, parse_document

logger = logging.getLogger(__name__)

ERASURE_FORMAT = 1
MAX_ERASURE_BYTES = 16 << 20
ID_BYTES = 16
DAY_S = 86400

One = TypeVar("One")


@dataclass(frozen=True, slots=True)
class Erasure:
    """Samples that are to be erased."""

    id: str
    by: str
    """Who asked: a device's id, an operator's name, or "retention"."""
    asked: int
    """Unix seconds."""
    scope: Scope
    pools: Mapping[str, int] = field(default_factory=dict)
    """Of each pool that is done, by its path, how many samples went."""

    @classmethod
    def parse(cls, erasure_id: str, fields: Fields) -> Erasure:
        """Read what `document` wrote. Raises a `ContractError`."""
        fields.check_format(ERASURE_FORMAT)
        pools = fields.document("pools")
        counts = {path: pools.integer(path) for path in pools.keys()}  # noqa: SIM118  # no mapping
        return cls(
            erasure_id, fields.text("by"), fields.integer("asked"), parse_scope(fields.document("scope")), counts
        )

    def document(self) -> dict[str, Json]:
        """Write it as the store keeps it."""
        return {
            "format": ERASURE_FORMAT,
            "by": self.by,
            "asked": self.asked,
            "scope": self.scope.document(),
            "pools": dict(self.pools),
        }


@dataclass(frozen=True, slots=True)
class Tombstone:
    """That samples were erased."""

    id: str
    by: str
    asked: int
    erased: int
    """Both in Unix seconds."""
    samples: int

    @classmethod
    def parse(cls, erasure_id: str, fields: Fields) -> Tombstone:
        """Read what `document` wrote. Raises a `ContractError`."""
        fields.check_format(ERASURE_FORMAT)
        asked, erased, samples = (fields.integer(name) for name in ("asked", "erased", "samples"))
        return cls(erasure_id, fields.text("by"), asked, erased, samples)

    def document(self) -> dict[str, Json]:
        """Write it as the store keeps it."""
        return {
            "format": ERASURE_FORMAT,
            "by": self.by,
            "asked": self.asked,
            "erased": self.erased,
            "samples": self.samples,
        }


def ask_of_device(store: ObjectStore, device_id: str, *, by: str, now: float) -> Erasure:
    """Ask for everything that a device has sent so far; what it sends from now on counts again.

    Raises:
        NotFound: no device has this id.
        StoreError: it may have been asked for, or not: asking again is safe.
    """
    device = devices.read(store, device_id)
    digest = hashlib.sha256(f"fedex-erasure-1 {device_id} {device.generation}".encode()).hexdigest()
    scope = DeviceScope(device.group, device_id, device.generation)
    erasure = Erasure(digest[: 2 * ID_BYTES], by, int(now), scope)
    with contextlib.suppress(AlreadyExists):  # asked before, and nothing more was done
        store.add(keys.erasure(erasure.id), encode_json(erasure.document()))
    raise_generation(store, device_id, above=device.generation)
    return erasure


def ask(store: ObjectStore, scope: LabelScope | GroupScope | AgeScope, *, by: str, now: float) -> Erasure:
    """Ask for everything that a scope means, unless that is asked for already.

    Raises:
        StoreError: it may have been asked for, or not.
    """
    for asked in pending(store):
        if asked.scope == scope or _are_of_one_label(asked.scope, scope):
            return asked
    erasure = Erasure(_id_of(scope), by, int(now), scope)
    with contextlib.suppress(AlreadyExists):  # another worker asks for the same age on the same day
        store.add(keys.erasure(erasure.id), encode_json(erasure.document()))
    return erasure


def waiting(store: ObjectStore) -> list[str]:
    """List the ids of the erasures that are not carried out yet: one LIST, where there are few."""
    return list(names_under(store, keys.ERASURES))


def read(store: ObjectStore, erasure_id: str) -> Erasure | None:
    """Read an erasure that is not carried out yet; None where it is.

    Raises:
        Damaged: it cannot be read.
    """
    return _read(store, keys.erasure(erasure_id), partial(Erasure.parse, erasure_id))


def pending(store: ObjectStore) -> list[Erasure]:
    """Read the erasures that are not carried out yet; one that cannot be read is logged, and in nobody's way.

    Raises:
        StoreError: the store failed.
    """
    return list(read_waiting(store, damaged=lambda error: logger.error("erasure: %s", error)))


def read_waiting(store: ObjectStore, *, damaged: Callable[[Damaged], None]) -> Iterator[Erasure]:
    """Read the erasures that are not carried out yet; `damaged` is told of those that cannot be."""
    return read_each(waiting(store), partial(read, store), damaged=damaged)


def read_tombstone(store: ObjectStore, erasure_id: str) -> Tombstone | None:
    """Read what is left of an erasure; None where it is not carried out. Raises as `read` does."""
    return _read(store, keys.tombstone(erasure_id), partial(Tombstone.parse, erasure_id))


def tombstones(store: ObjectStore, *, damaged: Callable[[Damaged], None]) -> Iterator[Tombstone]:
    """Yield what is left of erasures, in the order in which they were carried out; as `read_waiting`."""
    found = read_each(names_under(store, keys.TOMBSTONES), partial(read_tombstone, store), damaged=damaged)
    yield from sorted(found, key=lambda one: one.erased)


def note(store: ObjectStore, erasure: Erasure) -> None:
    """Keep which pools are done, and what exactly is meant."""
    store.put(keys.erasure(erasure.id), encode_json(erasure.document()))


def finish(store: ObjectStore, erasure: Erasure, *, now: float) -> Tombstone:
    """Put the tombstone in place of the request. Idempotent."""
    tombstone = Tombstone(erasure.id, erasure.by, erasure.asked, int(now), sum(erasure.pools.values()))
    store.put(keys.tombstone(erasure.id), encode_json(tombstone.document()))
    store.delete(keys.erasure(erasure.id))
    return tombstone


def _id_of(scope: LabelScope | GroupScope | AgeScope) -> str:
    """Draw an id; what several workers ask for on one day has one."""
    if not isinstance(scope, AgeScope):
        return secrets.token_hex(ID_BYTES)
    digest = hashlib.sha256(f"fedex-erasure-age-1 {scope.group} {scope.before // DAY_S}".encode()).hexdigest()
    return digest[: 2 * ID_BYTES]


def _are_of_one_label(one: Scope, other: Scope) -> bool:
    """Tell whether two scopes mean the same label, in whatever spelling each."""
    match one, other:
        case LabelScope(), LabelScope():
            return one.group == other.group and one.means_label(other.label)
    return False


def _read(store: ObjectStore, key: str, parse: Callable[[Fields], One]) -> One | None:
    try:
        body = store.get(key).body
    except NotFound:
        return None
    with reading(key):
        return parse(parse_document(body, where=key, max_bytes=MAX_ERASURE_BYTES))
