"""The protocol that every executor keeps, and the values that go in and come out.

An executor runs tasks in processes of their own, on this machine (``local``) or elsewhere. A task that dies, fails,
falls silent or is late costs itself only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from contract.documents import Json


class Ending(StrEnum):
    """How a task ended."""

    DONE = "done"
    FAILED = "failed"
    DIED = "died"
    LATE = "late"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Task:
    """One command for one process."""

    name: str
    command: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a task."""

    name: str
    ending: Ending
    seconds: float
    result: Mapping[str, Any] | None = None
    cause: str = ""
    """Of a failure or a death: an exception's class, "signal 9" or "exit status 7"; nothing that the task said."""
    reason: str = ""
    """What the task said of it, or was measured by. It may name files: for the log alone."""
    progress: tuple[int, int] | None = None
    """The last heartbeat: steps done, and all steps."""

    @property
    def story(self) -> str:
        """Ending, cause and reason in one line, for the log."""
        return ": ".join(part for part in (self.ending, self.cause, self.reason) if part)

    def document(self) -> dict[str, Json]:
        """For the trial's record, and the release's report, which devices may read: so without the reason."""
        return {
            "ending": self.ending,
            "seconds": round(self.seconds, 3),
            "cause": self.cause,
            "progress": self.progress,
            "result": self.result,
        }


@dataclass(frozen=True, slots=True)
class Limits:
    """When a task is given up."""

    deadline_s: float
    silence_s: float
    """Seconds without a heartbeat, from the task's start or the last one on."""


class Executor(Protocol):
    """Runs tasks in processes of their own."""

    def warm_up(self, count: int) -> None:
        """Expect so many tasks soon."""

    def run(self, tasks: Sequence[Task]) -> list[Outcome]:
        """Run all tasks and wait for them; outcomes in the order of tasks.

        Raises:
            Stopped: the worker is to stop.
        """

    def close(self) -> None:
        """End every process. Idempotent."""
