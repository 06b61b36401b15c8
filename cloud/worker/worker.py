"""The worker: the loop that merges what arrives, trains and publishes when something is new, and renews what stands.

One pool at a time; before each of them renewals and erasures, since they are short and a training is not. It never
imports TensorFlow; the processes of a cycle do, and wait for the next one (`cloud.training.executors.idle`).
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field

from cloud.dataset import admission, inbox
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.memory import MergeMemory
from cloud.dataset.merge import merge_once
from cloud.errors import CloudError, CycleFailed, Damaged, LostRace, Stopped
from cloud.identity import codes
from cloud.logs import Seldom, fields
from cloud.overview.heartbeats import MAX_TROUBLE_CHARACTERS, Count
from cloud.releases import registry, space_lists
from cloud.releases.failures import FailedCycles
from cloud.releases.registry import Registry
from cloud.releases.signing import give_out, is_given_out
from cloud.releases.space_lists import SpaceLister
from cloud.spaces.bundles import registered
from cloud.store.keys import Pool
from cloud.training.context import TrainingContext
from cloud.training.cycle import AtCycleStep, CycleReport, run_cycle
from cloud.training.schedule import decide
from cloud.worker.admissions import AdmissionWatch
from cloud.worker.agenda import Agenda
from cloud.worker.erasing import Eraser
from cloud.worker.pulse import Pulse
from cloud.worker.renewal_times import RenewalTimes, Standing
from cloud.worker.requests import carrying_out
from contract.callbacks import ignore
from contract.envelope import key_id

RETIRED_LOOK_S = 3600.0
"""How often a pool that would be trained is looked at again, where its space is retired: it may be restored."""

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Worker:
    """Processes all pools of a store."""

    context: TrainingContext
    at: AtCycleStep = ignore
    """Is told the steps of each cycle."""
    pulse: Pulse = field(default_factory=Pulse)
    _memory: MergeMemory = field(default_factory=MergeMemory)
    _agenda: Agenda = field(default_factory=Agenda)
    _renewals: RenewalTimes = field(init=False)
    _admissions: AdmissionWatch = field(default_factory=AdmissionWatch)
    _eraser: Eraser = field(init=False)
    _seldom: Seldom = field(default_factory=Seldom)
    _is_key_given_out: bool = False
    _registered: list[str] = field(default_factory=list)
    _pools: list[Pool] = field(default_factory=list)
    """Spaces, and pools with a dataset, as the last sweep found them."""

    def __post_init__(self) -> None:
        """Know of no release."""
        self._renewals = RenewalTimes(self.context.settings.manifest_life_s)
        self._eraser = Eraser(self.context, self._memory, self.pulse.clock_was_set)

    def run(self) -> None:
        """Look for pools that are due, again and again, until asked to stop."""
        poll_s = self.context.settings.poll_s
        logger.info("worker: started", extra=fields(poll_s=poll_s))
        with carrying_out(self.context):
            while not self.context.stop.is_set():
                self.look()
                self.context.stop.wait(self._agenda.wait_s(poll_s))
        logger.info("worker: stopped")

    def look(self) -> None:
        """Renew, erase and process what is due now."""
        due = self._due()
        self.pulse.looked(outages=self._agenda.outages)
        if self._agenda.outages == 0:
            self._attend()
        for place, pool in enumerate(due):
            if place:  # the pool before may have been trained for hours
                self._attend()
            self._attempt(pool)

    def renew_pool(self, pool: Pool) -> Registry | None:
        """Sign anew what stands at half of its life; return None where nothing does.

        Raises:
            LostRace, Damaged, StoreError: as for `Renewer.renew`.
        """
        current = registry.read(self.context.store, pool)
        renewed = self.context.renewer.renew(pool, previous=current, now=self.context.now())
        self._learn(pool, renewed or current)
        return renewed

    def renew_list(self, group: str) -> None:
        """Sign a group's list of spaces anew where that is due.

        Raises:
            LostRace, Damaged, StoreError: as for `SpaceLister.renew`.
        """
        context = self.context
        lister = SpaceLister(context.store, context.key, context.settings.manifest_life_s)
        own = [pool.space for pool in self._pools if pool.group == group]
        standing = lister.renew(group, registered=[*own, *self._registered], now=context.now())
        self._renewals.learned(group, lister.due(standing))

    def process_pool(self, pool: Pool) -> CycleReport | None:
        """Merge what waits in a pool, and train it if that is due.

        Raises:
            CycleFailed: the cycle published nothing; that is recorded.
            Stopped, LostRace, StateFull, StoreError: as for `run_cycle`.
        """
        self._merge(pool)
        dataset, _ = dataset_pointer.read(self.context.store, pool)
        recorded, now = registry.read(self.context.store, pool), self.context.now()
        self._learn(pool, recorded)
        is_erased = recorded.erasure is not None and recorded.trained is None  # the bundle's head serves until then
        decision = decide(
            dataset,
            trained=recorded.trained,
            failed=recorded.failed,
            admission=admission.read(self.context.store, pool.group).id,
            min_new=1 if is_erased else self.context.settings.min_new,
            now=now,
        )
        if not decision.train:
            if decision.not_before is not None:
                self._agenda = self._agenda.look_again(pool, at=time.monotonic() + decision.not_before - now)
            return None
        if self._is_retired(pool):
            logger.info("cycle: none, the space is retired", extra=fields(pool=pool.path))
            self._agenda = self._agenda.look_again(pool, at=time.monotonic() + RETIRED_LOOK_S)
            return None
        logger.info("cycle: due", extra=fields(pool=pool.path, reason=decision.reason))
        try:
            cycle = f"{int(now)}-{dataset.commit[:8]}"
            at = self.pulse.following(self.at)
            report = run_cycle(self.context, pool, dataset=dataset, cycle=cycle, at=at)
        except CycleFailed as error:
            self._record_failure(pool, dataset.commit, reason=str(error))
            raise
        self.pulse.cycled(report)
        self._learn(pool, report.registry)
        return report

    def _due(self) -> list[Pool]:
        try:
            news = self._find_news()
        except CloudError as error:
            logger.error("worker: %s", error)
            self._agenda = self._agenda.unanswered()
            return []
        self._agenda = self._agenda.answered()
        return self._agenda.due(news, now=time.monotonic())

    def _find_news(self) -> list[Pool]:
        """List the pools in which an upload waits; at the first look, those with a dataset too."""
        store = self.context.store
        news = inbox.pools_with_news(store)
        if self._renewals.wants_sweep(clock=time.monotonic()):
            self._pools, self._registered = dataset_pointer.pools(store), registered(store)
            groups = {pool.group for pool in self._pools} | {*self.context.settings.enrolment.values()}
            groups |= {*space_lists.groups(store), *codes.groups(store)}
            self._renewals.swept([*self._pools, *groups], clock=time.monotonic())
        news += self._admissions.pools(store, clock=time.monotonic())  # it says them once: nothing may fail any more
        return news + self._pools if self._agenda.is_first_look else news

    def _attend(self) -> None:
        """Renew what is due, and carry out the erasures that wait."""
        for one in self._renewals.due(now=self.context.now(), clock=time.monotonic()):
            self._attempt_renewal(one)
        self._give_key_out()
        for pool in self._eraser.look():
            self._agenda = self._agenda.look_again(pool, at=time.monotonic())

    def _is_retired(self, pool: Pool) -> bool:
        signed = space_lists.read(self.context.store, pool.group)
        return signed is not None and pool.space in signed.spaces.retired

    def _learn(self, pool: Pool, current: Registry) -> None:
        self._renewals.learned(pool, self.context.renewer.due(current))

    def _attempt_renewal(self, one: Standing) -> None:
        """Renew a pool or a list; a failure is logged, and tried again after a while."""
        where = fields(group=one) if isinstance(one, str) else fields(pool=one.path)
        try:
            if isinstance(one, str):
                self.renew_list(one)
                return
            renewed = self.renew_pool(one)
        except LostRace as error:  # whoever won may have renewed it
            logger.info("renewal: overtaken by another worker: %s", error, extra=where)
        except (CloudError, OSError) as error:
            logger.error("renewal: %s", error, extra=where)
        except Exception:  # a defect must not stop the others
            logger.exception("defect", extra=where)
        else:
            if renewed is not None:
                self.pulse.count(Count.RENEWALS)
                serials = {name.value: serial for name, serial in renewed.serials.items()}
                logger.info("renewed", extra=fields(pool=one.path, serials=serials))
            return
        self._renewals.failed(one, clock=time.monotonic())

    def _give_key_out(self) -> None:
        """After a rotation, give the new key to devices that enrol, once it has signed everything that stands."""
        if self._is_key_given_out or not self._renewals.has_looked_everywhere():
            return
        store, key = self.context.store, self.context.key
        try:
            if not is_given_out(store, key):
                give_out(store, key)
                logger.info("rotated", extra=fields(key=key_id(key.public)))
        except CloudError as error:
            logger.error("rotation: %s", error)
        else:
            self._is_key_given_out = True

    def _attempt(self, pool: Pool) -> None:
        """Process a pool; a failure is logged, and noted on the agenda."""
        self._agenda = self._agenda.begun(pool)
        self.pulse.begun(pool)
        try:
            self.process_pool(pool)
        except Stopped:
            return
        except CycleFailed as error:  # the registry says when to try again
            logger.warning("cycle: %s", error, extra=fields(pool=pool.path))
            self.pulse.failed(Count.CYCLES_FAILED, error, pool=pool)
            self._agenda = self._agenda.look_again(pool, at=time.monotonic())
            return
        except LostRace as error:  # the next look finds whether anything is left to do
            logger.warning("cycle: overtaken by another worker: %s", error, extra=fields(pool=pool.path))
            self.pulse.count(Count.OVERTAKEN)
        except (CloudError, OSError) as error:
            logger.error("%s", error, extra=fields(pool=pool.path))
            self.pulse.failed(Count.FAILURES, error, pool=pool)
        except Exception as error:  # a defect must not stop the other pools
            logger.exception("defect", extra=fields(pool=pool.path))
            self.pulse.failed(Count.FAILURES, f"a defect: {type(error).__name__}, see the log", pool=pool)
        else:
            self._agenda = self._agenda.succeeded(pool)
            return
        finally:
            self.pulse.rested()
        self._agenda = self._agenda.failed(pool, now=time.monotonic())

    def _merge(self, pool: Pool) -> None:
        more = True
        while more and not self.context.stop.is_set():
            report = merge_once(self.context.store, pool, memory=self._memory, now=self.context.now())
            more = report.more
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

    def _record_failure(self, pool: Pool, commit: str, *, reason: str) -> None:
        previous = registry.read(self.context.store, pool)
        times = (previous.failed.times if previous.failed else 0) + 1
        failed = FailedCycles(commit, times, int(self.context.now()), reason[:MAX_TROUBLE_CHARACTERS])
        registry.note_failure(self.context.store, pool, previous=previous, failed=failed)
