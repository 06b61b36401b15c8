"""Measurements in processes of their own, and what becomes of these when Ctrl-C comes."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import time
from bench.isolated import in_fresh_process
from contract.command_line import run

def measure():
    print("measuring", flush=True)
    time.sleep(60)

def main():
    in_fresh_process(measure)

if __name__ == "__main__":
    run(main)
"""


@pytest.mark.parametrize("interrupt", [os.killpg, os.kill], ids=["in a terminal", "of the bench alone"])
def test_ctrl_c_ends_a_measurement_quietly(tmp_path: Path, interrupt: Callable[[int, int], None]) -> None:
    """Its process showed a traceback, or was waited for to its end."""
    (tmp_path / "program.py").write_text(PROGRAM)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, str(tmp_path / "program.py")],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as bench:
        assert bench.stdout is not None
        assert bench.stdout.readline() == "measuring\n"
        interrupt(bench.pid, signal.SIGINT)
        _, told = bench.communicate(timeout=30)
    assert (bench.returncode, told) == (130, "")
