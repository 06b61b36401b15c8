"""The process beside a worker that has tasks run on a Ray cluster; the only module that loads Ray.

`ray_cluster` starts it and draws how it stands to the others. Where a task runs::

    waiting --a slot greets--> running --outcome--> ended
       ^                          |
       '--- its node is lost -----'      at most `LOST_NODES` times; the inputs are the driver's, and still there

A slot is a process of Ray's on some node, with its share of it, which has greeted: only then it has a task.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import ActorDiedError, ActorUnavailableError, RayError, RayTaskError

from cloud.training.executors.arrays import Collect
from cloud.training.executors.executor import Limits, Operations, Task, TaskEnding, TaskOutcome
from cloud.training.executors.ray_cluster import AUTO, CLOSE, CONNECT, RUN, outcome_document
from cloud.training.executors.ray_node import Node, Service, plain
from cloud.training.executors.ray_shares import Share, share_out
from cloud.training.executors.task_data import TaskData
from contract import __version__
from contract.callbacks import Progress
from contract.documents import Fields, Json

NAMESPACE = "fedex"
LOOK_EVERY_S = 0.25
LOST_NODES = 3
"""So many nodes may be lost under one task."""
FAILED_STARTS = 5
"""So many slots in a row may fail to greet."""
GRACE_S = 60.0
"""Beyond its deadline, after which a task ends whose node says nothing and is not lost: for the transport."""
CLOSE_S = 2.0
REACH_S = 10.0


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a slot says first."""

    node: str
    """Ray's id of the node."""
    version: str
    """Of this project there."""


class RayNode(Node):
    """What runs tasks on a node, as an actor of Ray's."""

    def greet(self) -> Greeting:
        """Say where this is."""
        return Greeting(ray.get_runtime_context().get_node_id(), __version__)


@dataclass(slots=True, eq=False)
class _Slot:
    """An actor, and what it does."""

    actor: Any
    awaited: Any
    """What it is to give next; None while it is idle."""
    node: str = ""
    """Empty until it has greeted."""
    task: Task | None = None
    began: float = 0.0


@dataclass(slots=True)
class _Run:
    """What has become of the tasks of one call."""

    tasks: Sequence[Task]
    results: Path
    """Holds a numbered folder for each task that gave something."""
    waiting: list[Task]
    outcomes: dict[str, TaskOutcome] = field(default_factory=dict)
    lost: Counter[str] = field(default_factory=Counter)
    """How many nodes were lost under a task, by its name."""

    @property
    def left(self) -> int:
        """How many tasks have not ended."""
        return len(self.tasks) - len(self.outcomes)

    def end(self, outcome: TaskOutcome) -> None:
        """Take note of an outcome; its result goes to the disk and out of memory."""
        if outcome.result is not None:
            number = [task.name for task in self.tasks].index(outcome.name)
            outcome.result.save(self.results / str(number))
        self.outcomes[outcome.name] = replace(outcome, result=None)

    def document(self) -> dict[str, Json]:
        """Return all outcomes, once they are there."""
        return {"outcomes": [outcome_document(self.outcomes[task.name]) for task in self.tasks]}


class Driver:
    """Runs tasks on the cluster."""

    def __init__(self) -> None:
        self._service = Service("", "", Limits(0.0, 0.0))
        self._slots: list[_Slot] = []
        self._failed_starts = 0
        self._refusal = ""
        """Why a slot failed to greet."""

    def connect(
        self, inputs: TaskData, arguments: Mapping[str, Json], *, progress: Progress, collect: Collect
    ) -> TaskData:
        """Connect to the cluster, and start slots for tasks that are expected.

        Raises:
            ConnectionError: there is no cluster at that address.
        """
        asked = Fields(arguments, where="connect")
        limits = Limits(*(asked.number(name, low=0.0, high=float("inf")) for name in ("deadline_s", "silence_s")))
        self._service = Service(asked.text("module"), asked.text("backend"), limits)
        join(asked.text("address"))
        self._start_slots(asked.integer("count"))
        return TaskData({}, {})

    def run(self, inputs: TaskData, arguments: Mapping[str, Json], *, progress: Progress, collect: Collect) -> TaskData:
        """Run all tasks; their results go to numbered folders."""
        asked = Fields(arguments, where="run")
        tasks = [_parse_task(one) for one in asked.documents("tasks", max_items=1 << 16)]
        run = _Run(tasks, Path(asked.text("results", max_characters=1 << 16)), waiting=[*tasks])
        placement_s = asked.number("placement_s", low=0.0, high=float("inf"))
        shared = ray.put(plain(inputs))
        placed = time.monotonic()
        while run.left:
            progress(len(run.outcomes), len(tasks))
            self._start_slots(run.left)
            self._give_out(run.waiting, shared)
            for slot in self._wait():
                self._settle(slot, run)
            self._give_up_late(run)
            if any(slot.node for slot in self._slots):
                placed = time.monotonic()
            elif self._failed_starts >= FAILED_STARTS or time.monotonic() - placed > placement_s:
                self._give_up_all(run, placement_s)
        return TaskData(run.document(), {})

    def close(
        self, inputs: TaskData, arguments: Mapping[str, Json], *, progress: Progress, collect: Collect
    ) -> TaskData:
        """Have the nodes remove what is theirs."""
        closing = [slot.actor.close.remote() for slot in self._slots]
        if closing:
            ray.wait(closing, num_returns=len(closing), timeout=CLOSE_S)
        return TaskData({}, {})

    def _start_slots(self, count: int) -> None:
        if self._failed_starts >= FAILED_STARTS:
            return
        share = share_out(node["Resources"] for node in ray.nodes() if node["Alive"])
        if share is not None:
            for _ in range(len(self._slots), min(count, share.at_once)):
                self._slots.append(_start(self._service, share))

    def _give_out(self, waiting: list[Task], shared: Any) -> None:
        for slot in self._slots:
            if waiting and slot.awaited is None:
                slot.task, slot.began = waiting.pop(0), time.monotonic()
                slot.awaited = slot.actor.run.remote(slot.task, shared)

    def _wait(self) -> list[_Slot]:
        """Wait a while; return the slots that have given something, or are gone."""
        busy = [slot for slot in self._slots if slot.awaited is not None]
        if not busy:
            time.sleep(LOOK_EVERY_S)
            return []
        ready, _ = ray.wait([slot.awaited for slot in busy], timeout=LOOK_EVERY_S)
        return [slot for slot in busy if slot.awaited in ready]

    def _settle(self, slot: _Slot, run: _Run) -> None:
        """Take what a slot has given; one that gave an error is not trusted any more."""
        try:
            given: Greeting | TaskOutcome = ray.get(slot.awaited)
        except RayError as error:
            self._drop(slot)
            if slot.task is None:
                self._failed_starts, self._refusal = self._failed_starts + 1, _first_line(error)
            else:
                self._lose(slot, slot.task, error, run)
            return
        slot.awaited = None
        if isinstance(given, Greeting):
            self._welcome(slot, given)
        elif slot.task is not None:
            run.end(given)
            slot.task = None

    def _welcome(self, slot: _Slot, greeting: Greeting) -> None:
        if greeting.version == __version__:
            slot.node, self._failed_starts = greeting.node, 0
            return
        self._drop(slot)
        self._failed_starts += 1
        self._refusal = f"expected fedex {__version__} on each node, got {greeting.version}"

    def _lose(self, slot: _Slot, task: Task, error: RayError, run: _Run) -> None:
        """Decide what becomes of a task whose slot is gone: where its node is lost, another slot takes it."""
        if _is_lost(slot.node, error):
            run.lost[task.name] += 1
            if run.lost[task.name] <= LOST_NODES:
                run.waiting.insert(0, task)
                return
            ending, cause = TaskEnding.DIED, "node lost"
        elif isinstance(error, RayTaskError):
            ending, cause = TaskEnding.FAILED, type(error.cause).__name__
        else:
            ending, cause = TaskEnding.DIED, "the node's own process"
        seconds = time.monotonic() - slot.began
        run.end(TaskOutcome(task.name, ending, seconds, None, cause, _first_line(error)))

    def _give_up_late(self, run: _Run) -> None:
        """End what its node should have ended; a frozen process is not lost in Ray's eyes."""
        now, limit_s = time.monotonic(), self._service.limits.deadline_s
        for slot in [one for one in self._slots if one.task and now - one.began > limit_s + GRACE_S]:
            self._drop(slot)
            assert slot.task is not None
            reason = f"not done after {limit_s:g} s, and no word from its node"
            run.end(TaskOutcome(slot.task.name, TaskEnding.LATE, now - slot.began, reason=reason))

    def _give_up_all(self, run: _Run, placement_s: float) -> None:
        reason = self._refusal or f"expected a node with a core or an accelerator within {placement_s:g} s, got none"
        self._failed_starts = 0
        for task in run.waiting:
            outcome = TaskOutcome(task.name, TaskEnding.FAILED, 0.0, cause="NoNode", reason=reason)
            run.end(outcome)
        run.waiting.clear()

    def _drop(self, slot: _Slot) -> None:
        self._slots.remove(slot)
        ray.kill(slot.actor)


def operations() -> Operations:
    """Return what a driver's process can do."""
    driver = Driver()
    return Operations({CONNECT: driver.connect, RUN: driver.run, CLOSE: driver.close})


def look(address: str) -> dict[str, Json]:
    """Connect to a cluster and say what it offers: how many nodes, what a trial takes of one, how many run at once."""
    join(address)
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    share = share_out(nodes)
    return {"nodes": len(nodes), "share": asdict(share) if share else None}


def join(address: str) -> None:
    """Connect this process to a cluster.

    Raises:
        ConnectionError: there is none at that address.
    """
    if address != AUTO:
        host, _, port = address.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=REACH_S).close()  # Ray would try for ever
        except OSError as error:
            raise ConnectionError(f"{address}: expected the head of a Ray cluster, got {error}") from error
    ray.init(address=address, namespace=NAMESPACE, log_to_driver=False, logging_level=logging.ERROR)


def _start(service: Service, share: Share) -> _Slot:
    remote = ray.remote(RayNode).options(
        num_cpus=share.cores, num_gpus=share.accelerators, max_restarts=0, max_task_retries=0
    )
    actor = remote.remote(service, threads=share.threads, has_accelerator=share.accelerators > 0)
    return _Slot(actor, awaited=actor.greet.remote())


def _is_lost(node: str, error: RayError) -> bool:
    """Tell whether a task's node is gone, rather than its process."""
    if isinstance(error, ActorUnavailableError):
        return True
    alive = {one["NodeID"] for one in ray.nodes() if one["Alive"]}
    return isinstance(error, ActorDiedError) and node not in alive


def _first_line(error: RayError) -> str:
    cause = error.cause if isinstance(error, RayTaskError) else error
    return (str(cause).strip().splitlines() or [type(error).__name__])[0]


def _parse_task(document: Fields) -> Task:
    return Task(document.text("name"), document.text("operation"), document.document("arguments").as_json())


def main() -> None:
    """Print what the cluster at an address offers, or fail with an error as the last line of the error output."""
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what Ray prints must not get between
    answer.write(json.dumps(look(sys.argv[1])))
    answer.flush()


if __name__ == "__main__":
    main()
