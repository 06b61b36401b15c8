"""Objects of the store that cannot be read, found one by one: records of every kind, spaces, keys, releases, trials."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from cloud.dataset import erasures
from cloud.errors import CloudError, Damaged, NotFound, NotReady
from cloud.identity import codes, devices, operators, token_seal
from cloud.identity.verification_keys import read_chain
from cloud.overview import heartbeats
from cloud.overview.reader import MAX_TRIAL_BYTES
from cloud.releases import requests, space_lists, stored
from cloud.spaces import bundles
from cloud.spaces.base_counts import read_base_counts
from cloud.store import keys, lease
from cloud.store.documents import read_each, read_json
from cloud.store.listing import names_under
from cloud.store.store import ObjectStore

MAX_NAMED_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class _Kind:
    """Records under one prefix, which are of one kind."""

    prefix: str
    look: Callable[[ObjectStore, str], object]
    """Reads one by its name; raises `Damaged` where that cannot be read, and `NotFound` where it is gone."""
    advice: str


def _read_trial(store: ObjectStore, name: str) -> object:
    return read_json(store, f"{keys.TRIALS}{name}", max_bytes=MAX_TRIAL_BYTES)


def _read_named(store: ObjectStore, name: str) -> object:
    return read_json(store, f"{keys.NAMED}{name}", max_bytes=MAX_NAMED_BYTES)


def _read_lease(store: ObjectStore, name: str) -> object:
    return lease.read(store, f"{keys.LEASES}{name}")


def _read_duty(store: ObjectStore, name: str) -> object:
    return lease.read(store, keys.duty(name))


_KINDS = (
    _Kind(
        keys.DEVICES,
        devices.read,
        "what it sent waits: from a back-up, or delete it: that is set aside, and the device enrols with a code again",
    ),
    _Kind(keys.CODES, codes.read, "`fedex-cloud codes withdraw`, and add another code"),
    _Kind(keys.OPERATORS, operators.read, "delete it, and add the operator again"),
    _Kind(keys.ERASURES, erasures.read, "delete it, and ask for the erasure again"),
    _Kind(keys.TOMBSTONES, erasures.read_tombstone, "from a back-up, or delete it: the erasure was carried out"),
    _Kind(keys.REQUESTS, requests.read, "delete it, and ask again"),
    _Kind(keys.OUTCOMES, requests.read_outcome, "delete it: the releases say what became of it"),
    _Kind(keys.WORKERS, heartbeats.read_one, "delete it: the worker writes another one"),
    _Kind(keys.LEASES, _read_lease, "delete it: the next worker takes another one"),
    _Kind(keys.DUTIES, _read_duty, "delete it: the next worker takes another one"),
    _Kind(keys.SPACE_LISTS, space_lists.read, "from a back-up, or delete it: the worker signs another one"),
    _Kind(keys.NAMED, _read_named, "delete it: the worker writes another one"),
    _Kind(keys.TRIALS, _read_trial, "delete it: it is a record for people to read"),
)


def damaged_records(store: ObjectStore) -> Iterator[tuple[str, str]]:
    """Yield the key of each object that cannot be read, and what is wrong with it and to be done.

    Pointers, shards and what waits in the inbox are not among them, as they are parts of a whole.

    Raises:
        StoreError: the store failed.
    """
    yield from _damaged_keys(store)
    for kind in _KINDS:
        yield from _damaged(store, kind)
    yield from _damaged_spaces(store)
    yield from _damaged_releases(store)


def _damaged(store: ObjectStore, kind: _Kind) -> Iterator[tuple[str, str]]:
    faults: list[Damaged] = []
    for _ in read_each(names_under(store, kind.prefix), partial(kind.look, store), damaged=faults.append):
        pass  # it can be read
    yield from (_said(str(fault).partition(": ")[0], fault, kind.advice) for fault in faults)


def _damaged_keys(store: ObjectStore) -> Iterator[tuple[str, str]]:
    if store.list(keys.VERIFY, limit=1):  # a worker was there
        try:
            read_chain(store)
        except NotReady as error:
            yield _said(keys.VERIFY, error, "start the worker that has the key: it writes it")
        except Damaged:
            pass  # said by whoever compares the two
    try:
        token_seal.check(store)
    except Damaged as error:
        yield _said(keys.SEAL, error, "delete it: another is made, and tokens of devices are held up as guesses are")


def _damaged_spaces(store: ObjectStore) -> Iterator[tuple[str, str]]:
    for space in bundles.registered(store):
        try:
            bundles.check_small_files(store, space)
            read_base_counts(store, space)
        except (Damaged, NotFound) as error:
            key = str(error).partition(": ")[0]
            yield _said(key, error, "`fedex-cloud bundle add --replace` puts the same bundle in its place")


def _damaged_releases(store: ObjectStore) -> Iterator[tuple[str, str]]:
    for name in names_under(store, keys.REGISTRIES):
        key = f"{keys.REGISTRIES}{name}"
        if not key.endswith("/HEAD"):
            try:
                pool = keys.parse_pool(key)
            except Damaged:
                continue  # a stray object
            try:
                stored.get_release(store, pool, key.rpartition("/")[2])
            except NotFound:
                continue
            except Damaged as error:
                yield _said(key, error, "from a back-up; nobody can return to it, and the history ends there")


def _said(key: str, fault: CloudError, advice: str) -> tuple[str, str]:
    return key, f"{str(fault).removeprefix(f'{key}: ')}; {advice}"
