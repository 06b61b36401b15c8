"""A worker's pulse: what it does at this moment, and the thread that writes it into the store as a heartbeat.

The worker says what it does as it goes on; a heartbeat is written soon after that, and every `INTERVAL_S` anyway, also
while a training takes hours. That it beats says that the process lives and reaches the store; `looked` says that its
loop goes round.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import platform
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from cloud.dataset.merge import MergeReport
from cloud.errors import CloudError
from cloud.overview import heartbeats
from cloud.overview.heartbeats import INTERVAL_S, MAX_TROUBLE_CHARACTERS, Count, Doing, Heartbeat, Trouble
from cloud.store.keys import Pool
from cloud.store.store import ObjectStore
from cloud.training.cycle import AtCycleStep, CycleReport, CycleStep
from contract import __version__

SPACING_S = 1.0
"""Between two heartbeats, however fast the worker goes on."""

logger = logging.getLogger(__name__)


def worker_id(state: Path) -> str:
    """Return the id of the worker of a state folder: the same after a restart on the same host.

    Containers may share a host's name and have the same paths, but their folders are others.
    """
    folder = state.stat().st_ino if state.exists() else 0
    return hashlib.sha256(f"{platform.node()}:{state.absolute()}:{folder}".encode()).hexdigest()[:16]


@dataclass(slots=True)
class Pulse:
    """What a worker does. Told by its loop, read by the thread that beats."""

    worker: str = "0" * 16
    now: Callable[[], float] = time.time
    changed: threading.Event = field(default_factory=threading.Event)
    """Something worth a heartbeat happened."""
    _state: Heartbeat = field(init=False)
    _counts: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Begin with a worker that waits."""
        now = int(self.now())
        self._state = Heartbeat(
            self.worker, platform.node(), os.getpid(), __version__, now, now, now, Doing.WAITING, now
        )

    def heartbeat(self) -> Heartbeat:
        """Return what is to be written now."""
        with self._lock:
            return replace(self._state, seen=int(self.now()), counts={one: self._counts[one] for one in Count})

    def looked(self, *, outages: int) -> None:
        """Note that the worker looked for something to do."""
        self._set(looked=int(self.now()), outages=outages)

    def begun(self, pool: Pool) -> None:
        """Note that it processes a pool."""
        self._do(Doing.WORKING, pool=pool.path)

    def following(self, at: AtCycleStep) -> AtCycleStep:
        """Return what notes each step of a training cycle, and then tells `at`."""

        def passed(step: CycleStep) -> None:
            self._do(Doing.TRAINING, pool=self._state.pool, step=step.value)
            at(step)

        return passed

    def rested(self) -> None:
        """Note that it is done with a pool."""
        self._do(Doing.WAITING)

    def stopped(self) -> None:
        """Note that it will do nothing any more."""
        self._do(Doing.STOPPED)

    def merged(self, report: MergeReport) -> None:
        """Count what a merge did."""
        self.count(Count.MERGED_UPLOADS, report.uploads)
        self.count(Count.MERGED_ROWS, report.rows)
        self.count(Count.UPLOADS_SET_ASIDE, report.set_aside)

    def cycled(self, report: CycleReport) -> None:
        """Count a training cycle that ended well."""
        verdict = report.verdict
        ended = Count.CYCLES_EMPTY if verdict is None else Count.CYCLES_BEST
        self.count(Count.CYCLES_REFUSED if verdict is not None and not verdict.passes else ended)

    def failed(self, count: Count, error: object, *, pool: Pool | None = None) -> None:
        """Note what went wrong, and count it."""
        self.count(count)
        self.is_troubled(error, pool=pool)

    def is_troubled(self, error: object, *, pool: Pool | None = None) -> None:
        """Note what goes wrong."""
        what = " ".join(str(error).split())[:MAX_TROUBLE_CHARACTERS]
        self._set(trouble=Trouble(int(self.now()), pool.path if pool else None, what))
        self.changed.set()

    def clock_was_set(self, seconds: int) -> None:
        """Note by how much its clock was set since its start, so that retention erases nothing; 0: by nothing."""
        self._set(clock_set_s=seconds)

    def count(self, count: Count, more: int = 1) -> None:
        """Count something."""
        with self._lock:
            self._counts[count] += more

    def _do(self, doing: Doing, *, pool: str | None = None, step: str | None = None) -> None:
        self._set(doing=doing, since=int(self.now()), pool=pool, step=step)
        self.changed.set()

    def _set(self, **changes: object) -> None:
        with self._lock:
            self._state = replace(self._state, **changes)  # type: ignore[arg-type]  # the fields of a heartbeat


@contextlib.contextmanager
def beating(store: ObjectStore, pulse: Pulse) -> Iterator[Pulse]:
    """Write heartbeats while the block runs, and a last one after it."""
    ended = threading.Event()
    thread = threading.Thread(target=_beat, args=(store, pulse, ended), name="heartbeat", daemon=True)
    thread.start()
    try:
        yield pulse
    finally:
        ended.set()
        pulse.stopped()
        thread.join(INTERVAL_S)


def _beat(store: ObjectStore, pulse: Pulse, ended: threading.Event) -> None:
    _attempt(lambda: heartbeats.sweep(store, now=pulse.now()))
    while not ended.is_set():
        pulse.changed.clear()
        _attempt(lambda: heartbeats.write(store, pulse.heartbeat()))
        if not ended.wait(SPACING_S):
            pulse.changed.wait(INTERVAL_S - SPACING_S)
    _attempt(lambda: heartbeats.write(store, pulse.heartbeat()))


def _attempt(call: Callable[[], None]) -> None:
    """Make a call; a store that does not take a heartbeat keeps no worker from its work."""
    try:
        call()
    except CloudError as error:
        logger.warning("heartbeat: %s", error)
