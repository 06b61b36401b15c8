"""The only home of the processes that the demo starts: each in its own group, with a log, and all stopped at the end.

A child never sees the terminal's Ctrl-C; it is stopped by its group, so that what it started itself ends with it.
"""

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from demo.errors import DemoError, DiedEarly, TooSlow

Group = subprocess.Popen[bytes]
STOP_TIMEOUT_S = 10.0
TAIL_LINES = 12
ENDING_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Child:
    """A process that is to go on until the demo ends."""

    name: str
    group: Group
    log: Path


@dataclass(slots=True)
class Processes:
    """The demo's processes; `logs` is the folder that their output goes to. Threads may share one."""

    logs: Path
    _children: list[Child] = field(default_factory=list)
    _groups: set[Group] = field(default_factory=set)
    _stopping: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, name: str, command: Sequence[str], *, environment: Mapping[str, str]) -> Child:
        """Start a process that is to go on; its output goes to `<name>.log`."""
        log = self.logs / f"{name}.log"
        with log.open("ab") as sink, _holding("") as nothing:
            child = Child(name, self._open(command, environment, stdin=nothing, stdout=sink, stderr=sink), log)
        self._children.append(child)
        return child

    def call(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        timeout_s: float,
        said: str = "",
    ) -> str:
        """Run a process to its end and return its standard output; its standard error goes to `<name>.log`.

        `said` is what it reads on its standard input.

        Raises:
            DiedEarly: it ended with another status than 0, or a child has ended.
            TooSlow: it took longer than `timeout_s`.
        """
        log = self.logs / f"{name}.log"
        with log.open("ab") as sink, _holding(said) as question, _holding("") as answer:
            group = self._open(command, environment, stdin=question, stdout=answer, stderr=sink)
            try:
                group.wait(timeout_s)
            except subprocess.TimeoutExpired:
                raise TooSlow(f"{name}: expected an end within {timeout_s:.0f} s, got none; see {log}") from None
            finally:
                self._close(group)
            answer.seek(0)
            output = answer.read().decode()
        if group.returncode != 0:
            self.check()  # a child's death explains more than what failed without it
            raise DiedEarly(name, code=group.returncode, log=log, tail=tail_of(log))
        return output

    def check(self) -> None:
        """Make sure that every child is alive.

        Raises:
            DiedEarly: one has ended.
        """
        for child in self._children:
            code = child.group.poll()
            if code is not None:
                raise DiedEarly(child.name, code=code, log=child.log, tail=tail_of(child.log))

    def wait_until(self, happened: Callable[[], bool], *, what: str, timeout_s: float, every_s: float = 0.2) -> None:
        """Ask `happened` until it says yes, while every child lives.

        Raises:
            DiedEarly: a child has ended.
            TooSlow: it did not happen within `timeout_s`.
        """
        give_up = time.monotonic() + timeout_s
        while not happened():
            self.check()
            if time.monotonic() > give_up:
                raise TooSlow(f"expected {what} within {timeout_s:.0f} s, got nothing; see {self.logs}")
            time.sleep(every_s)

    def stop(self) -> None:
        """Stop every process that was started here, and refuse to start more. May be called again."""
        with self._lock:
            self._stopping = True
            groups = tuple(self._groups)
        for group in groups:
            _signal(group, signal.SIGTERM)
        for group in groups:
            self._close(group)

    def _open(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        stdin: IO[bytes],
        stdout: IO[bytes],
        stderr: IO[bytes],
    ) -> Group:
        with self._lock:
            if self._stopping:
                raise DemoError(f"{command[0]}: not started, the demo is stopping")
            group = subprocess.Popen(
                command,
                env={**os.environ, **environment},
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
            self._groups.add(group)
        return group

    def _close(self, group: Group) -> None:
        """End a process and all of its group: asked first, killed after ten seconds."""
        _signal(group, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):  # it had its time
            group.wait(STOP_TIMEOUT_S)
        _signal(group, signal.SIGKILL)
        group.wait()
        with self._lock:
            self._groups.discard(group)


@contextlib.contextmanager
def running(logs: Path) -> Iterator[Processes]:
    """Processes that are stopped when the block ends, however it ends; SIGTERM and SIGHUP end it as Ctrl-C does."""
    logs.mkdir(parents=True, exist_ok=True)
    processes = Processes(logs)
    before = {name: signal.signal(name, signal.default_int_handler) for name in ENDING_SIGNALS}
    try:
        yield processes
    finally:
        impatience = signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave processes behind
        processes.stop()
        for name, handler in {**before, signal.SIGINT: impatience}.items():
            signal.signal(name, handler)


def _holding(text: str) -> IO[bytes]:
    """Return a nameless file with some text, to be read from its beginning."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the caller's block closes it
    file.write(text.encode())
    file.seek(0)
    return file


def tail_of(log: Path) -> str:
    """Return the last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-TAIL_LINES:])


def _signal(group: Group, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):  # all of the group has ended
        os.killpg(group.pid, number)
