"""The only home of gathering what a merge takes from the inbox: fetched a few at a time, judged, and bounded.

Every upload that waits has one fate::

    READABLE    its rows may go into the dataset
    SEEN        it has a receipt: it is in the dataset already
    ERASED      its generation is over: its device's samples were erased since
    UNREADABLE  it cannot be an upload of this space; the reason says why
    GONE        another merge dealt with it meanwhile
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from cloud.errors import NotFound
from cloud.identity import devices
from cloud.store import keys
from cloud.store.keys import Arrival
from cloud.store.store import ObjectStore
from contract.errors import ContractError
from contract.files import sha256_hex
from contract.upload import Upload, open_upload

FETCHED_AT_ONCE = 8
MAX_BATCH_BYTES = 128 << 20
"""Of features: what a merge holds in memory."""
MAX_BATCH_ROWS = 1 << 15
"""So that labels that all differ, each as long as may be, fit the header of the shard that is written of them."""


class Fate(StrEnum):
    """What becomes of an upload that waits."""

    READABLE = "readable"
    SEEN = "seen"
    ERASED = "erased"
    UNREADABLE = "unreadable"
    GONE = "gone"


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """One upload that waited, and its fate."""

    arrival: Arrival
    fate: Fate
    upload: Upload | None = None
    """Of a readable one."""
    body: bytes = b""
    """Of one that is to be set aside."""
    reason: str = ""


def gather(
    store: ObjectStore,
    arrivals: Sequence[Arrival],
    *,
    feature_shape: tuple[int, ...],
    max_bytes: int = MAX_BATCH_BYTES,
    max_rows: int = MAX_BATCH_ROWS,
) -> Iterator[Gathered]:
    """Judge uploads in order, until they have more than `max_bytes` of features or `max_rows`; at least one is.

    Bodies are fetched some at a time by threads; an upload is decoded only when it is its turn.
    """
    taken_bytes = taken_rows = 0
    with ThreadPoolExecutor(FETCHED_AT_ONCE) as threads:
        senders = sorted({arrival.device for arrival in arrivals})
        generations = dict(zip(senders, threads.map(partial(_generation, store), senders), strict=True))
        fetch = partial(_fetch, store, generations)
        for begin in range(0, len(arrivals), FETCHED_AT_ONCE):
            for fetched in threads.map(fetch, arrivals[begin : begin + FETCHED_AT_ONCE]):
                one = _judge(fetched, feature_shape) if fetched.fate is Fate.READABLE else fetched
                yield one
                taken_bytes += one.upload.features.nbytes if one.upload else 0
                taken_rows += one.upload.count if one.upload else 0
                if taken_bytes > max_bytes or taken_rows > max_rows:
                    return


def _fetch(store: ObjectStore, generations: Mapping[str, int | None], arrival: Arrival) -> Gathered:
    """An upload's bytes, unless its fate needs none."""
    if _exists(store, keys.receipt(arrival)):
        return Gathered(arrival, Fate.SEEN)
    generation = generations[arrival.device]
    if generation is not None and arrival.generation < generation:
        return Gathered(arrival, Fate.ERASED)
    try:
        body = store.get(keys.inbox(arrival)).body
    except NotFound:
        return Gathered(arrival, Fate.GONE)
    if generation is None:
        return Gathered(arrival, Fate.UNREADABLE, body=body, reason="its device is not enrolled")
    return Gathered(arrival, Fate.READABLE, body=body)


def _judge(fetched: Gathered, feature_shape: tuple[int, ...]) -> Gathered:
    arrival, body = fetched.arrival, fetched.body
    if sha256_hex(body) != arrival.upload:
        return Gathered(arrival, Fate.UNREADABLE, body=body, reason=f"its bytes have the sha256 {sha256_hex(body)}")
    try:
        upload = open_upload(body, space=arrival.pool.space, feature_shape=feature_shape)
    except ContractError as error:
        return Gathered(arrival, Fate.UNREADABLE, body=body, reason=str(error))
    return Gathered(arrival, Fate.READABLE, upload=upload)


def _generation(store: ObjectStore, device: str) -> int | None:
    """The generation whose uploads count, or None of a device that nobody knows."""
    try:
        return devices.read(store, device).generation
    except NotFound:
        return None


def _exists(store: ObjectStore, key: str) -> bool:
    try:
        store.stat(key)
    except NotFound:
        return False
    return True
