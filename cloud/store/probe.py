"""The check, made once at start, that a store keeps its promises.

A store that ignores conditions looks fine until two writers meet, and then loses samples; so it is refused beforehand.
"""

from __future__ import annotations

import contextlib
import secrets

from cloud.errors import (
    AlreadyExists,
    PreconditionFailed,
    StoreError,
    StoreRefused,
    StoreUnreachable,
    Unavailable,
    Uncertain,
    Unusable,
)
from cloud.store import keys
from cloud.store.store import ObjectStore

_OTHER_ETAG = '"00000000000000000000000000000000"'


def probe(store: ObjectStore) -> None:
    """Prepare the store and try each condition on an object of our own, which is removed again.

    Raises:
        StoreRefused: it cannot be used, or ignores a condition; the message says which.
        StoreUnreachable: it does not answer, or has no room; it may be the right one, later.
    """
    store.prepare()
    key = keys.probe(secrets.token_hex(8))
    try:
        _try_conditions(store, key)
        store.delete(key)
    except StoreError as error:
        refusal = StoreUnreachable if _may_pass(error) else StoreRefused
        raise refusal(f"{store!r}: expected a store that can be read and written, got {error}") from error


def _may_pass(error: StoreError) -> bool:
    """Tell whether the same store may do the same thing later."""
    return isinstance(error, Uncertain | Unavailable) and not isinstance(error, Unusable)


def _try_conditions(store: ObjectStore, key: str) -> None:
    _must_fail(store, key, _OTHER_ETAG, "If-Match on a missing object")
    first = _put_first(store, key)
    _must_find(store, key, b"first")
    _must_refuse_second(store, key)
    second = _replace_first(store, key, first)
    _must_find(store, key, b"second")
    if second == first:
        raise StoreRefused(f"{store!r}: expected ETags that differ where contents differ, got one ETag twice")
    _must_fail(store, key, first, "If-Match")


def _put_first(store: ObjectStore, key: str) -> str:
    try:
        return store.put_if_absent(key, b"first")
    except AlreadyExists:
        raise StoreRefused(
            f"{store!r}: expected conditional writes, got a store that finds an object that was never written"
        ) from None
    except Unusable as error:
        raise _refused_condition(store, key, error) from error


def _replace_first(store: ObjectStore, key: str, etag: str) -> str:
    try:
        return store.put_if_match(key, b"second", etag=etag)
    except PreconditionFailed:
        _remove(store, key)
        raise StoreRefused(
            f"{store!r}: expected conditional writes, got a store that does not know the ETag that it has just given"
        ) from None
    except Unusable as error:
        raise _refused_condition(store, key, error) from error


def _refused_condition(store: ObjectStore, key: str, error: Unusable) -> StoreError | StoreRefused:
    """Return what a store refuses: the condition, where it takes the same write without one; else the write."""
    try:
        store.put(key, b"without a condition")
    except StoreError as refusal:
        return refusal
    _remove(store, key)
    return StoreRefused(f"{store!r}: expected conditional writes, got a store that refuses them: {error.reason}")


def _remove(store: ObjectStore, key: str) -> None:
    """Remove our own object as far as the store lets us: what is refused has its reason already."""
    with contextlib.suppress(StoreError):
        store.delete(key)


def _must_refuse_second(store: ObjectStore, key: str) -> None:
    try:
        store.put_if_absent(key, b"again")
    except AlreadyExists:
        return
    except Unusable as error:
        raise _refused_condition(store, key, error) from error
    _remove(store, key)
    raise StoreRefused(f"{store!r}: expected conditional writes, got a store that ignores If-None-Match")


def _must_fail(store: ObjectStore, key: str, etag: str, condition: str) -> None:
    try:
        store.put_if_match(key, b"never", etag=etag)
    except PreconditionFailed:
        return
    except Unusable as error:
        raise _refused_condition(store, key, error) from error
    _remove(store, key)
    raise StoreRefused(f"{store!r}: expected conditional writes, got a store that ignores {condition}")


def _must_find(store: ObjectStore, key: str, body: bytes) -> None:
    if store.get(key).body != body or store.list(key) != [key]:
        _remove(store, key)
        raise StoreRefused(f"{store!r}: expected to read what was just written, got something else")
