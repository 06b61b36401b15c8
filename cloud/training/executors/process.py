"""The worker's side of a process that it starts: the only home of starting one, hearing it, and ending it.

``process_main`` draws what is said. A child is a new interpreter, never a fork: TensorFlow does not survive one. It
leads a session of its own, so that Ctrl-C reaches the worker alone, which then ends its children.
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

LAST_WORDS_BYTES = 2_000
VISIBLE_DEVICES, NO_DEVICE = "CUDA_VISIBLE_DEVICES", "-1"
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_FORCE_GPU_ALLOW_GROWTH": "true", "PYTHONUNBUFFERED": "1"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a child computes."""

    threads: int
    accelerator: str | None = None
    """A CUDA device; None for the CPU."""

    def environment(self) -> dict[str, str]:
        """What tells the libraries so."""
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
        threads = {name: str(self.threads) for name in names}
        return {**threads, VISIBLE_DEVICES: NO_DEVICE if self.accelerator is None else self.accelerator}


@dataclass(frozen=True, slots=True)
class Message:
    """What a child said; ``ended`` is its exit status once it is gone."""

    done: Mapping[str, Any] | None = None
    failed: str | None = None
    cause: str = ""
    """Of a failure: the exception's class."""
    progress: tuple[int, int] | None = None
    ended: int | None = None


class Child:
    """A running child process. Not thread-safe.

    Args:
        module: what it runs; its ``main`` calls ``cloud.training.executors.process_main.serve``.
        place: where it computes.
        log: a file for whatever its libraries print.
    """

    def __init__(self, module: str, *, place: Place, log: Path) -> None:
        ours, theirs = multiprocessing.Pipe()
        self.connection: Connection[Any, Any] = ours
        self._log = log
        with theirs, log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "cloud.training.executors.process_main", module, str(theirs.fileno())],
                env={**os.environ, **QUIET, **place.environment()},
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

    def ask(self, command: str, arguments: Mapping[str, Any]) -> None:
        """Say what to do. It may be said before the child is ready."""
        try:
            self.connection.send_bytes(json.dumps({"do": command, "with": arguments}).encode())
        except OSError:
            pass  # it is dead, which `hear` will say

    def hear(self) -> Message | None:
        """The next message, if one is there."""
        try:
            if not self.connection.poll():
                return None
            said = json.loads(self.connection.recv_bytes())
        except (EOFError, OSError):
            return Message(ended=self._process.wait())
        progress = said.get("progress")
        heartbeat = (progress[0], progress[1]) if progress else None
        return Message(said.get("done"), said.get("failed"), said.get("cause", ""), heartbeat)

    def last_words(self) -> str:
        """The last line of what its libraries printed, which is where Python says what went wrong."""
        printed = self._log.read_bytes()[-LAST_WORDS_BYTES:] if self._log.is_file() else b""
        return (printed.decode(errors="replace").strip().splitlines() or [""])[-1]

    def end(self) -> None:
        """Make sure that it is gone. Idempotent."""
        self._process.kill()
        self._process.wait()
        self.connection.close()


def wait_for_any(children: Sequence[Child], *, until: float) -> None:
    """Return when one of the children said something or died, or at `until` on the monotonic clock."""
    wait([child.connection for child in children], timeout=max(until - time.monotonic(), 0.0))
