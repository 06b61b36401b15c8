"""The only home of running tasks in parallel child processes within limits, each ending recorded.

Another executor (a cluster's) offers the same three methods. This one starts its processes on this machine: one
accelerator each, or a share of the processor. Started early by ``warm_up``, they import Keras while data is prepared.

A task that dies, fails, falls silent or is late costs itself only. Whatever else goes wrong, no process is left.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cloud.errors import Stopped
from cloud.training.executors.executor import Ending, Limits, Outcome, Task
from cloud.training.executors.process import Child, Message, Place, wait_for_any

LOOK_EVERY_S = 0.25


@dataclass(slots=True)
class _Run:
    """A task under way."""

    task: Task
    child: Child
    place: Place
    began: float
    heard: float
    progress: tuple[int, int] | None = None


@dataclass(slots=True)
class LocalExecutor:
    """Processes of one module on this machine, as many at once as there are accelerators.

    Without accelerators all tasks run at once, but at most one for each processor core and never fewer than two.
    """

    module: str
    logs: Path
    limits: Limits
    accelerators: tuple[str, ...]
    cores: int
    stop: threading.Event
    clock: Callable[[], float] = time.monotonic
    """Seconds; limits are measured by it."""
    _ready: list[tuple[Child, Place]] = field(default_factory=list)
    _running: list[_Run] = field(default_factory=list)
    _started: int = 0

    def warm_up(self, count: int) -> None:
        """Start as many processes as will run at once, less those that are there."""
        for place in self._places(count)[len(self._ready) :]:
            self._ready.append((self._start(place), place))

    def run(self, tasks: Sequence[Task]) -> list[Outcome]:
        """See ``Executor.run``."""
        try:
            return self._run(tasks)
        except BaseException:  # an interrupt, no memory, a defect: whoever hears of it cannot know of the processes
            self.close()
            raise

    def close(self) -> None:
        """See ``Executor.close``."""
        for child in [*(one.child for one in self._running), *(child for child, _ in self._ready)]:
            child.end()
        self._running.clear()
        self._ready.clear()

    def _run(self, tasks: Sequence[Task]) -> list[Outcome]:
        self.warm_up(len(tasks))
        waiting, outcomes = list(tasks), dict[str, Outcome]()
        while waiting or self._running:
            while waiting and self._ready:
                self._begin(waiting.pop(0))
            wait_for_any([one.child for one in self._running], until=time.monotonic() + LOOK_EVERY_S)
            if self.stop.is_set():
                raise Stopped
            for one in list(self._running):
                outcome = self._look(one)
                if outcome is not None:
                    outcomes[outcome.name] = outcome
                    self._put_back(one, outcome, more=bool(waiting))
        return [outcomes[task.name] for task in tasks]

    def _places(self, count: int) -> list[Place]:
        if self.accelerators:
            threads = max(self.cores // len(self.accelerators), 1)
            return [Place(threads, accelerator) for accelerator in self._ready_ones_first()][:count]
        at_once = min(count, max(self.cores, 2))
        return [Place(max(self.cores // at_once, 1))] * at_once

    def _ready_ones_first(self) -> list[str]:
        """The accelerators; first those that have a process already."""
        taken = [place.accelerator for _, place in self._ready]
        return sorted(self.accelerators, key=lambda accelerator: accelerator not in taken)

    def _start(self, place: Place) -> Child:
        self._started += 1
        return Child(self.module, place=place, log=self.logs / f"{self.module}-{self._started}.log")

    def _begin(self, task: Task) -> None:
        child, place = self._ready[0]
        now = self.clock()
        self._running.append(_Run(task, child, place, began=now, heard=now))
        del self._ready[0]
        child.ask(task.command, task.arguments)

    def _look(self, one: _Run) -> Outcome | None:
        """How a task ended, if it did; takes note of its heartbeat."""
        now = self.clock()
        while (message := one.child.hear()) is not None:
            one.heard, one.progress = now, message.progress or one.progress
            ended = _ended(message, one)
            if ended is not None:
                return self._outcome(one, *ended, result=message.done)
        if now - one.began > self.limits.deadline_s:
            return self._outcome(one, Ending.LATE, "", f"not done after {self.limits.deadline_s:g} s")
        if now - one.heard > self.limits.silence_s:
            return self._outcome(one, Ending.SILENT, "", f"not heard of for {self.limits.silence_s:g} s")
        return None

    def _outcome(
        self, one: _Run, ending: Ending, cause: str, reason: str, *, result: Mapping[str, Any] | None = None
    ) -> Outcome:
        return Outcome(one.task.name, ending, self.clock() - one.began, result, cause, reason, one.progress)

    def _put_back(self, one: _Run, outcome: Outcome, *, more: bool) -> None:
        """Keep a process for what is next, unless it is gone or not to be trusted."""
        if outcome.ending is Ending.DONE:
            self._ready.append((one.child, one.place))
        else:
            one.child.end()
        self._running.remove(one)
        if outcome.ending is not Ending.DONE and more:
            self._ready.append((self._start(one.place), one.place))


def _ended(message: Message, one: _Run) -> tuple[Ending, str, str] | None:
    """How, the cause, and the reason."""
    if message.done is not None:
        return Ending.DONE, "", ""
    if message.failed is not None:
        return Ending.FAILED, message.cause, message.failed
    if message.ended is None:
        return None
    cause = f"signal {-message.ended}" if message.ended < 0 else f"exit status {message.ended}"
    return Ending.DIED, cause, one.child.last_words()
