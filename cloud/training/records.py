"""The records of trials: how each of a cycle's ended, for operators; they are kept whether or not it publishes.

::

    trials/<pool>/<cycle>/<trial>    {"ending", "seconds", "cause", "progress", "result" or null, "spec",
                                      "curve": [{"epochs", "loss", "right" or null}, ...] or null}

Without a result there is no curve; one without points is of a trial that was made in one step.
"""

from __future__ import annotations

import logging

from cloud.logs import fields
from cloud.store import keys
from cloud.store.keys import Pool
from cloud.store.store import ObjectStore
from cloud.training.curves import LearningCurve
from cloud.training.executors.executor import TaskEnding, TaskOutcome
from cloud.training.trials import Spec
from contract.documents import encode_json

logger = logging.getLogger(__name__)


def record(store: ObjectStore, pool: Pool, cycle: str, *, spec: Spec, outcome: TaskOutcome) -> None:
    """Keep how a trial ended, and log it.

    Raises:
        StoreError: the store failed.
    """
    curve = LearningCurve.unpack(outcome.result).document() if outcome.result else None
    document = outcome.document() | {"spec": spec.document(), "curve": curve}
    store.put(keys.trial(pool, cycle, spec.name), encode_json(document))
    level = logging.INFO if outcome.ending is TaskEnding.DONE else logging.WARNING
    line = fields(
        cycle=cycle, trial=spec.name, seconds=round(outcome.seconds, 3), cause=outcome.cause, reason=outcome.reason
    )
    logger.log(level, "trial: %s", outcome.ending, extra=line)
