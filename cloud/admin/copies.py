"""Copies a store, also while it is in use, in the order in which a copy holds together; and back.

What moves on is copied before the place that it moves to, and what says something of a place before that place; so
each acknowledged upload is in the copy once at least, which is once in its dataset::

    1  inbox/                          an upload leaves it for the dataset alone
    2  receipts/                       say what is in the dataset
    3  registry/.../HEAD, spaces-of/   say what of the dataset was trained
    4  dataset/.../HEAD                names shards
    5  all others                      who is enrolled, keys, spaces, what the pointers name, which is never changed
    6  copies/complete                 the copy is whole

Leases and marks of what workers have begun are left out: where there is no lease, the next worker goes on from the
fences of the pointers, and its sweep finds what is to be trained. What comes after a step is not in the copy. An
erasure deletes what pointers name: a copy that it met is found broken (`cloud.admin.fsck`), and made again. One that
takes longer than a day may lack files of releases that have lost theirs meanwhile; no release that stood. Back goes
the same in the other order, into a store that nobody uses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from cloud.errors import NotFound, StoreRefused
from cloud.store import keys
from cloud.store.documents import reading
from cloud.store.listing import exists, keys_under
from cloud.store.store import MAX_LISTED, ObjectStore
from contract.documents import encode_json, parse_document

COPY_FORMAT = 1
COPIED_AT_ONCE = 8
MAX_COMPLETE_BYTES = 4 << 10

_LEFT_OUT = (keys.PROBES, keys.COPIES, keys.WORKERS, keys.LEASES, keys.DUTIES, keys.BEGUN, keys.NAMED)
"""What workers say of themselves, of what they do and saw: a store that was restored has no worker yet."""
_MAY_BE_THERE = (keys.PROBES, keys.VERIFY, keys.CHAIN)
"""In an empty store: what `keys import` leaves there, and whoever asks whether it works."""
_FIRST = (keys.INBOX, keys.RECEIPTS)
_REGISTRY_POINTER = re.compile(rf"{keys.REGISTRIES}[^/]+/[^/]+/HEAD")
_DATASET_POINTER = re.compile(rf"{keys.DATASETS}[^/]+/[^/]+/HEAD")
_NAMED_BY_POINTER = re.compile(r"(?P<pool>(?:registry|dataset)/[^/]+/[^/]+)/(?:releases|shards)/.+")


@dataclass(frozen=True, slots=True)
class CopyReport:
    """What was copied."""

    objects: int
    size: int
    """In bytes."""
    begun: int
    """When the copy was begun, Unix seconds: of what came later it may have something, and need not."""


def back_up(store: ObjectStore, copy: ObjectStore, *, now: float) -> CopyReport:
    """Copy a store that may be in use into an empty one.

    Raises:
        StoreRefused: the other one is not empty.
        StoreError: one of them failed; what was copied so far is no back-up.
    """
    _check_empty(copy)
    objects, size = _copy_all(store, copy, _stages(store, copy))
    report = CopyReport(objects, size, int(now))
    document = {"format": COPY_FORMAT, "objects": objects, "bytes": size, "begun": report.begun}
    copy.put(keys.COMPLETE, encode_json(document))
    return report


def bring_back(copy: ObjectStore, store: ObjectStore) -> CopyReport:
    """Copy a back-up into an empty store that nobody uses yet.

    Raises:
        StoreRefused: the copy is not whole, or the store not empty.
        StoreError: one of them failed; what was copied so far is no store to use.
    """
    _check_empty(store)
    begun = _read_begun(copy)
    objects, size = _copy_all(copy, store, reversed(list(_stages(copy, copy))))
    return CopyReport(objects, size, begun)


def _stages(source: ObjectStore, target: ObjectStore) -> Iterator[Iterator[str]]:
    """Yield the keys of each step; those that pointers name are of the pointers that `target` has by then."""
    for prefix in _FIRST:
        yield keys_under(source, prefix)
    yield (key for key in keys_under(source, keys.REGISTRIES) if _REGISTRY_POINTER.fullmatch(key))
    yield keys_under(source, keys.SPACE_LISTS)
    yield (key for key in keys_under(source, keys.DATASETS) if _DATASET_POINTER.fullmatch(key))
    yield _others(source, target)


def _others(source: ObjectStore, target: ObjectStore) -> Iterator[str]:
    has_pointer: dict[str, bool] = {}
    for key in keys_under(source, ""):
        if key.startswith((*_LEFT_OUT, *_FIRST, keys.SPACE_LISTS)):
            continue
        if _REGISTRY_POINTER.fullmatch(key) or _DATASET_POINTER.fullmatch(key):
            continue
        named = _NAMED_BY_POINTER.fullmatch(key)
        if named is None or has_pointer.setdefault(named["pool"], exists(target, f"{named['pool']}/HEAD")):
            yield key


def _copy_all(source: ObjectStore, target: ObjectStore, stages: Iterator[Iterator[str]]) -> tuple[int, int]:
    """Copy what the stages name, one stage after the other; return how many objects and bytes that was."""

    def copy(key: str) -> int | None:
        try:
            body = source.get(key).body
        except NotFound:
            return None  # merged, or erased, since it was listed
        target.put(key, body)
        return len(body)

    objects = size = 0
    with ThreadPoolExecutor(COPIED_AT_ONCE) as threads:
        for stage in stages:
            while page := list(islice(stage, MAX_LISTED)):
                copied = [one for one in threads.map(copy, page) if one is not None]
                objects, size = objects + len(copied), size + sum(copied)
    return objects, size


def _check_empty(store: ObjectStore) -> None:
    found = next((key for key in keys_under(store, "") if not key.startswith(_MAY_BE_THERE)), None)
    if found is not None:
        raise StoreRefused(f"{store!r}: expected an empty store to copy to, got one with {found}")


def _read_begun(copy: ObjectStore) -> int:
    """Return when a copy was begun that is whole."""
    try:
        body = copy.get(keys.COMPLETE).body
    except NotFound:
        raise StoreRefused(f"{copy!r}: expected a back-up that was finished, got none of {keys.COMPLETE}") from None
    with reading(keys.COMPLETE):
        fields = parse_document(body, where=keys.COMPLETE, max_bytes=MAX_COMPLETE_BYTES)
        fields.check_format(COPY_FORMAT)
        return fields.integer("begun")
