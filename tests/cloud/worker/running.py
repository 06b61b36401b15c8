"""A worker as a process, as an operator runs it: starting it, reading its lines, finding its processes."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cloud.settings import Settings

PATIENCE_S = 120.0
"""Far more than anything here takes, for a machine that has much else to do."""


def processes_of(pid: int) -> list[int]:
    """The processes that a worker has started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if (
            int(parent) == pid
            and state != "Z"
            and b"cloud.training.executors.process_main" in command_of(int(stat.parent.name))
        ):
            found.append(int(stat.parent.name))
    return found


def trainers_of(pid: int) -> list[int]:
    return [process for process in processes_of(pid) if b"cloud.training.trainer" in command_of(process)]


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def wait_for(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < give_up, "it never came to pass"
        time.sleep(0.02)


def all_gone(pids: list[int]) -> bool:
    return not any(command_of(pid) for pid in pids)


def environment(settings: Settings) -> dict[str, str]:
    """What tells a process of a store, a state folder, and how often to look."""
    own = {"FEDEX_STORE": settings.store, "FEDEX_STATE": str(settings.state), "FEDEX_POLL_S": f"{settings.poll_s:.1f}"}
    return {**os.environ, **own}


@contextmanager
def running_worker(settings: Settings, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """`fedex-cloud worker` with a store and a state folder, ended with the block; its lines go to `log`."""
    with log.open("ab") as lines:
        command = [sys.executable, "-m", "cloud.cli", "worker"]
        process = subprocess.Popen(command, env=environment(settings), stderr=lines)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def lines_of(log: Path) -> list[str]:
    return [json.loads(line)["message"] for line in log.read_text().splitlines()] if log.is_file() else []
