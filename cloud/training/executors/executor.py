"""The protocol that every executor keeps, and the values that go in and come out.

::

    worker    executor.run([Task("trial-2", "train", {...}), ...], inputs)    inputs: one TaskData for all tasks
    process   operations().named["train"](inputs, {...}, progress, collect)   a function of values: no folder, no store
    worker    TaskOutcome("trial-2", TaskEnding.DONE, ..., result)            result: a TaskData

A task names an operation and carries plain JSON and arrays, never a path: an executor may run it on another machine.
How inputs and results travel is the executor's own matter, by `TaskData.encode`, by a copied folder, or, on one machine
(`local`), as mapped files. A task that dies, fails, falls silent or is late costs itself only.
`cloud.training.context` chooses the executor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from cloud.training.executors.arrays import Collect
from cloud.training.executors.task_data import TaskData
from contract.callbacks import Progress, ignore
from contract.documents import Json

VISIBLE_DEVICES, NO_DEVICE = "CUDA_VISIBLE_DEVICES", "-1"
"""The variable that tells a process its accelerator, and what it says where that is the CPU."""


class TaskEnding(StrEnum):
    """How a task ended."""

    DONE = "done"
    FAILED = "failed"
    DIED = "died"
    LATE = "late"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Task:
    """One operation with its arguments."""

    name: str
    """Of the task, unlike any other in one run."""
    operation: str
    arguments: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class TaskOutcome:
    """What became of a task."""

    name: str
    ending: TaskEnding
    seconds: float
    result: TaskData | None = None
    """Of a task that succeeded; its arrays may be mapped from files that go with the executor's folder."""
    cause: str = ""
    """Of a failure or a death: an exception's class, "signal 9" or "exit status 7"; nothing that the task printed."""
    reason: str = ""
    """An error's message, a log's last line, or the limit that was passed. It may name files: for the log alone."""
    progress: tuple[int, int] | None = None
    """The last heartbeat: steps done, and all steps."""

    @property
    def summary(self) -> str:
        """Ending, cause and reason in one line, for the log."""
        return ": ".join(part for part in (self.ending, self.cause, self.reason) if part)

    def document(self) -> dict[str, Json]:
        """Write the record of the task, without the reason: devices may read it in a release's report."""
        return {
            "ending": self.ending,
            "seconds": round(self.seconds, 3),
            "cause": self.cause,
            "progress": self.progress,
            "result": self.result.document if self.result else None,
        }


@dataclass(frozen=True, slots=True)
class Limits:
    """When a task is given up."""

    deadline_s: float
    silence_s: float
    """Seconds without a heartbeat, from the task's start or the last one on."""


class Operation(Protocol):
    """A function of values, which runs in a process of its own."""

    def __call__(
        self, inputs: TaskData, arguments: Mapping[str, Json], *, progress: Progress, collect: Collect
    ) -> TaskData:
        """Carry out one task.

        Args:
            inputs: what all tasks of a run share.
            arguments: the task's own.
            progress: is told often of the steps done: it is the task's heartbeat.
            collect: makes one array, which may be larger than memory, of its pieces.
        """


@dataclass(frozen=True, slots=True)
class Operations:
    """What the processes of one module can do; the module's function `operations` makes this, once in each process."""

    named: Mapping[str, Operation]
    prepare: Callable[[], object] = ignore
    """Is called once, after the first task: the process makes itself ready for later ones while others run."""
    rest: Callable[[], object] = ignore
    """Is called after the last task of a cycle, where the process stays for the next one: it forgets what it can."""


class Executor(Protocol):
    """Runs tasks of one module in processes of their own."""

    def warm_up(self, count: int) -> None:
        """Expect so many tasks soon."""

    def run(self, tasks: Sequence[Task], inputs: TaskData) -> list[TaskOutcome]:
        """Run all tasks on the same inputs and wait for them; outcomes in the order of tasks.

        Raises:
            Stopped: the worker is to stop.
        """

    def close(self) -> None:
        """End every process. Idempotent."""
