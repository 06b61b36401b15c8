"""Processes between two cycles: kept for a while with all that they have imported, then ended.

Importing Keras takes seconds of a core, a small cycle little more. So a process that is done with a cycle leaves it
(`process_main`: it lets go of the cycle's files and gives memory back), and the next cycle takes it over, if it is of
the same kind: module, placement and variables. It is ended instead

- where it was idle for `warm_s`: it then ends by itself, whatever the worker does meanwhile;
- after `MOST_CYCLES`, and once its memory has grown by `MOST_GROWTH_BYTES` since the end of its first cycle;
- where it does not leave a cycle in time, and at an erasure: what a process has read may be anywhere in its memory.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from cloud.training.executors.process import Placement, WorkerProcess

MOST_CYCLES = 1000
MOST_GROWTH_BYTES = 1 << 30
"""Loading Keras alone, which trainers of small heads do without, takes half of it."""
LEAVE_WITHIN_S = 60.0
"""It may still be getting ready for later tasks, which takes seconds."""
MARGIN_S = 10.0
"""A process ends itself so much later than it is last taken over: never between the worker's look and its task."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kind:
    """What two processes have in common of which one can take the other's place."""

    module: str
    placement: Placement
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Idle:
    """A process that waits."""

    kind: Kind
    process: WorkerProcess
    until: float
    """By the clock: it is not taken over any more."""


@dataclass(slots=True)
class IdleProcesses:
    """The idle processes of one worker. Not thread-safe."""

    warm_s: float = 0.0
    """How long they wait; 0: a process ends with its cycle."""
    clock: Callable[[], float] = time.monotonic
    _waiting: list[_Idle] = field(default_factory=list)

    def take(self, kind: Kind) -> WorkerProcess | None:
        """Return a process of a kind that waits, if there is one; the longest idle ones are left, to end."""
        self._end_stale()
        for one in reversed(self._waiting):
            if one.kind == kind:
                self._waiting.remove(one)
                return one.process
        return None

    def keep(self, processes: Sequence[tuple[Kind, WorkerProcess]]) -> None:
        """Take processes of a cycle that is over, none of which has a task; end those that are to be renewed."""
        self._end_stale()
        if self.warm_s <= 0:
            for _, process in processes:
                process.end()
            return
        for _, process in processes:
            process.leave(end_after_s=self.warm_s + MARGIN_S)
        give_up = self.clock() + LEAVE_WITHIN_S
        for kind, process in processes:
            if not process.has_left(within_s=give_up - self.clock()) or _is_worn(process):
                logger.info("idle: a process of %s is ended after %d cycles", kind.module, len(process.memory))
                process.end()
            else:
                self._waiting.append(_Idle(kind, process, self.clock() + self.warm_s))

    def close(self) -> None:
        """End every idle process. Idempotent; later ones are kept again."""
        for one in self._waiting:
            one.process.end()
        self._waiting.clear()

    def _end_stale(self) -> None:
        """End those that wait for too long, and forget those that are gone."""
        now = self.clock()
        for one in list(self._waiting):
            if one.until <= now or one.process.is_gone():
                self._waiting.remove(one)
                one.process.end()


def _is_worn(process: WorkerProcess) -> bool:
    grown = process.memory[-1] - process.memory[0] if process.memory else 0
    return len(process.memory) >= MOST_CYCLES or grown > MOST_GROWTH_BYTES
