"""A pool's turn: what waits is merged, and the pool trained if that is due, by the one worker that holds it.

::

    lease            the pool is this worker's alone
    mark             something may be left to do here: whoever is next finds it, also if this worker is killed
    merge            what waits; no longer than a setting, so that a pool that is flooded is trained, and others too
    decide           whether to train (`cloud.training.schedule`); for new rows alone not while the pool rests after
                     its last cycle: what was erased, or operators decided, waits for nothing
    train, publish   under the lease's fence
    mark             goes, unless a training is put off
    lease            is given back
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field, replace

from cloud.dataset import admission, inbox
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.memory import MergeMemory
from cloud.dataset.merge import merge_once
from cloud.dataset.pointer import DatasetPointer
from cloud.errors import CycleFailed, Damaged, LostRace, Stopped
from cloud.logs import Seldom, fields
from cloud.overview.heartbeats import MAX_TROUBLE_CHARACTERS
from cloud.releases import registry, space_lists
from cloud.releases.failures import FailedCycles
from cloud.releases.registry import Registry
from cloud.releases.signing import check_newest
from cloud.store import keys
from cloud.store.keys import Pool
from cloud.store.lease import Held, Over, Rest
from cloud.training.context import TrainingContext
from cloud.training.cycle import AtCycleStep, CycleReport, CycleStep, run_cycle
from cloud.training.schedule import CycleDecision, decide
from cloud.worker.agenda import rest_s
from cloud.worker.pool_leases import PoolLeases
from cloud.worker.pulse import Pulse

RETIRED_LOOK_S = 3600.0
"""How often a pool that would be trained is looked at again, where its space is retired: it may be restored."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TurnOutcome:
    """What came of a turn."""

    recorded: Registry
    """As it is now."""
    report: CycleReport | None = None
    """Of the cycle, if there was one."""
    again_s: float | None = None
    """After so many seconds the pool needs another turn, whatever comes; None: once something comes."""


@dataclass(slots=True)
class Turns:
    """Gives pools their turns."""

    context: TrainingContext
    leases: PoolLeases
    memory: MergeMemory
    pulse: Pulse
    at: AtCycleStep
    """Is told the steps of each cycle."""
    _seldom: Seldom = field(default_factory=Seldom)

    def give(self, pool: Pool, *, rests: bool) -> TurnOutcome:
        """Give a pool its turn; with `rests` it is not trained while it rests.

        Raises:
            Busy: another worker has it.
            LostRace: another worker has followed on this one.
            CycleFailed: the cycle published nothing; that is recorded.
            Stopped, StateFull, StoreError: as for `run_cycle`.
        """
        store = self.context.store
        with self.leases.of(pool) as held:
            self.pulse.begun(pool)
            store.put(keys.begun(pool), b"")
            outcome = self._process(pool, held, rests=rests)
            if outcome.again_s is None:
                store.delete(keys.begun(pool))
            return outcome

    def wants_one(self, pool: Pool, recorded: Registry) -> bool:
        """Tell whether a pool is to be trained, now or after failures, though nothing waits in it. Raises as `give`."""
        decision = self._decide(pool, dataset_pointer.read(self.context.store, pool)[0], recorded)
        return decision.train or decision.not_before is not None

    def _process(self, pool: Pool, held: Held, *, rests: bool) -> TurnOutcome:
        self._merge(pool, held)
        store, now = self.context.store, self.context.now()
        dataset, _ = dataset_pointer.read(store, pool, fence=held.fence)
        recorded = registry.read(store, pool)
        decision = self._decide(pool, dataset, recorded)
        if not decision.train:
            put_off = decision.not_before - now if decision.not_before is not None else None
            return TurnOutcome(recorded, again_s=put_off)
        if self._is_retired(pool):
            logger.info("cycle: none, the space is retired", extra=fields(pool=pool.path))
            return TurnOutcome(recorded, again_s=RETIRED_LOOK_S)
        left_s = held.rest.left_s(now) if rests and held.rest is not None and decision.is_for_rows else 0.0
        if left_s > 0:
            logger.info("cycle: put off, the pool rests", extra=fields(pool=pool.path, seconds=round(left_s)))
            return TurnOutcome(recorded, again_s=left_s)
        check_newest(store, self.context.key)
        logger.info("cycle: due", extra=fields(pool=pool.path, reason=decision.reason))
        report = self._train(pool, held, dataset)
        self.pulse.cycled(report)
        return TurnOutcome(report.registry, report)

    def _decide(self, pool: Pool, dataset: DatasetPointer, recorded: Registry) -> CycleDecision:
        is_erased = recorded.erasure is not None and recorded.trained is None  # the bundle's head serves until then
        return decide(
            dataset,
            trained=recorded.trained,
            failed=recorded.failed,
            admission=admission.read(self.context.store, pool.group).id,
            min_new=1 if is_erased else self.context.settings.min_new,
            now=self.context.now(),
        )

    def _is_retired(self, pool: Pool) -> bool:
        signed = space_lists.read(self.context.store, pool.group)
        return signed is not None and pool.space in signed.spaces.retired

    def _train(self, pool: Pool, held: Held, dataset: DatasetPointer) -> CycleReport:
        began = time.monotonic()
        cycle = f"{int(self.context.now())}-{dataset.commit[:8]}"
        context = replace(self.context, fence=held.fence, stop=Over(held, self.context.stop))
        try:
            report = run_cycle(context, pool, dataset=dataset, cycle=cycle, at=self._watching(held))
        except CycleFailed as error:
            self._record_failure(pool, held, dataset.commit, reason=str(error))
            raise
        except Stopped as error:
            self._refuse_lost(held, error)
            raise
        seconds = int(rest_s(time.monotonic() - began, self.context.settings.rest_s))
        held.rest = Rest(int(self.context.now()) + seconds, seconds) if seconds else None
        return report

    def _watching(self, held: Held) -> AtCycleStep:
        """Return what is told of each step, and ends the cycle of a pool that another worker has by then."""
        told = self.pulse.following(self.at)

        def passed(step: CycleStep) -> None:
            told(step)
            if step is CycleStep.CONVERTED:
                self.leases.leases.check(held)
            elif step is not CycleStep.PUBLISHED:
                self._refuse_lost(held)

        return passed

    def _refuse_lost(self, held: Held, cause: Exception | None = None) -> None:
        if held.is_lost:
            raise LostRace(f"{held.key}: expected to hold the pool, got another worker that follows") from cause

    def _merge(self, pool: Pool, held: Held) -> None:
        store, settings = self.context.store, self.context.settings
        if next(inbox.all_pending(store, pool), None) is None:
            return  # the ledger of a large pool takes time to read
        until, more = time.monotonic() + settings.merge_s, True
        while more and not self.context.stop.is_set():
            self.leases.leases.check(held)
            report = merge_once(store, pool, memory=self.memory, now=self.context.now(), fence=held.fence)
            more = report.more and time.monotonic() < until
            self.pulse.merged(report)
            if report.uploads or report.set_aside:
                counts = fields(pool=pool.path, uploads=report.uploads, rows=report.rows, set_aside=report.set_aside)
                logger.info("merged", extra=counts)
            for device, damage in report.held.items():
                self._tell_held(pool, device, damage)

    def _tell_held(self, pool: Pool, device: str, damage: Damaged) -> None:
        self.pulse.is_troubled(f"what device {device} sent waits: {damage}", pool=pool)
        if self._seldom.is_due(f"{pool.path} {device}"):
            logger.error("merge: what a device sent waits: %s", damage, extra=fields(pool=pool.path, device=device))

    def _record_failure(self, pool: Pool, held: Held, commit: str, *, reason: str) -> None:
        previous = registry.read(self.context.store, pool)
        times = (previous.failed.times if previous.failed else 0) + 1
        failed = FailedCycles(commit, times, int(self.context.now()), reason[:MAX_TROUBLE_CHARACTERS])
        registry.note_failure(self.context.store, pool, previous=previous, failed=failed, fence=held.fence)
