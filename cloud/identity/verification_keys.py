"""Verification keys as the store has them: the one that devices get when they enrol, and the chain that it is in."""

from __future__ import annotations

from cloud.errors import NotFound, NotReady
from cloud.store import keys
from cloud.store.documents import reading
from cloud.store.store import ObjectStore
from contract.key_chain import PUBLIC_KEY_BYTES, KeyChain


def read_key(store: ObjectStore) -> bytes:
    """Return the key that devices get when they enrol, raw, 32 bytes.

    Raises:
        NotReady: there is none yet, because the worker never ran.
    """
    try:
        key = store.get(keys.VERIFY).body
    except NotFound:
        raise NotReady(f"{keys.VERIFY}: expected the worker's key, got none: it has not been started yet") from None
    if len(key) != PUBLIC_KEY_BYTES:
        raise NotReady(f"{keys.VERIFY}: expected {PUBLIC_KEY_BYTES} bytes, got {len(key)}")
    return key


def read_chain(store: ObjectStore) -> KeyChain:
    """Return all keys so far; the one that devices get when they enrol is among them.

    Raises:
        NotReady: there is none yet, because the worker never ran.
        Damaged: what is there is not a chain.
    """
    key = read_key(store)
    try:
        body = store.get(keys.CHAIN).body
    except NotFound:
        return KeyChain((key,))  # there was no rotation yet
    with reading(keys.CHAIN):
        return KeyChain.parse(body)
