"""Operators' requests, carried out beside the worker's loop: a roll-back waits for no training cycle.

That includes what follows from a code for a new group: its list of spaces.

A cycle whose pool is decided of meanwhile loses the race for the registry's pointer, and is run again. Of several
workers one alone carries requests out at any time.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterator

from cloud.admin.best import BestOperator
from cloud.errors import Busy, CloudError, Damaged, LostRace, NotFound, NothingToDo
from cloud.logs import Seldom, fields
from cloud.releases import requests
from cloud.releases.requests import OperatorRequest, Outcome, RequestKind, RequestState
from cloud.training.context import TrainingContext
from cloud.worker.new_groups import NewGroups
from cloud.worker.pool_leases import PoolLeases
from contract.manifest import Manifest

DUTY = "requests"
LOOK_EVERY_S = 2.0
FIRST_LOOK_AT_GROUPS_S = 15.0
"""After the start: the worker's first sweep signs the lists of all groups that there are by then."""
FORGET_EVERY_S = 3600.0
ATTEMPTS = 4
"""Of one request, while the worker's loop moves the same pointer."""

logger = logging.getLogger(__name__)


@contextlib.contextmanager
def carrying_out(context: TrainingContext, leases: PoolLeases) -> Iterator[None]:
    """Carry requests out in a thread of their own while the block runs."""
    ended = threading.Event()
    thread = threading.Thread(target=_run, args=(context, leases, ended), name="requests", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def carry_out(context: TrainingContext, *, seldom: Seldom | None = None) -> None:
    """Carry out what waits, in the order in which it came; none that fails keeps those behind it waiting.

    One that the store failed at waits on; one that a defect ended is refused, and the log says more. `seldom` keeps
    one that cannot be read from filling the log.

    Raises:
        StoreError: the store did not say what waits, or did not keep an outcome; what waits still does.
    """
    operator = BestOperator(context.store, context.key, context.settings.manifest_life_s)
    for id_ in list(requests.waiting(context.store)):
        try:
            request = requests.read(context.store, id_)
        except NotFound:  # another worker has finished it
            continue
        except Damaged as error:
            if seldom is None or seldom.is_due(str(error)):
                logger.error("request: left: %s", error)
            continue
        line = fields(request=id_, by=request.decision.by, pool=request.pool.path)
        try:
            outcome = _attempt(operator, request)
        except CloudError as error:
            logger.error("request: waits: %s", error, extra=line)
            continue
        except Exception as error:
            logger.exception("defect", extra=line)
            said = f"a defect of the worker: {type(error).__name__}, see its log"
            outcome = Outcome(request, RequestState.REFUSED, said)
        requests.finish(context.store, id_, outcome)
        logger.info("request: %s", outcome.said, extra={**line, **fields(state=outcome.state.value)})


def _run(context: TrainingContext, leases: PoolLeases, ended: threading.Event) -> None:
    looks, seldom = 0, Seldom()
    new_groups = NewGroups(context, time.monotonic() + FIRST_LOOK_AT_GROUPS_S)
    while not (ended.is_set() or context.stop.is_set()):
        try:
            if any(True for _ in requests.waiting(context.store)):
                with contextlib.suppress(Busy), leases.duty(DUTY):
                    carry_out(context, seldom=seldom)
            new_groups.look(clock=time.monotonic())
            if looks % int(FORGET_EVERY_S / LOOK_EVERY_S) == 0:
                requests.forget(context.store, now=context.now())
        except CloudError as error:
            logger.error("requests: %s", error)
        except Exception:  # a defect must not stop the thread
            logger.exception("defect")
        looks += 1
        ended.wait(LOOK_EVERY_S)


def _attempt(operator: BestOperator, request: OperatorRequest) -> Outcome:
    lost: LostRace | None = None
    for _ in range(ATTEMPTS):
        try:
            manifest = _do(operator, request)
        except LostRace as error:
            lost = error
        except (NothingToDo, Damaged, NotFound) as error:
            return Outcome(request, RequestState.REFUSED, str(error))
        else:
            return Outcome(request, RequestState.DONE, f"best is {manifest.serial}")
    return Outcome(request, RequestState.REFUSED, f"others kept changing the registry: {lost}")


def _do(operator: BestOperator, request: OperatorRequest) -> Manifest:
    pool, decision = request.pool, request.decision
    match request.kind:
        case RequestKind.PROMOTE:
            return operator.promote(pool, request.channel, serial=request.serial, decision=decision, pin=request.pin)
        case RequestKind.PIN:
            return operator.pin(pool, serial=request.serial, decision=decision)
        case RequestKind.UNPIN:
            return operator.unpin(pool, decision=decision)
