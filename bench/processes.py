"""What the processes that this one has started use, looked at a few times a second: memory and processor."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

LOOK_EVERY_S = 0.2
PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
OF_A_PROCESS = 2
"""Linux makes the clock of a process of its number and this (`CPUCLOCK_SCHED`; clock_getcpuclockid(3) computes it)."""


@dataclass(slots=True)
class Usage:
    """What one process used."""

    name: str
    own_mb: float = 0.0
    """Memory of its own at most: what is mapped from files is not among it."""
    resident_mb: float = 0.0
    """At most, with what it had mapped from files."""
    processor_s: float = 0.0


@dataclass(slots=True)
class ProcessWatch:
    """Watches this process and all that come of it; Linux alone."""

    by_pid: dict[int, Usage] = field(default_factory=dict)

    @property
    def processor_s(self) -> float:
        """Seconds of processor of all of them until now."""
        self.look()
        return sum(one.processor_s for one in self.by_pid.values())

    def most_by_name(self) -> dict[str, Usage]:
        """Return for each name the process that had most memory of its own."""
        most: dict[str, Usage] = {}
        for one in self.by_pid.values():
            if one.name not in most or one.own_mb > most[one.name].own_mb:
                most[one.name] = one
        return most

    def look(self) -> None:
        """Look at them once."""
        parents = {pid: _parent(pid) for pid in _pids()}
        for pid in parents:
            if _comes_of(pid, os.getpid(), parents):
                self._look_at(pid)

    def _look_at(self, pid: int) -> None:
        try:
            seconds = own_processor(pid)
            status = dict(line.split(":", 1) for line in (PROC / str(pid) / "status").read_text().splitlines())
            name = _name((PROC / str(pid) / "cmdline").read_bytes())
        except (OSError, ValueError):  # it has ended meanwhile
            return
        usage = self.by_pid.setdefault(pid, Usage(name))
        usage.name = "the worker" if pid == os.getpid() else name or usage.name
        usage.own_mb = max(usage.own_mb, _megabytes(status.get("RssAnon", "0")))
        usage.resident_mb = max(usage.resident_mb, _megabytes(status.get("VmHWM", "0")))
        usage.processor_s = seconds


@contextmanager
def watched() -> Iterator[ProcessWatch]:
    """Watch for as long as the block."""
    watch, done = ProcessWatch(), threading.Event()

    def look() -> None:
        while not done.wait(LOOK_EVERY_S):
            watch.look()

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        done.set()
        thread.join()


def own_processor(pid: int) -> float:
    """Return the seconds of processor of a process and all its threads, those that have ended too, to the nanosecond.

    `/proc/PID/stat` has them in ticks of 10 ms, in which what a process does for one request is nothing.

    Raises:
        OSError: there is no such process any more.
    """
    return time.clock_gettime(~pid << 3 | OF_A_PROCESS)


def processor_of_tree(root: int) -> float:
    """Return the seconds of processor of a process and all that come of it; Linux alone.

    Those that have ended and were waited for count, in ticks of 10 ms, and those that nobody waited for do not.
    """
    parents = {pid: _parent(pid) for pid in _pids()}
    return sum(_seconds_with_children(pid) for pid in parents if _comes_of(pid, root, parents))


def _seconds_with_children(pid: int) -> float:
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        return own_processor(pid) + sum(int(ticks) for ticks in fields[13:15]) / TICKS
    except OSError:  # it has ended meanwhile
        return 0.0


def _pids() -> list[int]:
    return [int(path.name) for path in PROC.iterdir() if path.name.isdigit()]


def _parent(pid: int) -> int:
    try:
        return int((PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError):
        return 0


def _comes_of(pid: int, ancestor: int, parents: dict[int, int]) -> bool:
    while pid > 1:
        if pid == ancestor:
            return True
        pid = parents.get(pid, 0)
    return False


def _name(command: bytes) -> str:
    """Return the module of operations that a process of a cycle runs, or "another"; nothing of one that is ending."""
    words = command.decode(errors="replace").split("\0")
    modules = [word for word in words if word.startswith("cloud.training.") and "process_main" not in word]
    return modules[0].rpartition(".")[2] if modules else "another" if command else ""


def _megabytes(text: str) -> float:
    return int(text.split()[0]) * 1024 / 1e6
