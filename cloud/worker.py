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

from cloud import dataset_head, inbox, registry
from cloud.cycle import AtStep, CycleReport, run_cycle
from cloud.errors import CloudError, CycleFailed, LostRace, SettingError, Stopped
from cloud.keys import Pool
from cloud.logs import fields
from cloud.merge import merge_once
from cloud.merge_memory import MergeMemory
from cloud.objects import open_store, probe
from cloud.registry import Failed
from cloud.schedule import decide
from cloud.settings import Settings
from cloud.signing import load_or_create
from cloud.steps import unwatched
from cloud.workbench import Workbench

logger = logging.getLogger(__name__)

LONGEST_REST_S = 300.0
NEEDED = ("keras", "tensorflow")
"""What the processes of a cycle import; it comes with the extra `export`."""


def run_worker(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT.

    Raises:
        SettingError, StoreRefused: it cannot start like this.
    """
    _check_installed()
    stop = threading.Event()
    _stop_on_signals(stop)
    store = open_store(settings.store)
    probe(store)
    Worker(Workbench(store, settings, load_or_create(settings.state, store), stop)).run()


@dataclass(slots=True)
class Worker:
    """Looks after all pools of a store."""

    workbench: Workbench
    at: AtStep = unwatched
    """Is told the steps of each cycle."""
    _memory: MergeMemory = field(default_factory=MergeMemory)
    _look_at: dict[Pool, float] = field(default_factory=dict)
    """Pools that need a look, and from when on (monotonic), whether or not anything arrives."""
    _troubles: dict[Pool, int] = field(default_factory=dict)
    """How often in a row looking after a pool went wrong."""

    def run(self) -> None:
        """Look, again and again, until asked to stop."""
        logger.info("worker: started", extra=fields(poll_s=self.workbench.settings.poll_s))
        pools = self._first_look()
        while not self.workbench.stop.is_set():
            for pool in pools:
                self._look_after(pool)
            self.workbench.stop.wait(self.workbench.settings.poll_s)
            pools = self._due()
        logger.info("worker: stopped")

    def tend(self, pool: Pool) -> CycleReport | None:
        """Merge what waits in a pool, and train it if that is due.

        Raises:
            CycleFailed: the cycle published nothing; that is recorded.
            Stopped, LostRace, StoreError: as for ``run_cycle``.
        """
        self._merge(pool)
        data, _ = dataset_head.read(self.workbench.store, pool)
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

    def _first_look(self) -> list[Pool]:
        """Every pool: the worker before may have ended between a merge and a release."""
        try:
            return sorted({*dataset_head.pools(self.workbench.store), *inbox.pools_with_news(self.workbench.store)})
        except CloudError as error:
            logger.error("worker: %s", error)
            return []

    def _due(self) -> list[Pool]:
        try:
            news = inbox.pools_with_news(self.workbench.store)
        except CloudError as error:
            logger.error("worker: %s", error)
            return []
        now = time.monotonic()
        waiting = {pool for pool, at in self._look_at.items() if at <= now}
        resting = {pool for pool, at in self._look_at.items() if at > now and pool in self._troubles}
        return sorted({*news, *waiting} - resting)

    def _look_after(self, pool: Pool) -> None:
        """Tend a pool; what goes wrong is logged, and the pool rests, so that it does not keep others waiting."""
        self._look_at.pop(pool, None)
        try:
            self.tend(pool)
        except Stopped:
            return
        except (CycleFailed, LostRace) as error:  # the registry says what to do next, and when
            logger.warning("cycle: %s", error, extra=fields(pool=pool.path))
            self._look_at[pool] = time.monotonic()
        except (CloudError, OSError) as error:
            logger.error("%s", error, extra=fields(pool=pool.path))
            self._rest(pool)
        except Exception:  # a defect must not stop the other pools
            logger.exception("defect", extra=fields(pool=pool.path))
            self._rest(pool)
        else:
            self._troubles.pop(pool, None)

    def _rest(self, pool: Pool) -> None:
        """Two seconds, then twice as long each time, up to five minutes."""
        self._troubles[pool] = self._troubles.get(pool, 0) + 1
        self._look_at[pool] = time.monotonic() + min(2 ** min(self._troubles[pool], 10), LONGEST_REST_S)

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
        failed = Failed(commit, times, int(self.workbench.now()))
        registry.note_failure(self.workbench.store, pool, previous=known, failed=failed)


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
