"""Whether this machine can train, found out when a worker starts: one that cannot must not take uploads for ever.

What is installed may still not load: a library that is missing beneath Keras, two that do not go together, a processor
without what one was built for. So a process imports what a trainer does, beside the worker, which waits for it before
it takes the first pool.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from cloud.errors import SettingError
from cloud.settings import Backend, ExecutorKind, Settings
from cloud.training.executors.process import QUIET, Placement
from cloud.training.executors.secrets import without_secrets
from export.keras_environment import keras_environment

TRAINS = "cloud.training.fine_tune"
"""What needs all that training ever needs."""
PACKAGES = ("keras", "tensorflow")
"""What the processes of a cycle import; it comes with the extra `export`."""
MAX_REASON_CHARACTERS = 200
LOOK_EVERY_S = 0.1


def backend_here(settings: Settings) -> Backend:
    """Return what Keras computes on in processes of this machine: the converter's alone where trials run elsewhere."""
    return settings.backend if settings.executor is ExecutorKind.LOCAL else Backend.TENSORFLOW


def check_installed(backend: Backend, executor: ExecutorKind = ExecutorKind.LOCAL) -> None:
    """Raise `SettingError` where something that a cycle imports is not installed."""
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise SettingError(
            f"a worker trains with {' and '.join(PACKAGES)}: install fedex[cloud,export], {missing[0]} is missing"
        )
    if importlib.util.find_spec(backend) is None:
        raise SettingError(f"FEDEX_BACKEND: expected a backend that is installed, got {backend}")
    if executor is ExecutorKind.RAY and importlib.util.find_spec(executor) is None:
        raise SettingError(f"FEDEX_EXECUTOR: expected one that is installed (fedex[ray]), got {executor}")


@dataclass(frozen=True, slots=True)
class TrainingTrial:
    """A process that imports what trains, under way."""

    backend: Backend
    process: subprocess.Popen[bytes]
    printed: IO[bytes]

    def succeeds(self, stop: threading.Event) -> bool:
        """Wait for it; return False if the worker is to stop before that.

        Raises:
            SettingError: nothing can be trained here; the message says what failed.
        """
        while self.process.poll() is None:
            if stop.wait(LOOK_EVERY_S):
                return False
        if self.process.returncode:
            raise SettingError(
                f"a worker trains with keras on {self.backend}: expected it to load, got {self._reason()}"
            )
        return True

    def _reason(self) -> str:
        self.printed.seek(0)
        lines = self.printed.read().decode(errors="replace").strip().splitlines()
        return lines[-1][:MAX_REASON_CHARACTERS] if lines else f"exit status {self.process.returncode}"


@contextlib.contextmanager
def training_tried(backend: Backend) -> Iterator[TrainingTrial]:
    """Start to import what trains, in a process that does not outlive the block."""
    ours = keras_environment(without_secrets(os.environ), backend=backend)
    environment = {**ours, **QUIET, **Placement(1).environment()}
    with tempfile.TemporaryFile() as printed:
        process = subprocess.Popen(
            [sys.executable, "-m", TRAINS],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=printed,
            start_new_session=True,
        )
        try:
            yield TrainingTrial(backend, process, printed)
        finally:
            process.kill()
            process.wait()
