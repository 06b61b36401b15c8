"""The other side of a process that the worker starts: it carries out tasks, one after another.

`python -m cloud.training.executors.process_main <module> <descriptor>` imports the module and calls its `operations`.
(Not `python -m <module>`: processes started by this one import the main module again, and TFLite must not meet
TensorFlow.) Both sides send JSON through the pipe of that descriptor::

    worker    {"operation": "...", "arguments": {...}, "inputs": "<folder>", "result": "<folder>"}
    process   {"ready": true}                      once, when everything is imported
              {"progress": [done, total]}          as work goes on: its heartbeat
              {"done": true}                       once for each task, when its result is in that folder, or
              {"failed": "...", "cause": "<the exception's class>"}
    worker    {"leave": seconds}                   the cycle is over: its files are to be deleted
    process   {"left": bytes}                      none of them is open here any more; the memory that is in use
    worker    {"enter": {"log": "<file>", "temporary": "<folder>"}}    the next tasks are of another cycle

A process that has left a cycle ends by itself, unless it enters another one within those seconds. The worker alone
holds the other end, so the pipe closes when the worker dies, however it does; then the process ends at once, in the
middle of whatever it does.
"""

from __future__ import annotations

import importlib
import itertools
import json
import math
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Iterable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from cloud.training.executors import scratch
from cloud.training.executors.arrays import FLOAT32, Collect, Floats, read_array, write_array
from cloud.training.executors.executor import Operation, Operations
from cloud.training.executors.task_data import TaskData
from contract.callbacks import Progress

ORPHANED = 3
"""Exit status of a process whose worker is gone."""
HEARTBEAT_EVERY_S = 0.5


def main() -> None:
    """Serve the module and the pipe that the command line names."""
    operations: Operations = importlib.import_module(sys.argv[1]).operations()
    _serve(operations, Connection(int(sys.argv[2])))


def _serve(operations: Operations, connection: Connection[Any, Any]) -> None:
    """Carry out what the worker asks for, one after another, until it hangs up, or was idle for too long."""
    messages: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(connection, messages), daemon=True).start()
    _send(connection, {"ready": True})
    idle_s: float | None = None
    is_prepared = False
    while True:
        try:
            message = messages.get(timeout=idle_s)
        except queue.Empty:
            return
        if "leave" in message:
            idle_s = message["leave"]
            _send(connection, {"left": _leave(operations)})
        elif "enter" in message:
            idle_s = None
            scratch.enter(**message["enter"])
        else:
            _send(connection, _carry_out(operations, message, _heartbeat(connection)))
            if not is_prepared:
                _prepare(operations)
                is_prepared = True


def _leave(operations: Operations) -> int:
    """Let go of everything that is a cycle's; return the bytes of memory that are still held."""
    operations.rest()
    scratch.leave()
    return scratch.give_memory_back()


def _prepare(operations: Operations) -> None:
    """Get ready for later tasks. Whatever goes wrong in it, they will find out; the process's log says what it was."""
    try:
        operations.prepare()
    except Exception:  # whatever TensorFlow, Keras or a converter raises
        traceback.print_exc()


def _listen(connection: Connection[Any, Any], tasks: queue.SimpleQueue[dict[str, Any]]) -> None:
    try:
        while True:
            tasks.put(json.loads(connection.recv_bytes()))
    except (EOFError, OSError):
        os._exit(ORPHANED)


def _carry_out(operations: Operations, task: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Read a task's inputs, run it, write its result; return the message that says how it ended."""
    folder = Path(task["result"])
    try:
        operation = _find(operations, task["operation"])
        inputs = TaskData.load(Path(task["inputs"]))
        result = operation(inputs, task["arguments"], progress=progress, collect=_collect_in(folder))
        result.save(folder)
    except Exception as error:  # whatever training, Keras or a converter raise ends this task only
        first = (str(error).strip().splitlines() or [""])[0]
        return {"failed": first, "cause": type(error).__name__}
    return {"done": True}


def _find(operations: Operations, name: str) -> Operation:
    if name not in operations.named:
        raise LookupError(f"operation: expected {' or '.join(operations.named)}, got {name}")
    return operations.named[name]


def _collect_in(folder: Path) -> Collect:
    """Return what makes arrays of their pieces in files of a folder, which is made with the first of them."""
    numbers = itertools.count(1)

    def collect(pieces: Iterable[Floats], shape: tuple[int, ...]) -> Floats:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"collected-{next(numbers)}"
        write_array(path, pieces)
        collected: Floats = read_array(path, dtype=FLOAT32, shape=shape)
        return collected

    return collect


def _heartbeat(connection: Connection[Any, Any]) -> Progress:
    last = -math.inf

    def progress(done: int, total: int) -> None:
        nonlocal last
        if done >= total or time.monotonic() - last > HEARTBEAT_EVERY_S:
            last = time.monotonic()
            _send(connection, {"progress": [done, total]})

    return progress


def _send(connection: Connection[Any, Any], message: Mapping[str, Any]) -> None:
    try:
        connection.send_bytes(json.dumps(message).encode())
    except OSError:
        os._exit(ORPHANED)


if __name__ == "__main__":
    main()
