"""What serves a worker on a node of a cluster, inside a process of Ray's: it runs tasks there as `local` does.

The trial's own process is one more, a child of that one: it can die, hang or be late without harm to Ray's. What comes
from the worker is written to a folder of the node's own disk, and the answer is read from it::

    <temporary folder>/fedex-<user id>/     mode 700
        lock                                held while a folder is made, and while others are swept
        <random>/                           one for each process of Ray's that serves a worker
            lock                            held for as long as that process lives
            executor/                       see `cloud.training.executors.local`; a run's folder goes with the run
            temporary/                      what libraries write

There are people's features in it, so it goes whatever befalls that process: a shell that waits for its end removes it.
What a power failure leaves, the next one of this user removes.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import numpy as np

from cloud.training.executors.arrays import Array
from cloud.training.executors.executor import VISIBLE_DEVICES, Limits, Task, TaskOutcome
from cloud.training.executors.local import LocalExecutor
from cloud.training.executors.secrets import without_secrets
from cloud.training.executors.task_data import TaskData
from export.keras_environment import keras_environment

LOCK = "lock"
REMOVE_AT_THE_END = 'exec 3<&0; (cat <&3; rm -rf -- "$1"; sleep 1; rm -rf -- "$1") &'
"""A shell script that leaves a process behind which is nobody's child, for Ray ends those of its own.

The second time removes what a trial's process, which is ending just then, wrote after the first.
"""


@dataclass(frozen=True, slots=True)
class Service:
    """What a worker asks of each node."""

    module: str
    """Whose operations its tasks name."""
    backend: str
    """What Keras computes on."""
    limits: Limits


class Node:
    """Runs one task at a time.

    Args:
        service: what the worker asks for.
        threads: how many a task computes with.
        has_accelerator: whether Ray has assigned one, which it then names in this process's environment.

    Raises:
        OSError: the node's disk has no room, or its temporary folder is somebody else's.
    """

    def __init__(self, service: Service, *, threads: int, has_accelerator: bool) -> None:
        self._folder, self._lock = _claim(Path(tempfile.gettempdir()) / f"fedex-{os.getuid()}")
        self._end = _remove_at_the_end(self._folder)
        temporary = self._folder / "temporary"
        temporary.mkdir()
        environment = keras_environment(without_secrets(os.environ), backend=service.backend)
        self._executor = LocalExecutor(
            service.module,
            self._folder / "executor",
            service.limits,
            (os.environ[VISIBLE_DEVICES],) if has_accelerator else (),
            cores=threads,
            stop=threading.Event(),
            environment=environment | {"TMPDIR": str(temporary)},
        )
        self._executor.warm_up(1)

    def run(self, task: Task, inputs: TaskData) -> TaskOutcome:
        """Run a task; nothing of it is left on the disk, but for what its process printed.

        Raises:
            OSError: the disk has no room for the inputs, or no process can be started.
        """
        try:
            [outcome] = self._executor.run([task], inputs)
        finally:
            for run in self._executor.folder.iterdir():
                if run.is_dir():
                    shutil.rmtree(run)  # what is mapped can be read until it is sent
        return replace(outcome, result=plain(outcome.result) if outcome.result else None)

    def close(self) -> None:
        """End the process and remove the folder."""
        self._executor.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._lock.close()
        self._end.close()


def plain(data: TaskData) -> TaskData:
    """Return data whose arrays are no `memmap`, which would be pickled by a further copy; nothing is copied here."""
    return TaskData(dict(data.document), {name: _plain(array) for name, array in data.arrays.items()})


def _plain(array: Array) -> Array:
    return np.asarray(array, order="C").view(np.ndarray)


def _claim(root: Path) -> tuple[Path, IO[bytes]]:
    """Make a folder of one's own and hold its lock; remove those whose owner is gone."""
    root.mkdir(mode=0o700, exist_ok=True)
    found = root.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise OSError(f"{root}: expected a folder that is this user's alone, got another one")
    with _locked(root / LOCK):
        for folder in root.iterdir():
            if folder.is_dir() and not _is_held(folder / LOCK):
                shutil.rmtree(folder, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(dir=root))
        lock = (folder / LOCK).open("wb")
        fcntl.flock(lock, fcntl.LOCK_EX)
    return folder, lock


def _remove_at_the_end(folder: Path) -> IO[bytes]:
    """Have a folder removed once the returned file is closed, by this process or by its end, however it ends."""
    readable, writable = os.pipe()
    with os.fdopen(readable, "rb") as theirs:
        nowhere = subprocess.DEVNULL
        command = ["sh", "-c", REMOVE_AT_THE_END, "sh", str(folder)]
        subprocess.run(command, stdin=theirs, stdout=nowhere, stderr=nowhere, start_new_session=True, check=True)
    return os.fdopen(writable, "wb")


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_held(path: Path) -> bool:
    try:
        with path.open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        pass
    return False
