"""The only home of what a cycle works with: the worker's means, a folder, and processes that do not outlive it."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from cloud.executors import Executor, Limits, LocalExecutor
from cloud.objects.store import ObjectStore
from cloud.publish import PublishStep
from cloud.scratch import CycleFolder
from cloud.settings import Settings
from cloud.signing import SigningKey
from cloud.steps import unwatched
from cloud.trials import plan

SILENCE_S = 600.0
"""A process that says nothing for so long hangs; a step of the largest heads takes seconds."""


def usable_cores() -> int:
    """Processor cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Workbench:
    """What a worker has to train with."""

    store: ObjectStore
    settings: Settings
    key: SigningKey
    stop: threading.Event
    now: Callable[[], float] = time.time
    """Unix seconds."""
    cores: int = field(default_factory=usable_cores)
    at_publish: Callable[[PublishStep], None] = unwatched

    @contextlib.contextmanager
    def folder(self, cycle: str) -> Iterator[CycleFolder]:
        """The cycle's folder, for as long as the block; what killed workers left goes first."""
        cycles = self.settings.state / "cycles"
        shutil.rmtree(cycles, ignore_errors=True)
        cycles.mkdir(parents=True)
        try:
            yield CycleFolder(cycles / cycle)
        finally:
            shutil.rmtree(cycles, ignore_errors=True)

    @contextlib.contextmanager
    def processes(self, folder: CycleFolder) -> Iterator[tuple[Executor, Executor]]:
        """The workshop and the trainers, started; none of them outlives the block."""
        workshop, trainers = self._executor("cloud.workshop", folder), self._executor("cloud.trainer", folder)
        try:
            workshop.warm_up(1)
            trainers.warm_up(len(plan(self.settings.trials)))
            yield workshop, trainers
        finally:
            workshop.close()
            trainers.close()

    def _executor(self, module: str, folder: CycleFolder) -> Executor:
        deadline_s = self.settings.trial_deadline_s
        limits = Limits(deadline_s, min(SILENCE_S, deadline_s))
        return LocalExecutor(
            module, folder.path.parent, limits, self.settings.accelerators, cores=self.cores, stop=self.stop
        )
