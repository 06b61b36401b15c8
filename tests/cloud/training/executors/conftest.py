"""A module of simple operations, executors that run it, and what tests ask of their tasks and processes."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cloud.training.executors.executor import Limits, Task, TaskOutcome
from cloud.training.executors.idle import IdleProcesses
from cloud.training.executors.local import LocalExecutor
from cloud.training.executors.task_data import TaskData

OPERATIONS = """
import os, signal, sys, tempfile, time
from pathlib import Path
import numpy as np
from cloud.training.executors.executor import Operations
from cloud.training.executors.task_data import TaskData

kept, held = [], []

def done(**document):
    return TaskData(document, {})

def meet(inputs, arguments, *, progress, collect):
    # Ends when another one has come to the same place: only if both run at once.
    place = Path(arguments["place"])
    (place / arguments["name"]).touch()
    while len(list(place.iterdir())) < 2:
        progress(1, 2)
        time.sleep(0.01)
    return done(pid=os.getpid())

def say(inputs, arguments, *, progress, collect):
    return done(pid=os.getpid(), environment={name: os.environ.get(name) for name in arguments["names"]})

def double(inputs, arguments, *, progress, collect):
    rows = inputs.floats("rows")
    doubled = collect((rows[begin : begin + 1000] * 2 for begin in range(0, len(rows), 1000)), rows.shape)
    arrays = {"doubled": doubled, "same": rows, "sum": rows.sum(axis=0)}
    return TaskData({"mapped": isinstance(rows, np.memmap)}, arrays)

def fail(inputs, arguments, *, progress, collect):
    raise ValueError("no such\\nthing")

def die(inputs, arguments, *, progress, collect):
    print("last line", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

def quit(inputs, arguments, *, progress, collect):
    sys.exit(7)

def hang(inputs, arguments, *, progress, collect):
    progress(3, 10)
    if "touched" in arguments:
        Path(arguments["touched"]).touch()
    time.sleep(600)

def run_out_of_memory(inputs, arguments, *, progress, collect):
    raise MemoryError(arguments["place"])

def beat(inputs, arguments, *, progress, collect):
    while True:
        progress(1, 10)
        time.sleep(0.01)

def leave_files(inputs, arguments, *, progress, collect):
    # As libraries do: a temporary file, a mapped input that somebody still holds, a line in the log.
    kept.append((inputs.floats("rows"), tempfile.TemporaryFile()))
    Path(tempfile.gettempdir(), "left").touch()
    print(arguments["say"], flush=True)
    return done(pid=os.getpid(), folder=tempfile.gettempdir(), variable=os.environ["TMPDIR"])

def grow(inputs, arguments, *, progress, collect):
    held.append(np.ones(arguments["mib"] << 20, np.uint8))
    return done(pid=os.getpid())

def rest():
    kept.clear()
    if "REST_FAILS" in os.environ:
        raise RuntimeError("no rest")

def prepare():
    if "PREPARATION_FAILS" in os.environ:
        raise RuntimeError("cannot be prepared")

def operations():
    all_of_them = (meet, say, double, fail, run_out_of_memory, die, quit, hang, beat, leave_files, grow)
    return Operations({operation.__name__: operation for operation in all_of_them}, prepare, rest)
"""

MakeExecutor = Callable[..., LocalExecutor]
NOTHING = TaskData({}, {})
PATIENT = Limits(deadline_s=600.0, silence_s=600.0)


@pytest.fixture
def make_executor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeExecutor]:
    """Return what makes executors of a module of simple operations; they are closed after the test."""
    (tmp_path / "simple.py").write_text(OPERATIONS)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]))
    made: list[LocalExecutor] = []

    def make(
        *,
        cores: int = 2,
        accelerators: tuple[str, ...] = (),
        limits: Limits = PATIENT,
        clock: Callable[[], float] = time.monotonic,
        temporary: Path | None = None,
        idle: IdleProcesses | None = None,
    ) -> LocalExecutor:
        folder, idle = tmp_path / str(len(made)), idle or IdleProcesses()
        stop = threading.Event()
        made.append(
            LocalExecutor("simple", folder, limits, accelerators, cores, stop, clock, temporary=temporary, idle=idle)
        )
        return made[-1]

    yield make
    for executor in made:
        executor.close()
        executor.idle.close()


def say(name: str, *names: str) -> Task:
    return Task(name, "say", {"names": names})


def answer(outcome: TaskOutcome) -> Any:
    """Return the document of a task that succeeded."""
    assert outcome.result is not None, outcome.summary
    return outcome.result.document


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until_gone(pid: int) -> bool:
    give_up = time.monotonic() + 60
    while is_alive(pid) and time.monotonic() < give_up:
        time.sleep(0.02)
    return not is_alive(pid)


def open_files(pid: int) -> list[str]:
    """Return every file that a process has open or mapped, with deleted ones."""
    process = Path(f"/proc/{pid}")
    mapped = [line.split(None, 5)[5] for line in (process / "maps").read_text().splitlines() if "/" in line]
    return [str(path.readlink()) for path in (process / "fd").iterdir()] + mapped
