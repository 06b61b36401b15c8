"""Measurements in processes of their own, and what becomes of these when Ctrl-C or SIGTERM comes."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import subprocess
import sys
from bench.isolated import in_fresh_process
from contract.command_line import run
from demo.running.process_guard import guarded

def measure():
    service = subprocess.Popen(guarded([sys.executable, "-c", "import time; time.sleep(60)"]))
    print("measuring", flush=True)
    service.wait()

def main():
    in_fresh_process(measure)

if __name__ == "__main__":
    run(main)
"""


@contextlib.contextmanager
def measuring(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """A bench that measures, in a session of its own; whatever is left of it is ended."""
    (folder / "program.py").write_text(PROGRAM)
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
def test_a_measurement_and_its_service_end_with_the_bench(tmp_path: Path, ending: signal.Signals) -> None:
    """SIGTERM to the command alone left both to go on: each of them holds the pipe that is read to its end here."""
    with measuring(tmp_path) as bench:
        bench.send_signal(ending)
        bench.communicate(timeout=30)
    assert bench.returncode == -ending
