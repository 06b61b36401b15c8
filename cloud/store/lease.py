"""Leases: who alone works on something for now, said by a pointer that its holder moves every few seconds.

::

    lease/<group>/<space>, duty/<name>    pointer: {"format": 1, "commit": ..., "ancestors": [...],
      "holder": "<worker>" or null,       null: given back
      "process": "<16 hex>",              of the holder; another one of the same worker knows that this one is dead
      "fence": n,                         rises by one whenever somebody takes it
      "rest": {"until": unix s, "seconds": n} or null}    what holders leave to those that follow

Nobody's wall clock decides. A lease is over once an observer has seen it *unchanged*, under the same commit, for
`EXPIRES_S` of its own clock. A holder that could not renew it for a while, as one that was stopped (SIGSTOP) or whose
store was away, asks the store before it goes on (`Leases.check`): the swap tells whether somebody has followed. What it
writes under a fence lower than that of a pointer is refused there.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from cloud.errors import Busy, CloudError, LostRace
from cloud.store import pointer
from cloud.store.documents import reading
from cloud.store.pointer import Pointer
from cloud.store.store import ObjectStore
from contract.documents import Fields, Json

LEASE_FORMAT = 1
RENEW_EVERY_S = 3.0
DOUBT_AFTER_S = 9.0
"""Since the last renewal: the holder asks before it goes on."""
EXPIRES_S = 15.0
"""Unchanged for so long, a lease is over."""
_LOOK_EVERY_S = 0.5

logger = logging.getLogger(__name__)


def running_s() -> float:
    """Return seconds of a clock that nobody sets, and that goes on while the machine sleeps, where it has one."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(frozen=True, slots=True)
class Rest:
    """Until when something is left alone."""

    until: int
    """Unix seconds, by the clock of whoever said it."""
    seconds: int
    """It was said for so long; by another's clock it is no longer."""

    @classmethod
    def parse(cls, fields: Fields) -> Rest:
        """Read what `document` wrote. Raises a `ContractError`."""
        return cls(fields.integer("until"), fields.integer("seconds"))

    def document(self) -> dict[str, Json]:
        """Write it as part of a lease."""
        return {"until": self.until, "seconds": self.seconds}

    def left_s(self, now: float) -> float:
        """Return how many seconds are left at `now`, Unix seconds."""
        return min(max(self.until - now, 0.0), float(self.seconds))


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as it stands."""

    holder: str | None
    """None: it was given back."""
    process: str
    fence: int
    rest: Rest | None
    pointer: Pointer = field(repr=False)


def read(store: ObjectStore, key: str) -> Lease | None:
    """Read a lease; None where nobody took one yet.

    Raises:
        Damaged: it cannot be read.
        StoreError: the store failed.
    """
    current = pointer.read(store, key)
    if current is None:
        return None
    with reading(key):
        fields = current.fields
        fields.check_format(LEASE_FORMAT)
        return Lease(
            holder=fields.text("holder") if "holder" in fields else None,
            process=fields.text("process"),
            fence=fields.integer("fence"),
            rest=Rest.parse(fields.document("rest")) if "rest" in fields else None,
            pointer=current,
        )


@dataclass(slots=True, eq=False)
class Held:
    """A lease that this process holds, unless it was lost."""

    key: str
    fence: int
    """What it writes under this is refused once somebody has written under a higher one."""
    follows_dead: bool
    """Its holder before did not give it back, and may wake up: what it may write to is to know of the fence first."""
    rest: Rest | None
    """As its holder before left it; set it for those that follow."""
    is_lost: bool = False
    """Somebody else has it."""
    _pointer: Pointer = field(kw_only=True, repr=False)
    _renewed: float = field(kw_only=True)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)


class Over(threading.Event):
    """Is set while another event is, or once a lease is lost."""

    def __init__(self, held: Held, other: threading.Event) -> None:
        super().__init__()
        self._held, self._other = held, other

    def is_set(self) -> bool:
        """Tell whether one of them has come."""
        return super().is_set() or self._held.is_lost or self._other.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for one of them."""
        until = None if timeout is None else time.monotonic() + timeout
        while not self.is_set() and (until is None or time.monotonic() < until):
            super().wait(_LOOK_EVERY_S if until is None else min(_LOOK_EVERY_S, until - time.monotonic()))
        return self.is_set()


@dataclass(slots=True)
class Leases:
    """What one process holds, and has seen others hold. For several threads."""

    store: ObjectStore
    holder: str
    """The worker: none but one process of it lives at any time."""
    clock: Callable[[], float] = running_s
    process: str = field(default_factory=lambda: secrets.token_hex(8))
    _held: dict[str, Held] = field(default_factory=dict)
    _seen: dict[str, tuple[str, float]] = field(default_factory=dict)
    """Leases of others: the commit that was seen last, and when it was seen first."""

    def take(self, key: str, *, floor: Callable[[], int] = lambda: 0) -> Held:
        """Take a lease that nobody holds.

        `floor` says the highest fence that was ever written under, where no lease says it: it was lost, or never there.

        Raises:
            Busy: somebody holds it, as far as one can tell.
            Damaged: it cannot be read.
            StoreError: the store failed; if it was taken, the same process may take it again at once.
        """
        current = read(self.store, key)
        if current is None:
            fence, rest, previous = floor(), None, None
        else:
            self._check_free(current)
            fence, rest, previous = current.fence, current.rest, current.pointer
        follows_dead = fence > 0 if current is None else current.holder is not None
        began = self.clock()
        document = self._document(self.holder, fence + 1, rest)
        try:
            swapped = pointer.swap(self.store, key, previous=previous, document=document)
        except LostRace as race:
            raise Busy(str(race)) from race
        self._seen.pop(key, None)
        held = Held(key, fence + 1, follows_dead, rest, _pointer=swapped, _renewed=began)
        self._held[key] = held
        return held

    def check(self, held: Held) -> None:
        """Renew a lease whose last renewal is long ago, before something is done that only its holder may do.

        Raises:
            LostRace: somebody else has it.
            StoreError: the store does not say.
        """
        if held.is_lost or self.clock() - held._renewed > DOUBT_AFTER_S:
            self._renew(held)

    def give_back(self, held: Held) -> None:
        """Let others take a lease at once. One that the store does not take back is over after a while."""
        self._held.pop(held.key, None)
        with held._lock:
            if held.is_lost:
                return
            document = self._document(None, held.fence, held.rest)
            try:
                pointer.swap(self.store, held.key, previous=held._pointer, document=document)
            except LostRace:
                held.is_lost = True
            except CloudError as error:
                logger.warning("lease: not given back: %s", error)

    def drop(self, held: Held) -> None:
        """Let a lease run out: nobody may take it for given back."""
        self._held.pop(held.key, None)

    @contextlib.contextmanager
    def giving_back(self, held: Held) -> Iterator[Held]:
        """Give a lease back after the block; not where the process is about to die."""
        try:
            yield held
        except Exception:
            self.give_back(held)
            raise
        self.give_back(held)

    @contextlib.contextmanager
    def renewing(self) -> Iterator[None]:
        """Renew all that is held, in a thread of its own, while the block runs."""
        ended = threading.Event()
        thread = threading.Thread(target=self._renew_all, args=(ended,), name="leases", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _renew_all(self, ended: threading.Event) -> None:
        while not ended.wait(_LOOK_EVERY_S):
            for held in list(self._held.values()):
                if not held.is_lost and self.clock() - held._renewed > RENEW_EVERY_S:
                    try:
                        self._renew(held)
                    except LostRace as race:
                        logger.warning("lease: lost: %s", race)
                    except CloudError as error:
                        logger.warning("lease: not renewed: %s", error)
                    except Exception:  # a defect must not stop the thread
                        logger.exception("defect")

    def _renew(self, held: Held) -> None:
        with held._lock:
            if self._held.get(held.key) is not held and not held.is_lost:
                return  # given back meanwhile
            for _ in range(2):
                if held.is_lost:
                    break
                began = self.clock()
                document = self._document(self.holder, held.fence, held.rest)
                try:
                    held._pointer = pointer.swap(self.store, held.key, previous=held._pointer, document=document)
                except LostRace:
                    current = read(self.store, held.key)
                    held.is_lost = current is None or (current.process, current.fence) != (self.process, held.fence)
                    if current is not None:
                        held._pointer = current.pointer  # of our own, whose answer was lost
                else:
                    held._renewed = began
                    return
            held.is_lost = True
            raise LostRace(f"{held.key}: expected to hold it under fence {held.fence}, got another holder")

    def _check_free(self, current: Lease) -> None:
        """Raise `Busy` where somebody holds a lease, as far as one can tell."""
        key = current.pointer.key
        if current.holder is None:
            self._seen.pop(key, None)
            return
        if key in self._held:
            raise Busy(f"{key}: expected a lease that is free, got one that this process holds")
        is_own = current.holder == self.holder or current.process == self.process
        if not is_own and not self._has_expired(key, current.pointer.commit):
            raise Busy(f"{key}: expected a lease that is free, got one of worker {current.holder}")

    def _has_expired(self, key: str, commit: str) -> bool:
        now = self.clock()
        seen, since = self._seen.get(key, ("", now))
        if seen != commit:
            self._seen[key] = (commit, now)
            return False
        return now - since >= EXPIRES_S

    def _document(self, holder: str | None, fence: int, rest: Rest | None) -> dict[str, Json]:
        return {
            "format": LEASE_FORMAT,
            "holder": holder,
            "process": self.process,
            "fence": fence,
            "rest": rest.document() if rest else None,
        }
