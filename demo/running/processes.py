"""The processes that the demo starts: each in its own group, with a log, and all stopped at the end.

None of them sees the terminal's Ctrl-C; each is stopped by its group, so that what it started itself ends with it. A
group is signalled only before its leader is reaped: until then its number cannot have become somebody else's. Should
the demo be killed before it could stop anything, each process's guard stops it (`demo.running.process_guard`).
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
from types import FrameType
from typing import IO

from demo.errors import DemoError, DiedEarly, TooSlow
from demo.running.process_guard import guarded

Group = subprocess.Popen[bytes]
CALL_TIMEOUT_S = 120.0
"""Of one command; longer ones say so."""
STOP_TIMEOUT_S = 10.0
LOOK_EVERY_S = 0.02
TAIL_LINES = 12
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class BackgroundProcess:
    """A process that is to go on until the demo ends."""

    name: str
    group: Group
    log: Path


@dataclass(slots=True)
class Processes:
    """The demo's processes. Threads may share one such object."""

    logs: Path
    """The folder that their output goes to."""
    _background: list[BackgroundProcess] = field(default_factory=list)
    _groups: set[Group] = field(default_factory=set)
    _stopping: bool = False
    _opening: bool = False
    _interrupted: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def log_of(self, name: str) -> Path:
        """Return where the output of a process goes."""
        return self.logs / f"{name}.log"

    def start(self, name: str, command: Sequence[str], *, environment: Mapping[str, str]) -> BackgroundProcess:
        """Start a process that is to go on; its output goes to `<name>.log`."""
        log = self.log_of(name)
        with log.open("ab") as sink, _holding("") as nothing:
            process = BackgroundProcess(
                name, self._open(command, environment, stdin=nothing, stdout=sink, stderr=sink), log
            )
        self._background.append(process)
        return process

    def pid_of(self, name: str) -> int:
        """Return the process id of what was started here by this name and goes on."""
        [pid] = [one.group.pid for one in self._background if one.name == name]
        return pid

    def end(self, name: str) -> None:
        """Stop the processes of one name that were started here, as an operator does; they may be started again."""
        for process in [one for one in self._background if one.name == name]:
            self._background.remove(process)
            self._close(process.group)

    def call(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        timeout_s: float,
        typed: str = "",
    ) -> str:
        """Run a process to its end and return its standard output; its standard error goes to `<name>.log`.

        `typed` is what it reads on its standard input.

        Raises:
            DiedEarly: it ended with another status than 0, or a background process has ended.
            TooSlow: it took longer than `timeout_s`.
        """
        log = self.log_of(name)
        with log.open("ab") as sink, _holding(typed) as question, _holding("") as answer:
            group = self._open(command, environment, stdin=question, stdout=answer, stderr=sink)
            try:
                in_time = _ends_within(timeout_s, group)
            finally:
                self._close(group)
            answer.seek(0)
            output = answer.read().decode()
        if not in_time:
            raise TooSlow(f"{name}: expected an end within {timeout_s:.0f} s, got none; see {log}")
        if group.returncode != 0:
            self.check()  # the end of another process explains more than what failed without it
            raise DiedEarly(name, code=group.returncode, log=log, tail=tail_of(log))
        return output

    def check(self) -> None:
        """Make sure that every background process is alive.

        Raises:
            DiedEarly: one has ended.
        """
        for process in self._background:
            if _has_ended(process.group):
                self._close(process.group)
                raise DiedEarly(process.name, code=process.group.returncode, log=process.log, tail=tail_of(process.log))

    def wait_until(self, happened: Callable[[], bool], *, what: str, timeout_s: float, every_s: float = 0.2) -> None:
        """Ask `happened` until it says yes, while every background process lives.

        Raises:
            DiedEarly: a background process has ended.
            TooSlow: it did not happen within `timeout_s`.
        """
        give_up = time.monotonic() + timeout_s
        while not happened():
            self.check()
            if time.monotonic() > give_up:
                raise TooSlow(f"expected {what} within {timeout_s:.0f} s, got nothing; see {self.logs}")
            time.sleep(every_s)

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal: raise KeyboardInterrupt once, and not while a process has started but is not yet known here.

        A second signal must not disturb the stopping; should somebody have swallowed the exception, `start` and `call`
        raise it again.
        """
        is_first, self._interrupted = not self._interrupted, True
        if is_first and not self._opening:
            raise KeyboardInterrupt

    def stop(self) -> None:
        """Stop every process that was started here, and refuse to start more. May be called again."""
        with self._lock:
            self._stopping = True
            groups = tuple(self._groups)
        for group in groups:
            self._signal(group, signal.SIGTERM)
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
        with self._lock, self._shielded():
            if self._stopping:
                raise DemoError(f"{command[0]}: not started, the demo is stopping")
            if self._interrupted:
                raise KeyboardInterrupt
            group = subprocess.Popen(
                guarded(command),
                env={**os.environ, **environment},
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
            self._groups.add(group)
        return group

    @contextlib.contextmanager
    def _shielded(self) -> Iterator[None]:
        """Put off an interrupt until the block is done; only the main thread ever gets one."""
        is_main = threading.current_thread() is threading.main_thread()
        self._opening = is_main
        try:
            yield
        finally:
            self._opening = False
        if is_main and self._interrupted:
            raise KeyboardInterrupt

    def _close(self, group: Group) -> None:
        """End a process and all of its group: asked first, killed after ten seconds. Several threads may ask."""
        self._signal(group, signal.SIGTERM)
        _ends_within(STOP_TIMEOUT_S, group)
        self._signal(group, signal.SIGKILL)
        with self._lock:
            group.wait()
            self._groups.discard(group)

    def _signal(self, group: Group, number: signal.Signals) -> None:
        with self._lock:
            if group.returncode is None:
                os.killpg(group.pid, number)


@contextlib.contextmanager
def running(logs: Path) -> Iterator[Processes]:
    """Yield processes that are stopped when the block ends, however it ends; SIGTERM and SIGHUP act as Ctrl-C does."""
    logs.mkdir(parents=True, exist_ok=True)
    processes = Processes(logs)
    before = {number: signal.signal(number, processes.interrupt) for number in ENDING_SIGNALS}
    try:
        yield processes
    finally:
        try:
            for number in ENDING_SIGNALS:
                signal.signal(number, signal.SIG_IGN)
        finally:
            processes.stop()
            for number, handler in before.items():
                signal.signal(number, handler)


def _holding(text: str) -> IO[bytes]:
    """Return a nameless file with some text, to be read from its beginning."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the caller's block closes it
    file.write(text.encode())
    file.seek(0)
    return file


def tail_of(log: Path) -> str:
    """Return the last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-TAIL_LINES:])


def _has_ended(group: Group) -> bool:
    """Tell whether the leader has ended; it is not reaped."""
    if group.returncode is not None:
        return True
    try:
        return os.waitid(os.P_PID, group.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:  # reaped by another thread a moment ago
        return True


def _ends_within(timeout_s: float, group: Group) -> bool:
    give_up = time.monotonic() + timeout_s
    while not _has_ended(group):
        if time.monotonic() > give_up:
            return False
        time.sleep(LOOK_EVERY_S)
    return True
