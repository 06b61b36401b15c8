"""The worker: the only home of the loop that merges what arrives, and trains and publishes when something is new.

One at a time. It never imports TensorFlow; the processes of a cycle do, and none of them outlives it.
"""

from __future__ import annotations

import importlib.util
import logging
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

from cloud.dataset import inbox
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.memory import MergeMemory
from cloud.dataset.merge import merge_once
from cloud.errors import (
    CloudError,
    CycleFailed,
    LostRace,
    SettingError,
    Stopped,
    StoreUnreachable,
    Unavailable,
    Uncertain,
)
from cloud.logs import fields
from cloud.releases import registry
from cloud.releases.registry import FailedCycles
from cloud.releases.signing import SigningKey, load_or_create
from cloud.settings import Settings
from cloud.store import ObjectStore, open_store, probe
from cloud.store.keys import Pool
from cloud.training.context import TrainingContext
from cloud.training.cycle import AtStep, CycleReport, run_cycle
from cloud.training.schedule import decide
from cloud.worker.lock import claimed
from contract.callbacks import ignore

logger = logging.getLogger(__name__)

LONGEST_REST_S = 300.0
"""For a pool in trouble."""
LONGEST_OUTAGE_REST_S = 30.0
"""For a store that does not answer."""
NEEDED = ("keras", "tensorflow")
"""What the processes of a cycle import; it comes with the extra `export`."""


def run_worker(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT; a store that does not answer is waited for.

    Raises:
        SettingError, StoreRefused: it cannot start like this.
    """
    _check_installed()
    stop = threading.Event()
    _stop_on_signals(stop)
    with claimed(settings.state):
        store = open_store(settings.store)
        key = _reach(store, settings, stop)
        if key is not None:
            Worker(TrainingContext(store, settings, key, stop)).run()


@dataclass(slots=True)
class Worker:
    """Looks after all pools of a store."""

    workbench: TrainingContext
    at: AtStep = ignore
    """Is told the steps of each cycle."""
    _memory: MergeMemory = field(default_factory=MergeMemory)
    _look_at: dict[Pool, float] = field(default_factory=dict)
    """Pools that need a look, and from when on (monotonic), whether or not anything arrives."""
    _troubles: dict[Pool, int] = field(default_factory=dict)
    """How often in a row looking after a pool went wrong."""
    _outages: int = 0
    """How often in a row the store did not say where anything is new."""
    _looked_everywhere: bool = False

    def run(self) -> None:
        """Look, again and again, until asked to stop."""
        poll_s = self.workbench.settings.poll_s
        logger.info("worker: started", extra=fields(poll_s=poll_s))
        while not self.workbench.stop.is_set():
            for pool in self._due():
                self._look_after(pool)
            self.workbench.stop.wait(max(poll_s, _rest_s(self._outages, LONGEST_OUTAGE_REST_S)))
        logger.info("worker: stopped")

    def tend(self, pool: Pool) -> CycleReport | None:
        """Merge what waits in a pool, and train it if that is due.

        Raises:
            CycleFailed: the cycle published nothing; that is recorded.
            Stopped, LostRace, StateFull, StoreError: as for ``run_cycle``.
        """
        self._merge(pool)
        data, _ = dataset_pointer.read(self.workbench.store, pool)
        known, now = registry.read(self.workbench.store, pool), self.workbench.now()
        decision = decide(
            data, trained=known.trained, failed=known.failed, min_new=self.workbench.settings.min_new, now=now
        )
        if not decision.train:
            if decision.not_before is not None:
                self._look_at[pool] = time.monotonic() + decision.not_before - now
            return None
        logger.info("cycle: due", extra=fields(pool=pool.path, reason=decision.reason))
        try:
            return run_cycle(self.workbench, pool, cycle=f"{int(now)}-{data.commit[:8]}", at=self.at)
        except CycleFailed:
            self._note_failure(pool, data.commit)
            raise

    def _due(self) -> list[Pool]:
        try:
            news = self._news()
        except CloudError as error:
            logger.error("worker: %s", error)
            self._outages += 1
            return []
        self._outages = 0
        now = time.monotonic()
        waiting = {pool for pool, at in self._look_at.items() if at <= now}
        resting = {pool for pool, at in self._look_at.items() if at > now and pool in self._troubles}
        return sorted({*news, *waiting} - resting)

    def _news(self) -> list[Pool]:
        """Where an upload waits; at first all pools, for the worker before may have ended before a release."""
        news = inbox.pools_with_news(self.workbench.store)
        if not self._looked_everywhere:
            news += dataset_pointer.pools(self.workbench.store)
            self._looked_everywhere = True
        return news

    def _look_after(self, pool: Pool) -> None:
        """Tend a pool; what goes wrong is logged, and the pool rests, so that it does not keep others waiting."""
        self._look_at.pop(pool, None)
        try:
            self.tend(pool)
        except Stopped:
            return
        except CycleFailed as error:  # the registry says when to try again
            logger.warning("cycle: %s", error, extra=fields(pool=pool.path))
            self._look_at[pool] = time.monotonic()
        except LostRace as error:  # it looks again whether anything is left to do
            logger.warning("cycle: overtaken by another worker: %s", error, extra=fields(pool=pool.path))
            self._rest(pool)
        except (CloudError, OSError) as error:
            logger.error("%s", error, extra=fields(pool=pool.path))
            self._rest(pool)
        except Exception:  # a defect must not stop the other pools
            logger.exception("defect", extra=fields(pool=pool.path))
            self._rest(pool)
        else:
            self._troubles.pop(pool, None)

    def _rest(self, pool: Pool) -> None:
        self._troubles[pool] = self._troubles.get(pool, 0) + 1
        self._look_at[pool] = time.monotonic() + _rest_s(self._troubles[pool], LONGEST_REST_S)

    def _merge(self, pool: Pool) -> None:
        more = True
        while more and not self.workbench.stop.is_set():
            report = merge_once(self.workbench.store, pool, memory=self._memory)
            more = report.more
            if report.uploads or report.set_aside:
                counts = fields(pool=pool.path, uploads=report.uploads, rows=report.rows, set_aside=report.set_aside)
                logger.info("merged", extra=counts)

    def _note_failure(self, pool: Pool, commit: str) -> None:
        known = registry.read(self.workbench.store, pool)
        times = (known.failed.times if known.failed else 0) + 1
        failed = FailedCycles(commit, times, int(self.workbench.now()))
        registry.note_failure(self.workbench.store, pool, previous=known, failed=failed)


def _reach(store: ObjectStore, settings: Settings, stop: threading.Event) -> SigningKey | None:
    """The worker's key, once the store answers; None if it is to stop before that."""
    outages = 0
    while not stop.is_set():
        try:
            probe(store)
            return load_or_create(settings.state, store)
        except (StoreUnreachable, Unavailable, Uncertain) as error:
            logger.error("worker: %s", error)
            outages += 1
            stop.wait(_rest_s(outages, LONGEST_OUTAGE_REST_S))
    return None


def _rest_s(times: int, longest_s: float) -> float:
    """After so many troubles in a row: none, two seconds, then twice as long each time."""
    return min(2 ** min(times, 10), longest_s) if times else 0.0


def _check_installed() -> None:
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise SettingError(
            f"a worker trains with {' and '.join(NEEDED)}: install fedex[cloud,export], {missing[0]} is missing"
        )


def _stop_on_signals(stop: threading.Event) -> None:
    def ask_to_stop(number: int, frame: FrameType | None) -> None:
        stop.set()

    handle: Callable[[int, FrameType | None], None] = ask_to_stop
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, handle)
