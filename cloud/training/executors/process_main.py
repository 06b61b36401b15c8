"""The child's side of a process that the worker starts: the only home of what it hears, says, and when it ends.

``python -m cloud.training.executors.process_main <module> <descriptor>`` imports the module and calls its ``main``,
which calls `serve`. (Not ``python -m <module>``: a child's own children import the main module again, and TFLite must
not meet TensorFlow.)
Both sides send JSON through the pipe of that descriptor::

    worker   {"do": "<command>", "with": {...}}
    child    {"ready": true}                      once, when everything is imported
             {"progress": [done, total]}          as work goes on: its heartbeat
             {"done": {...}}                      once for each command, or
             {"failed": "...", "cause": "<the exception's class>"}

The worker alone holds the other end, so the pipe closes when the worker dies, however it does; then the child ends at
once, in the middle of whatever it does.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import Any

ORPHANED = 3
"""Exit status of a child whose worker is gone."""
BEAT_EVERY_S = 0.5

Tell = Callable[[int, int], None]
"""Is told of the steps done and of all steps."""
Command = Callable[[Mapping[str, Any], Tell], Mapping[str, Any]]


def serve(commands: Mapping[str, Command], *, meanwhile: Callable[[], object] | None = None) -> None:
    """Carry out what the worker asks for, one command after another, until it hangs up. Does not return.

    `meanwhile` is done once, after the first command; what goes wrong in it is for later commands to find out.
    """
    connection: Connection[Any, Any] = Connection(int(sys.argv[2]))
    asked: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(connection, asked), daemon=True).start()
    _say(connection, {"ready": True})
    while True:
        message = asked.get()
        _say(connection, _carry_out(commands[message["do"]], message["with"], _heart(connection)))
        if meanwhile is not None:
            with contextlib.suppress(Exception):
                meanwhile()
            meanwhile = None


def _listen(connection: Connection[Any, Any], asked: queue.SimpleQueue[dict[str, Any]]) -> None:
    try:
        while True:
            asked.put(json.loads(connection.recv_bytes()))
    except (EOFError, OSError):
        os._exit(ORPHANED)


def _carry_out(command: Command, arguments: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
    try:
        return {"done": command(arguments, tell)}
    except Exception as error:  # whatever training, Keras or a converter raise ends this command only
        first = (str(error).strip().splitlines() or [""])[0]
        return {"failed": first, "cause": type(error).__name__}


def _heart(connection: Connection[Any, Any]) -> Tell:
    last = [0.0]

    def tell(done: int, total: int) -> None:
        if done >= total or time.monotonic() - last[0] > BEAT_EVERY_S:
            last[0] = time.monotonic()
            _say(connection, {"progress": [done, total]})

    return tell


def _say(connection: Connection[Any, Any], message: Mapping[str, Any]) -> None:
    try:
        connection.send_bytes(json.dumps(message).encode())
    except OSError:
        os._exit(ORPHANED)


if __name__ == "__main__":
    importlib.import_module(sys.argv[1]).main()
