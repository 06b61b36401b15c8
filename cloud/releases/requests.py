"""What operators ask of releases over HTTP: kept for the worker, which alone can sign, and then what came of it.

::

    requests/<id>   {"kind": "promote", "group": ..., "space": ..., "by": ..., "why": ..., "at": unix s,
                     "channel": "best" or "latest", "serial": n, "pin": true or false}
                    {"kind": "pin", ..., "serial": n}, {"kind": "unpin", ...}
    outcomes/<id>   {"request": {...}, "state": "done" or "refused", "said": "..."}

An id begins with its time, so that requests are carried out in the order in which they came; one is deleted once its
outcome is there.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from cloud.errors import NotFound
from cloud.releases.decisions import Decision
from cloud.store import keys
from cloud.store.documents import reading
from cloud.store.keys import Pool
from cloud.store.listing import names_under
from cloud.store.store import ObjectStore
from contract.documents import Fields, Json, encode_json, parse_document
from contract.manifest import Channel
from contract.patterns import GROUP_PATTERN, HEX64_PATTERN

REQUEST_PATTERN = re.compile("[0-9]{12}-[0-9a-f]{16}")
"""The id of a request."""
MAX_REQUEST_BYTES = 8 << 10
US = 10**6
"""Microseconds in a second."""
LATEST_US = 10**9 - 1
"""What an id has room for after its time, some 17 minutes: a slow store keeps a request that much later."""
KEPT_S = 30 * 86_400
"""For so long an outcome can be asked for."""


class RequestKind(StrEnum):
    """What is asked for."""

    PROMOTE = "promote"
    PIN = "pin"
    UNPIN = "unpin"


class RequestState(StrEnum):
    """What became of a request."""

    WAITS = "waits"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class OperatorRequest:
    """What an operator asks for."""

    kind: RequestKind
    pool: Pool
    decision: Decision
    channel: Channel = Channel.BEST
    """Of the release to promote."""
    serial: int = 0
    """Of the release to promote, or of the one that stands and is to be pinned."""
    pin: bool = False
    """Whether what is promoted is pinned."""

    @classmethod
    def parse(cls, fields: Fields) -> OperatorRequest:
        """Read what `document` wrote. Raises a `ContractError`."""
        return cls(
            kind=fields.choice("kind", RequestKind),
            pool=Pool(fields.name("group", GROUP_PATTERN), fields.name("space", HEX64_PATTERN)),
            decision=Decision.parse(fields),
            channel=fields.choice("channel", Channel),
            serial=fields.integer("serial"),
            pin=fields.boolean("pin"),
        )

    def document(self) -> dict[str, Json]:
        """Write it as the store keeps it."""
        return {
            "kind": self.kind.value,
            "group": self.pool.group,
            "space": self.pool.space,
            **self.decision.document(),
            "channel": self.channel.value,
            "serial": self.serial,
            "pin": self.pin,
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """A request, and what became of it."""

    request: OperatorRequest
    state: RequestState
    said: str = ""
    """In a line: what was done, or why not."""


def submit(store: ObjectStore, request: OperatorRequest) -> str:
    """Keep a request for the worker; return its id. Raises `StoreError`."""
    at = request.decision.at
    later_us = min(max(time.time_ns() // 1000 - at * US, 0), LATEST_US)
    id_ = f"{at:012d}-{later_us:09d}{secrets.token_hex(4)[:7]}"
    store.put_if_absent(keys.request(id_), encode_json(request.document()))
    return id_


def waiting(store: ObjectStore) -> Iterator[str]:
    """Yield the ids of the requests that wait, the first one first."""
    return names_under(store, keys.REQUESTS)


def read(store: ObjectStore, id_: str) -> OperatorRequest:
    """Read a request that waits.

    Raises:
        NotFound: there is none of this id.
        Damaged: it is no request.
    """
    key = keys.request(id_)
    body = store.get(key).body
    with reading(key):
        return OperatorRequest.parse(parse_document(body, where=key, max_bytes=MAX_REQUEST_BYTES))


def finish(store: ObjectStore, id_: str, outcome: Outcome) -> None:
    """Keep what became of a request, and delete it. Idempotent."""
    document = {"request": outcome.request.document(), "state": outcome.state.value, "said": outcome.said}
    store.put(keys.outcome(id_), encode_json(document))
    store.delete(keys.request(id_))


def read_outcome(store: ObjectStore, id_: str) -> Outcome:
    """Read what became of a request, or that it waits.

    Raises:
        NotFound: there is no request of this id, or it is long ago.
        Damaged: it is not what was written.
    """
    key = keys.outcome(id_)
    try:
        body = store.get(key).body
    except NotFound:
        return Outcome(read(store, id_), RequestState.WAITS)
    with reading(key):
        fields = parse_document(body, where=key, max_bytes=MAX_REQUEST_BYTES)
        request = OperatorRequest.parse(fields.document("request"))
        return Outcome(request, fields.choice("state", RequestState), fields.text("said", max_characters=4096))


def forget(store: ObjectStore, *, now: float) -> None:
    """Delete the outcomes of long ago."""
    for id_ in names_under(store, keys.OUTCOMES):
        if id_ >= f"{max(int(now) - KEPT_S, 0):012d}":
            return
        store.delete(keys.outcome(id_))
