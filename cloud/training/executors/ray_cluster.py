"""An executor on the nodes of a Ray cluster, which share no disk with the worker.

::

    worker      RayExecutor      inputs and results as files of its own folder, mapped and linked
       | pipe
    driver      `ray_driver`     a process beside the worker, the only one that loads Ray: inputs go to Ray's object
       |                         store by value, results come back by value
    node        `ray_node`       a process of Ray's; inputs are written to the node's own disk
       | pipe
    trial       `process_main`   a process of its own, as on the worker's machine

Ray takes over signals of the process that it is loaded in, prints there, and ends it when the cluster is lost: all that
befalls the driver, and costs tasks, never the worker. Each process ends with the one above it, however that dies.

Endings are those of `local`, and the node decides them. A task whose node is lost runs again on another one; a task
that ends its own process does not.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from cloud.errors import Stopped
from cloud.training.executors.executor import Limits, Task, TaskEnding, TaskOutcome
from cloud.training.executors.process import Message, Placement, WorkerProcess, wait_for_any
from cloud.training.executors.secrets import without_secrets
from cloud.training.executors.task_data import TaskData
from contract.documents import MAX_TEXT_CHARACTERS, Fields, Json

DRIVER = "cloud.training.executors.ray_driver"
CONNECT, RUN, CLOSE = "connect", "run", "close"
"""The driver's operations."""
AUTO = "auto"
"""The address of the cluster that this machine is a node of."""
PLACEMENT_S = 300.0
"""So long may no node offer anything: one that restarts is waited for."""
DRIVER_SILENCE_S = 120.0
"""A driver hangs that says nothing for so long; copying the largest inputs takes seconds."""
CLOSE_S = 3.0
LOOK_EVERY_S = 0.25
RAYS_OWN = "RAY_"
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # under `uv run`, Ray would send the current folder to all nodes
}


@dataclass(slots=True)
class RayExecutor:
    """Tasks of one module on a cluster's nodes, one accelerator each; see `ray_shares.share_out`."""

    module: str
    folder: Path
    """Of this executor alone; results that are in use are mapped from it."""
    limits: Limits
    stop: threading.Event
    address: str
    """HOST:PORT of the cluster's head, or `AUTO`; this machine is one of its nodes either way."""
    backend: str
    """What Keras computes on."""
    placement_s: float = PLACEMENT_S
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    """The variables that the driver sees: Ray's own, and what is no secret. None of them reaches a node."""
    _driver: WorkerProcess | None = None
    _awaited: int = 0
    """How many answers of the driver are to come."""
    _started: int = 0
    _runs: int = 0

    def warm_up(self, count: int) -> None:
        """Start the driver, which connects, and starts as many tasks' processes as there is room for."""
        if self._driver is None:
            self._driver = self._start()
            self._ask(self._driver, CONNECT, self._service() | {"count": count}, inputs=TaskData({}, {}))

    def run(self, tasks: Sequence[Task], inputs: TaskData) -> list[TaskOutcome]:
        """Run all tasks: see `Executor.run`.

        Raises:
            OSError: the disk has no room for the inputs, or no process can be started.
        """
        try:
            return self._run(tasks, inputs)
        except BaseException:  # an interrupt, no memory, a defect: the caller cannot know of the driver
            self._end()
            raise

    def close(self) -> None:
        """End every process. Idempotent."""
        driver = self._driver
        if driver is not None and not self._awaited:
            self._ask(driver, CLOSE, {}, inputs=TaskData({}, {}))
            self._wait(driver, within_s=CLOSE_S)
        self._end()

    def _run(self, tasks: Sequence[Task], inputs: TaskData) -> list[TaskOutcome]:
        self.warm_up(len(tasks))
        assert self._driver is not None
        began = time.monotonic()
        documents = [asdict(task) | {"arguments": dict(task.arguments)} for task in tasks]
        folder = self._ask(self._driver, RUN, {"tasks": documents, "placement_s": self.placement_s}, inputs=inputs)
        ended = self._wait(self._driver)
        if ended is None or not ended.done:
            seconds, (ending, cause, reason) = time.monotonic() - began, _fault(ended, self._driver)
            self._end()
            return [TaskOutcome(task.name, ending, seconds, None, cause, reason) for task in tasks]
        outcomes = TaskData.load(folder).fields.documents("outcomes", max_items=len(tasks))
        return [parse_outcome(one, result=folder / str(number)) for number, one in enumerate(outcomes)]

    def _service(self) -> dict[str, Json]:
        return {
            "address": self.address,
            "module": self.module,
            "backend": self.backend,
            "deadline_s": self.limits.deadline_s,
            "silence_s": self.limits.silence_s,
        }

    def _ask(self, driver: WorkerProcess, operation: str, arguments: Mapping[str, Json], *, inputs: TaskData) -> Path:
        """Send the driver a message; return the folder in which its answer will be."""
        self._runs += 1
        self._awaited += 1
        folder = self.folder / str(self._runs)
        inputs.save(folder / "inputs")
        result = folder / "result"
        message = {"operation": operation, "arguments": {**arguments, "results": str(result)}}
        driver.send(message | {"inputs": str(folder / "inputs"), "result": str(result)})
        return result

    def _wait(self, driver: WorkerProcess, *, within_s: float | None = None) -> Message | None:
        """Return the driver's last answer, or the first that is no success; None if there is none in time.

        Raises:
            Stopped: the worker is to stop.
        """
        began = heard = time.monotonic()
        while self._awaited:
            wait_for_any([driver], until=time.monotonic() + LOOK_EVERY_S)
            while (message := driver.receive()) is not None:
                heard = time.monotonic()
                if message.done:
                    self._awaited -= 1
                if message.failed is not None or message.exit_status is not None or not self._awaited:
                    return message
            if within_s is None and self.stop.is_set():
                raise Stopped
            now = time.monotonic()
            if now - heard > DRIVER_SILENCE_S or (within_s is not None and now - began > within_s):
                return None
        return None

    def _start(self) -> WorkerProcess:
        self._started += 1
        self.folder.mkdir(parents=True, exist_ok=True)
        log = self.folder / f"{self._started}.log"
        return WorkerProcess(DRIVER, placement=Placement(1), log=log, environment=driver_environment(self.environment))

    def _end(self) -> None:
        if self._driver is not None:
            self._driver.end()
        self._driver, self._awaited = None, 0


def driver_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a process that loads Ray: no secret but Ray's own, such as the cluster's token. Pure."""
    rays_own = {name: value for name, value in environment.items() if name.startswith(RAYS_OWN)}
    return {**without_secrets(environment), **rays_own, **QUIET}


def outcome_document(outcome: TaskOutcome) -> dict[str, Json]:
    """Write what `parse_outcome` reads, without the result, which is a folder of its own."""
    return {
        "name": outcome.name,
        "ending": outcome.ending,
        "seconds": outcome.seconds,
        "cause": outcome.cause,
        "reason": outcome.reason[:MAX_TEXT_CHARACTERS],
        "progress": outcome.progress,
    }


def parse_outcome(document: Fields, *, result: Path) -> TaskOutcome:
    """Read what `outcome_document` wrote, and the result where there is one.

    Raises:
        ContractError: a field is missing, or the result is not one.
        OSError: the result is missing.
    """
    ending = document.choice("ending", TaskEnding)
    progress = document.integers("progress", max_items=2) if "progress" in document else None
    return TaskOutcome(
        name=document.text("name"),
        ending=ending,
        seconds=document.number("seconds", low=0.0, high=math.inf),
        result=TaskData.load(result) if ending is TaskEnding.DONE else None,
        cause=document.text("cause"),
        reason=document.text("reason"),
        progress=(progress[0], progress[1]) if progress else None,
    )


def _fault(message: Message | None, driver: WorkerProcess) -> tuple[TaskEnding, str, str]:
    """Return how the tasks of a run ended of which the driver has no outcomes."""
    if message is None:
        return TaskEnding.SILENT, "", f"no word from the cluster's driver for {DRIVER_SILENCE_S:g} s"
    if message.failed is not None:
        return TaskEnding.FAILED, message.cause, message.failed
    return TaskEnding.DIED, "cluster lost", driver.last_log_line()
