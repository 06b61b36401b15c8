"""Measurements in processes of their own, and what becomes of these when Ctrl-C or SIGTERM comes."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.isolated import FailedThere, in_fresh_process

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import subprocess
import sys
from bench.isolated import in_fresh_process
from contract.command_line import run
from demo.running.process_guard import guarded

def measure():
    sleep = guarded([sys.executable, "-c", "import time; time.sleep(60)"])
    service = subprocess.Popen(sleep, stderr=subprocess.DEVNULL)  # in measurements it is a file
    print("measuring", flush=True)
    service.wait()

def main():
    in_fresh_process(measure)

if __name__ == "__main__":
    run(main)
"""


PLAYING = """
import time
from bench.learning.processes import side_by_side
from contract.command_line import run

def play(seconds):
    print("measuring", flush=True)
    time.sleep(seconds)

def main():
    list(side_by_side(play, [60], processes=1))

if __name__ == "__main__":
    run(main)
"""


INTERRUPTED = """
import signal
import sys
import time
from bench.isolated import in_fresh_process
from contract.command_line import run

def interrupt(*_):
    raise KeyboardInterrupt

def measure():
    signal.signal(signal.SIGTERM, interrupt)
    print("measuring", flush=True)
    time.sleep(60)

def main():
    in_fresh_process(measure)

if __name__ == "__main__":
    run(main)
"""


class Unsendable(Exception):
    """It cannot be made again from its message."""

    def __init__(self, *, why: str) -> None:
        super().__init__(why)


def fail(*, sendable: bool) -> None:
    raise ValueError("no count") if sendable else Unsendable(why="no count")


def test_what_a_measurement_raises_is_raised_here() -> None:
    with pytest.raises(ValueError, match=r"^no count$"):
        in_fresh_process(fail, sendable=True)


def test_what_cannot_be_sent_is_told_in_words() -> None:
    """It looked like a process that was terminated abruptly."""
    with pytest.raises(FailedThere, match=r"^Unsendable: no count$"):
        in_fresh_process(fail, sendable=False)


@contextlib.contextmanager
def measuring(folder: Path, program: str = PROGRAM) -> Iterator["subprocess.Popen[str]"]:
    """A bench that measures, in a session of its own; whatever is left of it is ended."""
    (folder / "program.py").write_text(program)
    with subprocess.Popen(
        [sys.executable, str(folder / "program.py")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as bench:
        assert bench.stdout is not None
        assert bench.stdout.readline() == "measuring\n"
        try:
            yield bench
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(bench.pid, signal.SIGKILL)


@pytest.mark.parametrize("interrupt", [os.killpg, os.kill], ids=["in a terminal", "of the bench alone"])
def test_ctrl_c_ends_a_measurement_quietly(tmp_path: Path, interrupt: Callable[[int, int], None]) -> None:
    """Its process showed a traceback, or was waited for to its end."""
    with measuring(tmp_path) as bench:
        interrupt(bench.pid, signal.SIGINT)
        _, told = bench.communicate(timeout=30)
    assert (bench.returncode, told) == (130, "")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent has ended")
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize(
    "program",
    [PROGRAM, PLAYING, INTERRUPTED],
    ids=["a measurement and its service", "jobs side by side", "a measurement that takes the signal for an interrupt"],
)
def test_what_was_started_ends_with_the_bench(tmp_path: Path, ending: signal.Signals, program: str) -> None:
    """SIGTERM to the command alone left all to go on: each of them holds the pipe that is read to its end here."""
    with measuring(tmp_path, program) as bench:
        bench.send_signal(ending)
        bench.communicate(timeout=30)
    assert bench.returncode == -ending
