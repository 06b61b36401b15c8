"""The worker's side of a process that it starts: starting it, talking to it, ending it.

`cloud.training.executors.process_main` draws the messages. A process is a new interpreter, never a fork: TensorFlow
does not survive one. It leads a session of its own, so that Ctrl-C reaches the worker alone, which then ends it.
When a process is ended, `local` decides.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from cloud.training.executors.executor import NO_DEVICE, VISIBLE_DEVICES
from contract.matrix_kernels import kernels_here

LOG_TAIL_BYTES = 2_000
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_FORCE_GPU_ALLOW_GROWTH": "true", "PYTHONUNBUFFERED": "1"}


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a process computes."""

    threads: int
    accelerator: str | None = None
    """A CUDA device; None for the CPU."""

    def environment(self) -> dict[str, str]:
        """Return the variables by which numerical libraries learn of it."""
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
        threads = {name: str(self.threads) for name in names}
        return {**threads, VISIBLE_DEVICES: NO_DEVICE if self.accelerator is None else self.accelerator}


@dataclass(frozen=True, slots=True)
class Message:
    """A message from a process, or the news that it has ended."""

    done: bool = False
    failed: str | None = None
    cause: str = ""
    """Of a failure: the exception's class."""
    progress: tuple[int, int] | None = None
    exit_status: int | None = None
    """Of a process that is gone."""


class WorkerProcess:
    """A process that the worker has started. Not thread-safe.

    Args:
        module: what it runs; its `operations` says what it can do.
        placement: where it computes.
        log: a file for whatever its libraries print.
        environment: its variables, but for those of its placement; the worker's own if not given.

    Attributes:
        memory: bytes that it held at the end of each cycle that it has left; 0 where the machine does not say.
    """

    def __init__(
        self, module: str, *, placement: Placement, log: Path, environment: Mapping[str, str] = os.environ
    ) -> None:
        ours, theirs = multiprocessing.Pipe()
        self.connection: Connection[Any, Any] = ours
        self.memory: list[int] = []
        self._log = log
        self._has_news = False
        """Whether it was given a task since it left a cycle."""
        self._asked_to_leave = 0
        with theirs, log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "cloud.training.executors.process_main", module, str(theirs.fileno())],
                env={**environment, **kernels_here(environment), **QUIET, **placement.environment()},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def send(self, task: Mapping[str, Any]) -> None:
        """Send it a task. It need not be ready yet."""
        self._has_news = True
        self._tell(task)

    def enter(self, *, log: Path, temporary: Path | None) -> None:
        """Let it print to another log and keep its temporary files elsewhere: its next tasks are of another cycle."""
        self._log = log
        self._tell({"enter": {"log": str(log), "temporary": temporary and str(temporary)}})

    def leave(self, *, end_after_s: float) -> None:
        """Let it go of a cycle's files and of memory, and end by itself unless it enters another one in time."""
        self._asked_to_leave += 1
        self._tell({"leave": end_after_s})

    def has_left(self, *, within_s: float) -> bool:
        """Wait until it has left; one that never had a task has nothing to let go, and is not waited for."""
        give_up = time.monotonic() + within_s
        while self._has_news and len(self.memory) < self._asked_to_leave:
            wait_for_any([self], until=give_up)
            message = self.receive()
            if message is None or message.exit_status is not None:
                return False
        self._has_news = False
        return True

    def is_gone(self) -> bool:
        """Tell whether it has ended, however it did; what it said meanwhile is taken note of. Not while it works."""
        while (message := self.receive()) is not None:
            if message.exit_status is not None:
                return True
        return False

    def _tell(self, message: Mapping[str, Any]) -> None:
        try:
            self.connection.send_bytes(json.dumps(message).encode())
        except OSError:
            pass  # it is dead, which `receive` will say

    def receive(self) -> Message | None:
        """Return the next message, if one is there."""
        try:
            if not self.connection.poll():
                return None
            message = json.loads(self.connection.recv_bytes())
        except (EOFError, OSError):
            return Message(exit_status=self._process.wait())
        if "left" in message:
            self.memory.append(message["left"])
        progress = message.get("progress")
        heartbeat = (progress[0], progress[1]) if progress else None
        return Message(message.get("done", False), message.get("failed"), message.get("cause", ""), heartbeat)

    def last_log_line(self) -> str:
        """Return the last line that was printed, which is where Python says what went wrong."""
        printed = self._log.read_bytes()[-LOG_TAIL_BYTES:] if self._log.is_file() else b""
        return (printed.decode(errors="replace").strip().splitlines() or [""])[-1]

    def end(self) -> None:
        """Make sure that it is gone. Idempotent."""
        self._process.kill()
        self._process.wait()
        self.connection.close()


def wait_for_any(processes: Sequence[WorkerProcess], *, until: float) -> None:
    """Return when one of the processes sent a message or died, or at `until` on the monotonic clock."""
    wait([process.connection for process in processes], timeout=max(until - time.monotonic(), 0.0))
