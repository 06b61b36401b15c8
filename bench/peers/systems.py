"""The systems that are compared, by the names that lines have."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from bench.evidence.row import EvidenceRow
from bench.peers.task import Task


class System(StrEnum):
    """One line of the table for each task."""

    FEDEX = "FEDEx"
    ZERO = "FedAvg from nothing, tuned"
    ZERO_INT8 = "FedAvg from nothing, tuned, int8"
    ZERO_TEN = "FedAvg from nothing, tuned, ten devices a round"
    USED = "FedAvg from the head in use, tuned"
    USED_INT8 = "FedAvg from the head in use, tuned, int8"
    USED_MOMENTUM = "FedAvgM from the head in use, tuned"
    USED_TEN = "FedAvg from the head in use, tuned, ten devices a round"
    USED_USUAL = "FedAvg from the head in use, rate 0.1"
    USED_LOW = "FedAvg from the head in use, rate 0.01"
    SECURE = "FedAvg from nothing, secure aggregation"
    MEANS = "class means, one exchange"
    ALONE = "on-device training, alone"
    NOTHING = "no training"
    FEDEX_IDLE = "FEDEx, a pull that finds nothing new"
    FEDEX_ENROLMENT = "FEDEx, an enrolment"
    CHECK_FLOWER = "check: averaging in numpy against Flower's own"
    CHECK_FEDEX = "check: the training cycle alone against the real system"


def line_of(task: Task, system: System) -> str:
    """Return the name of a line."""
    return f"{task.name}: {system}"


def tasks_of(rows: Sequence[EvidenceRow]) -> list[str]:
    """Return the names of the tasks that rows are of, in order."""
    suffix = f": {System.FEDEX}"
    return list(dict.fromkeys(row.line.removesuffix(suffix) for row in rows if row.line.endswith(suffix)))
