"""The batch of a merge: uploads that wait in the inbox, fetched a few at a time, judged, and bounded.

Every upload that waits has one fate::

    READABLE    its rows may go into the dataset
    SEEN        it has a receipt: it is in the dataset already
    ERASED      its generation is over: its device's samples were erased since
    REVOKED     its device was revoked, and the operator wants none of what waits
    UNREADABLE  it cannot be an upload of this space; the reason says why
    GONE        another merge dealt with it meanwhile

One whose device has a document that cannot be read has none yet: it waits, and is in nobody's way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from cloud.dataset import inbox
from cloud.errors import Damaged, NotFound
from cloud.identity import devices
from cloud.identity.devices import EnrolledDevice
from cloud.store import keys
from cloud.store.keys import InboxUpload, Pool
from cloud.store.listing import exists
from cloud.store.store import ObjectStore
from contract.codecs import EncodedFeatures
from contract.errors import ContractError
from contract.files import sha256_hex
from contract.upload import Upload, open_encoded

FETCHED_AT_ONCE = 8
MAX_BATCH_BYTES = 128 << 20
"""Of features as they came: what a merge holds in memory."""
MAX_BATCH_ROWS = 1 << 15
"""So that labels that all differ, each of the greatest length, fit the tables of the shard that is written of them."""


class Fate(StrEnum):
    """What becomes of an upload that waits."""

    READABLE = "readable"
    SEEN = "seen"
    ERASED = "erased"
    REVOKED = "revoked"
    UNREADABLE = "unreadable"
    GONE = "gone"


@dataclass(frozen=True, slots=True, eq=False)
class BatchUpload:
    """One upload of a batch, and its fate."""

    upload: InboxUpload
    fate: Fate
    content: Upload | None = None
    """Of a readable one."""
    encoded: EncodedFeatures | None = None
    """Of a readable one: its features as they came."""
    body: bytes = b""
    """Of one that is to be set aside."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The next uploads of a pool that can be judged."""

    uploads: Sequence[InboxUpload]
    senders: Mapping[str, EnrolledDevice | None]
    """Whose they are; None of a device that is not enrolled."""
    is_all: bool
    """Nothing waits behind them."""
    held: Mapping[str, Damaged]
    """Devices whose document cannot be read, of those whose uploads were passed over."""


def next_waiting(store: ObjectStore, pool: Pool) -> Waiting:
    """List the first uploads of a pool that can be judged, at most `MAX_LISTED`. Raises a `StoreError`."""
    senders: dict[str, EnrolledDevice | None] = {}
    held: dict[str, Damaged] = {}
    after = ""
    while True:
        page = inbox.pending(store, pool, after=after)
        new = sorted({upload.device for upload in page.uploads} - senders.keys() - held.keys())
        with ThreadPoolExecutor(FETCHED_AT_ONCE) as threads:
            for device, found in zip(new, threads.map(partial(_look_up, store), new), strict=True):
                if isinstance(found, Damaged):
                    held[device] = found
                else:
                    senders[device] = found
        uploads = [upload for upload in page.uploads if upload.device not in held]
        if uploads or page.is_last:
            return Waiting(uploads, senders, page.is_last, held)
        after = page.last_key


def read_batch(
    store: ObjectStore,
    uploads: Sequence[InboxUpload],
    *,
    senders: Mapping[str, EnrolledDevice | None],
    feature_shape: tuple[int, ...],
    max_bytes: int = MAX_BATCH_BYTES,
    max_rows: int = MAX_BATCH_ROWS,
) -> Iterator[BatchUpload]:
    """Judge uploads in order, at least one, until they have more than `max_bytes` of encoded features, or `max_rows`.

    `senders` says whose each of them is. Threads fetch some bodies at a time; an upload is decoded only when it is its
    turn.
    """
    taken_bytes = taken_rows = 0
    with ThreadPoolExecutor(FETCHED_AT_ONCE) as threads:
        fetch = partial(_fetch, store, senders)
        for begin in range(0, len(uploads), FETCHED_AT_ONCE):
            for fetched in threads.map(fetch, uploads[begin : begin + FETCHED_AT_ONCE]):
                judged = _judge(fetched, feature_shape) if fetched.fate is Fate.READABLE else fetched
                yield judged
                taken_bytes += judged.encoded.nbytes if judged.encoded else 0
                taken_rows += judged.content.count if judged.content else 0
                if taken_bytes > max_bytes or taken_rows > max_rows:
                    return


def _fetch(store: ObjectStore, senders: Mapping[str, EnrolledDevice | None], upload: InboxUpload) -> BatchUpload:
    """Fetch an upload's bytes, unless its fate is decided without them."""
    if exists(store, keys.receipt(upload)):
        return BatchUpload(upload, Fate.SEEN)
    device = senders[upload.device]
    if device is not None and upload.generation < device.generation:
        return BatchUpload(upload, Fate.ERASED)
    if device is not None and device.drops_uploads:
        return BatchUpload(upload, Fate.REVOKED)
    try:
        body = store.get(keys.inbox(upload)).body
    except NotFound:
        return BatchUpload(upload, Fate.GONE)
    if device is None:
        return BatchUpload(upload, Fate.UNREADABLE, body=body, reason="its device is not enrolled")
    return BatchUpload(upload, Fate.READABLE, body=body)


def _judge(fetched: BatchUpload, feature_shape: tuple[int, ...]) -> BatchUpload:
    upload, body = fetched.upload, fetched.body
    if sha256_hex(body) != upload.sha256:
        return BatchUpload(upload, Fate.UNREADABLE, body=body, reason=f"its bytes have the sha256 {sha256_hex(body)}")
    try:
        content, encoded = open_encoded(body, space=upload.pool.space, feature_shape=feature_shape)
    except ContractError as error:
        return BatchUpload(upload, Fate.UNREADABLE, body=body, reason=str(error))
    return BatchUpload(upload, Fate.READABLE, content=content, encoded=encoded)


def _look_up(store: ObjectStore, device: str) -> EnrolledDevice | Damaged | None:
    """Return a device as it is now, None for one that is not enrolled, or why it cannot be read."""
    try:
        return devices.read(store, device)
    except NotFound:
        return None
    except Damaged as error:
        return error
