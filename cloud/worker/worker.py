"""The worker: the loop that merges what arrives, trains and publishes when something is new, and renews what stands.

One pool at a time has its turn, and is this worker's alone meanwhile (`cloud.worker.turn`): any number of workers share
the work. Before each pool renewals and erasures, since they are short and a training is not. It never imports
TensorFlow; the processes of a cycle do, and wait for the next one (`cloud.training.executors.idle`).

What a look at the store costs depends on what is new there, and not on how many pools there are: uploads that wait,
marks of what was begun, one page of the sweep (`cloud.worker.sweep`).
"""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass, field

from cloud.dataset import inbox
from cloud.dataset.memory import MergeMemory
from cloud.errors import Busy, CloudError, CycleFailed, Damaged, LostRace, Stopped
from cloud.logs import fields
from cloud.overview.heartbeats import Count
from cloud.releases import registry
from cloud.releases.registry import Registry
from cloud.releases.signing import give_out, is_given_out
from cloud.releases.space_lists import SpaceLister
from cloud.spaces.bundles import registered
from cloud.store import keys
from cloud.store.keys import Pool
from cloud.store.lease import Leases
from cloud.store.listing import keys_under
from cloud.store.pools import pools_of
from cloud.training.context import TrainingContext
from cloud.training.cycle import AtCycleStep, CycleReport
from cloud.worker.admissions import AdmissionWatch
from cloud.worker.agenda import Agenda
from cloud.worker.erasing import Eraser
from cloud.worker.pool_leases import PoolLeases
from cloud.worker.pulse import Pulse, worker_id
from cloud.worker.renewal_times import RenewalTimes, Standing
from cloud.worker.requests import carrying_out
from cloud.worker.sweep import Sweep
from cloud.worker.tidying import Tidier
from cloud.worker.turn import Turns
from contract.callbacks import ignore
from contract.envelope import key_id

BEGUN_EVERY_S = 3.0
"""Between two looks at what was begun, by this worker or others."""
LOOK_S = 5.0
"""After so long, and one pool at least, the worker looks anew before it goes on: an older one may be due by then."""

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Worker:
    """Processes all pools of a store."""

    context: TrainingContext
    at: AtCycleStep = ignore
    """Is told the steps of each cycle."""
    pulse: Pulse = field(default_factory=Pulse)
    _agenda: Agenda = field(default_factory=Agenda)
    _renewals: RenewalTimes = field(init=False)
    _admissions: AdmissionWatch = field(default_factory=AdmissionWatch)
    _eraser: Eraser = field(init=False)
    _leases: PoolLeases = field(init=False)
    _sweep: Sweep = field(init=False)
    _turns: Turns = field(init=False)
    _tidier: Tidier = field(init=False)
    _is_key_given_out: bool = False
    _registered: list[str] = field(default_factory=list)
    """Spaces, as they were when the sweep began."""
    _next_begun: float = -math.inf

    def __post_init__(self) -> None:
        """Know of no release."""
        context, memory = self.context, MergeMemory()
        settings = context.settings
        self._leases = PoolLeases(context.store, Leases(context.store, worker_id(settings.state)))
        self._renewals = RenewalTimes(settings.manifest_life_s)
        self._sweep = Sweep(settings.enrolment.values())
        self._turns = Turns(context, self._leases, memory, self.pulse, self.at)
        self._eraser = Eraser(context, memory, self.pulse.clock_was_set, self._leases)
        self._tidier = Tidier(context, self._leases)

    def run(self) -> None:
        """Look for pools that are due, again and again, until asked to stop."""
        poll_s = self.context.settings.poll_s
        logger.info("worker: started", extra=fields(poll_s=poll_s))
        with carrying_out(self.context, self._leases), self._leases.leases.renewing():
            while not self.context.stop.is_set():
                if not self.look():
                    self.context.stop.wait(self._agenda.wait_s(poll_s))
        logger.info("worker: stopped")

    def look(self) -> bool:
        """Renew, erase and process what is due now; tell whether something was left, because that took long."""
        began = time.monotonic()
        due = self._due()
        self.pulse.looked(outages=self._agenda.outages)
        if self._agenda.outages == 0:
            self._attend()
        for place, pool in enumerate(due):
            if place and (time.monotonic() - began > LOOK_S or self.context.stop.is_set()):
                return True
            if place:  # the pool before may have been trained for hours
                self._attend()
            self._attempt(pool)
        return False

    def renew_pool(self, pool: Pool) -> Registry | None:
        """Sign anew what stands at half of its life; return None where nothing does.

        Raises:
            Busy: another worker has the pool, and would lose its cycle.
            LostRace, Damaged, StoreError: as for `Renewer.renew`.
        """
        context = self.context
        current = registry.read(context.store, pool)
        due, renewed = context.renewer.due(current), None
        if due is not None and due <= context.now():
            with self._leases.of(pool):
                renewed = context.renewer.renew(pool, previous=current, now=context.now())
        self._learn(pool, renewed or current)
        return renewed

    def renew_list(self, group: str) -> None:
        """Sign a group's list of spaces anew where that is due.

        Raises:
            LostRace, Damaged, StoreError: as for `SpaceLister.renew`.
        """
        context = self.context
        lister = SpaceLister(context.store, context.key, context.settings.manifest_life_s)
        own = [pool.space for pool in pools_of(context.store, group, keys.DATASETS)]
        standing = lister.renew(group, registered=[*own, *self._registered], now=context.now())
        self._renewals.learned(group, lister.due(standing))

    def process_pool(self, pool: Pool, *, rests: bool = False) -> CycleReport | None:
        """Merge what waits in a pool, and train it if that is due. Raises as `Turns.give` does."""
        self._tidier.worked_on(pool)
        outcome = self._turns.give(pool, rests=rests)
        self._tidier.learned(pool, outcome.recorded)
        self._learn(pool, outcome.recorded)
        if outcome.again_s is not None:
            self._agenda = self._agenda.look_again(pool, at=time.monotonic() + outcome.again_s)
        return outcome.report

    def _due(self) -> list[Pool]:
        store, now = self.context.store, time.monotonic()
        try:
            news = inbox.news(store)
            self._find_begun(now)
            if self._renewals.wants_sweep(clock=now):
                self._sweep_on(now)
            decided = self._admissions.pools(store, clock=now)  # it says them once: nothing may fail any more
        except CloudError as error:
            logger.error("worker: %s", error)
            self._agenda = self._agenda.unanswered()
            return []
        self._agenda = self._agenda.answered(news, now=now).found(decided, now=now)
        return self._agenda.due(now=now)

    def _find_begun(self, now: float) -> None:
        """Note the pools in which this worker, or another one, was not done."""
        if now < self._next_begun:
            return
        found: list[Pool] = []
        for key in keys_under(self.context.store, keys.BEGUN):
            try:
                found.append(keys.parse_begun(key))
            except Damaged as error:
                logger.warning("left in the store: %s", error)
        self._agenda = self._agenda.found(found, now=now)
        self._next_begun = now + BEGUN_EVERY_S

    def _sweep_on(self, now: float) -> None:
        """Take one more step through all pools and groups; what it finds is noted, whatever fails after it."""
        if self._sweep.is_at_start:
            self._registered = registered(self.context.store)
        page = self._sweep.step(self.context.store)
        untrained = [pool for pool in page.pools if self._is_untrained(pool)]
        self._agenda = self._agenda.found(untrained, now=now)
        self._renewals.found(page.groups)
        self._tidier.found(page.pools)
        if page.is_last:
            self._renewals.swept([], clock=now)

    def _is_untrained(self, pool: Pool) -> bool:
        """Tell whether a pool that the sweep has found is to have its turn; what fails here is said there."""
        try:
            recorded = registry.read(self.context.store, pool)
        except CloudError:
            self._renewals.found([pool])
            return True
        self._learn(pool, recorded)
        try:
            return self._turns.wants_one(pool, recorded)
        except CloudError:
            return True

    def _attend(self) -> None:
        """Renew what is due, carry out the erasures that wait, and tidy up."""
        for one in self._renewals.due(now=self.context.now(), clock=time.monotonic()):
            self._attempt_renewal(one)
        self._give_key_out()
        for pool in self._eraser.look():
            self._agenda = self._agenda.look_again(pool, at=time.monotonic())
        self._tidier.look()

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
        except Busy as error:
            logger.info("renewal: waits: %s", error, extra=where)
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
        """Give a pool its turn; a failure is logged, and noted on the agenda."""
        self._agenda = self._agenda.begun(pool)
        try:
            self.process_pool(pool, rests=True)
        except Stopped:
            return
        except Busy as error:
            logger.debug("%s", error, extra=fields(pool=pool.path))
            self._agenda = self._agenda.busy(pool, now=time.monotonic())
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
