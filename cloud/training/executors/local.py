"""An executor on this machine: parallel processes within limits, each ending recorded.

A process has one accelerator, or a share of the processor. One that an earlier executor left idle (`idle`) is taken
over where there is one; else it is started, early by `warm_up`, and imports Keras while data is prepared. Inputs and
results travel as files that are mapped and linked::

    <folder>/
        <n>.log            what the n-th process and its libraries printed for this executor
        <run>/             one for each call of `run`
            inputs/        the inputs of its tasks (`TaskData.save`)
            <task>/        what a task gave (`TaskData.save`), and arrays that it collected on the way

A task that dies, fails, falls silent or is late costs itself only. Whatever else goes wrong, no process is left.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cloud.errors import Stopped
from cloud.training.executors.executor import Limits, Task, TaskEnding, TaskOutcome
from cloud.training.executors.idle import IdleProcesses, Kind
from cloud.training.executors.process import Message, Placement, WorkerProcess, wait_for_any
from cloud.training.executors.task_data import TaskData

LOOK_EVERY_S = 0.25


@dataclass(slots=True)
class _RunningTask:
    """A task under way."""

    task: Task
    process: WorkerProcess
    placement: Placement
    result_folder: Path
    began: float
    last_message: float
    progress: tuple[int, int] | None = None


@dataclass(slots=True)
class LocalExecutor:
    """Processes of one module on this machine, as many at once as there are accelerators.

    Without accelerators all tasks run at once, but at most one for each processor core and never fewer than two.
    """

    module: str
    folder: Path
    """Of this executor alone; results that are in use are mapped from it."""
    limits: Limits
    accelerators: tuple[str, ...]
    cores: int
    stop: threading.Event
    clock: Callable[[], float] = time.monotonic
    """Seconds; limits are measured by it."""
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    """The variables of its processes, but for those of their placement and `temporary`."""
    temporary: Path | None = None
    """Where its processes and their libraries keep temporary files (TMPDIR); theirs to choose if not given."""
    idle: IdleProcesses = field(default_factory=IdleProcesses)
    """Where processes come from and go to."""
    _ready: list[tuple[WorkerProcess, Placement]] = field(default_factory=list)
    _running: list[_RunningTask] = field(default_factory=list)
    _started: int = 0
    _runs: int = 0

    def warm_up(self, count: int) -> None:
        """Start as many processes as will run at once, less those that are there."""
        for placement in self._placements(count)[len(self._ready) :]:
            self._ready.append((self._take(placement), placement))

    def run(self, tasks: Sequence[Task], inputs: TaskData) -> list[TaskOutcome]:
        """Run all tasks: see `Executor.run`.

        Raises:
            OSError: the disk has no room for the inputs, or no process can be started.
        """
        try:
            return self._run(tasks, inputs)
        except BaseException:  # an interrupt, no memory, a defect: the caller cannot know of the processes
            self.close()
            raise

    def close(self) -> None:
        """End every process that works, and leave the others to whoever comes next, unless nobody will. Idempotent."""
        for one in self._running:
            one.process.end()
        self._running.clear()
        ready = [(self._kind(placement), process) for process, placement in self._ready]
        self._ready.clear()
        if self.stop.is_set():  # nobody waits then until one has left
            for _, process in ready:
                process.end()
        else:
            self.idle.keep(ready)

    def _run(self, tasks: Sequence[Task], inputs: TaskData) -> list[TaskOutcome]:
        self._runs += 1
        folder = self.folder / str(self._runs)
        inputs.save(folder / "inputs")
        self.warm_up(len(tasks))
        waiting, outcomes = list(tasks), dict[str, TaskOutcome]()
        while waiting or self._running:
            while waiting and self._ready:
                self._begin(waiting.pop(0), folder)
            wait_for_any([one.process for one in self._running], until=time.monotonic() + LOOK_EVERY_S)
            if self.stop.is_set():
                raise Stopped
            for one in list(self._running):
                outcome = self._look(one)
                if outcome is not None:
                    outcomes[outcome.name] = outcome
                    self._put_back(one, outcome, more=bool(waiting))
        return [outcomes[task.name] for task in tasks]

    def _placements(self, count: int) -> list[Placement]:
        if self.accelerators:
            threads = max(self.cores // len(self.accelerators), 1)
            return [Placement(threads, accelerator) for accelerator in self._accelerators_in_use_first()][:count]
        at_once = min(count, max(self.cores, 2))
        return [Placement(max(self.cores // at_once, 1))] * at_once

    def _accelerators_in_use_first(self) -> list[str]:
        """Return the accelerators; first those that have a process already."""
        taken = [placement.accelerator for _, placement in self._ready]
        return sorted(self.accelerators, key=lambda accelerator: accelerator not in taken)

    def _take(self, placement: Placement) -> WorkerProcess:
        """Take over an idle process, or start one."""
        idle = self.idle.take(self._kind(placement))
        if idle is None:
            return self._start(placement)
        idle.enter(log=self._next_log(), temporary=self.temporary)
        return idle

    def _start(self, placement: Placement) -> WorkerProcess:
        environment = (
            self.environment if self.temporary is None else {**self.environment, "TMPDIR": str(self.temporary)}
        )
        return WorkerProcess(self.module, placement=placement, log=self._next_log(), environment=environment)

    def _kind(self, placement: Placement) -> Kind:
        return Kind(self.module, placement, dict(self.environment))

    def _next_log(self) -> Path:
        self._started += 1
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / f"{self._started}.log"

    def _begin(self, task: Task, folder: Path) -> None:
        process, placement = self._ready[0]
        now = self.clock()
        result = folder / task.name
        self._running.append(_RunningTask(task, process, placement, result, began=now, last_message=now))
        del self._ready[0]
        message = {"operation": task.operation, "arguments": task.arguments}
        process.send(message | {"inputs": str(folder / "inputs"), "result": str(result)})

    def _look(self, one: _RunningTask) -> TaskOutcome | None:
        """Return how a task ended, if it did; take note of its heartbeat."""
        now = self.clock()
        while (message := one.process.receive()) is not None:
            one.last_message, one.progress = now, message.progress or one.progress
            ended = _ended(message, one)
            if ended is not None:
                return self._outcome(one, *ended)
        if now - one.began > self.limits.deadline_s:
            return self._outcome(one, TaskEnding.LATE, "", f"not done after {self.limits.deadline_s:g} s")
        if now - one.last_message > self.limits.silence_s:
            return self._outcome(one, TaskEnding.SILENT, "", f"no heartbeat for {self.limits.silence_s:g} s")
        return None

    def _outcome(self, one: _RunningTask, ending: TaskEnding, cause: str, reason: str) -> TaskOutcome:
        result = TaskData.load(one.result_folder) if ending is TaskEnding.DONE else None
        return TaskOutcome(one.task.name, ending, self.clock() - one.began, result, cause, reason, one.progress)

    def _put_back(self, one: _RunningTask, outcome: TaskOutcome, *, more: bool) -> None:
        """Keep a process for what is next, unless it is gone or not to be trusted."""
        if outcome.ending is TaskEnding.DONE:
            self._ready.append((one.process, one.placement))
        else:
            one.process.end()
        self._running.remove(one)
        if outcome.ending is not TaskEnding.DONE and more:
            self._ready.append((self._take(one.placement), one.placement))


def _ended(message: Message, one: _RunningTask) -> tuple[TaskEnding, str, str] | None:
    """Return how a task ended, the cause and the reason, if the message is of its end."""
    if message.done:
        return TaskEnding.DONE, "", ""
    if message.failed is not None:
        return TaskEnding.FAILED, message.cause, message.failed
    if message.exit_status is None:
        return None
    cause = f"signal {-message.exit_status}" if message.exit_status < 0 else f"exit status {message.exit_status}"
    return TaskEnding.DIED, cause, one.process.last_log_line()
