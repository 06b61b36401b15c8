"""Heartbeats: what each worker last said of itself, so that one that died or hangs is seen.

::

    workers/<id>    {"format": 1, "host": ..., "pid": n, "version": ..., "started": unix s, "seen": unix s,
                     "looked": unix s, "doing": "training", "since": unix s, "pool": "<group>/<space>" or null,
                     "step": "embedded" or null, "outages": n, "counts": {"merged uploads": n, ...},
                     "trouble": {"at": unix s, "pool": ... or null, "what": ...} or null, "clock_set_s": seconds}

A worker writes its own every `INTERVAL_S`, whatever it does, and a last one when it stops. Nothing depends on it: a
worker whose heartbeat cannot be written works on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum

from cloud.errors import Damaged, NotFound
from cloud.store import keys
from cloud.store.documents import reading
from cloud.store.store import ObjectStore
from contract.documents import MAX_INTEGER, Fields, Json, encode_json, parse_document

HEARTBEAT_FORMAT = 1
INTERVAL_S = 15.0
SILENT_AFTER_S = 90.0
"""Without a heartbeat: a few that did not get through are no death."""
HANGS_AFTER_S = 900.0
"""Without a look at the store, while it does not train."""
FORGOTTEN_AFTER_S = 86_400.0
MAX_BYTES = 16 << 10
MAX_WORKERS = 100
MAX_COUNTS = 100
MAX_TROUBLE_CHARACTERS = 300


class Doing(StrEnum):
    """What a worker does."""

    WAITING = "waiting"
    WORKING = "working"
    """At a pool: it merges, or prepares a cycle."""
    TRAINING = "training"
    STOPPED = "stopped"


class Count(StrEnum):
    """What a worker counts from its start on."""

    MERGED_UPLOADS = "merged uploads"
    MERGED_ROWS = "merged rows"
    UPLOADS_SET_ASIDE = "uploads set aside"
    CYCLES_BEST = "cycles that made a new best"
    CYCLES_REFUSED = "cycles whose head the gate refused"
    CYCLES_EMPTY = "cycles with nothing to train on"
    CYCLES_FAILED = "cycles that failed"
    OVERTAKEN = "times overtaken by another worker"
    FAILURES = "failures"
    RENEWALS = "renewals"


@dataclass(frozen=True, slots=True)
class Trouble:
    """The last thing that went wrong."""

    at: int
    """Unix seconds."""
    pool: str | None
    what: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What a worker said of itself. Times are Unix seconds of its own clock."""

    worker: str
    """Its id: the same for every worker on this host with this state folder."""
    host: str
    pid: int
    version: str
    started: int
    seen: int
    looked: int
    """When it last looked for something to do."""
    doing: Doing
    since: int
    """It does that, or passed that step."""
    pool: str | None = None
    step: str | None = None
    """Of the training cycle, passed last."""
    outages: int = 0
    """How often in a row the store did not say what waits."""
    counts: Mapping[str, int] = field(default_factory=dict)
    trouble: Trouble | None = None
    clock_set_s: int = 0
    """By so much, forwards or back, its clock was set since its start: nothing is erased for its age meanwhile."""

    def is_silent(self, now: float) -> bool:
        """Tell whether it must have died, or lost the store; what was seen in the future, nobody saw."""
        return self.doing is not Doing.STOPPED and abs(now - self.seen) > SILENT_AFTER_S

    def hangs(self, now: float) -> bool:
        """Tell whether it beats but does nothing."""
        idle = self.doing in (Doing.WAITING, Doing.WORKING)
        return idle and not self.is_silent(now) and self.seen - max(self.looked, self.since) > HANGS_AFTER_S

    def is_at_work(self, now: float) -> bool:
        """Tell whether it does what a worker is there for."""
        return self.doing is not Doing.STOPPED and not self.is_silent(now) and not self.hangs(now)


def write(store: ObjectStore, heartbeat: Heartbeat) -> None:
    """Keep a heartbeat in place of the one before. Raises a `StoreError`."""
    document: dict[str, Json] = asdict(heartbeat) | {"format": HEARTBEAT_FORMAT}
    del document["worker"]
    store.put(keys.worker(heartbeat.worker), encode_json(document))


def read(store: ObjectStore) -> list[Heartbeat]:
    """Read the heartbeats of all workers, the latest first.

    Raises:
        Damaged: one cannot be read.
        StoreError: the store failed.
    """
    found = (read_one(store, key.removeprefix(keys.WORKERS)) for key in store.list(keys.WORKERS, limit=MAX_WORKERS))
    return sorted((one for one in found if one is not None), key=lambda one: (one.seen, one.worker), reverse=True)


def sweep(store: ObjectStore, *, now: float) -> None:
    """Remove heartbeats of workers that were not seen for a day: hosts in containers change their names.

    Raises:
        StoreError: the store failed.
    """
    for entry in store.entries(keys.WORKERS, limit=MAX_WORKERS):
        if now - entry.modified > FORGOTTEN_AFTER_S:
            store.delete(entry.key)


def read_one(store: ObjectStore, worker_id: str) -> Heartbeat | None:
    """Read what a worker last said of itself; None where that was swept meanwhile.

    Raises:
        Damaged: it cannot be read.
        StoreError: the store failed.
    """
    key = keys.worker(worker_id)
    try:
        body = store.get(key).body
    except NotFound:  # swept meanwhile
        return None
    with reading(key):
        fields = parse_document(body, where=key, max_bytes=MAX_BYTES)
        fields.check_format(HEARTBEAT_FORMAT)
        return Heartbeat(
            worker=worker_id,
            host=fields.text("host"),
            pid=fields.integer("pid"),
            version=fields.text("version"),
            started=fields.integer("started"),
            seen=fields.integer("seen"),
            looked=fields.integer("looked"),
            doing=fields.choice("doing", Doing),
            since=fields.integer("since"),
            pool=fields.text("pool") if "pool" in fields else None,
            step=fields.text("step") if "step" in fields else None,
            outages=fields.integer("outages"),
            counts=_parse_counts(fields.document("counts"), key),
            trouble=_parse_trouble(fields.document("trouble")) if "trouble" in fields else None,
            clock_set_s=fields.integer("clock_set_s", low=-MAX_INTEGER) if "clock_set_s" in fields else 0,
        )


def _parse_counts(fields: Fields, key: str) -> dict[str, int]:
    names = fields.keys()
    if len(names) > MAX_COUNTS:
        raise Damaged(f"{key}: expected at most {MAX_COUNTS} counts, got {len(names)}")
    return {name: fields.integer(name) for name in names}


def _parse_trouble(fields: Fields) -> Trouble:
    return Trouble(fields.integer("at"), fields.text("pool") if "pool" in fields else None, fields.text("what"))
