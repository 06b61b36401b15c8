"""The Python that has Flower: where it is, and how something is run by it, without a word to anybody outside."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.evidence.errors import CannotMeasure
from demo.running.process_guard import guarded
from demo.running.tools import TOOLS

FLOWER = Path(__file__).with_name("flower")
APP = FLOWER / "app"
PYTHON = TOOLS / "peers" / "bin" / "python"
TIMEOUT_S = 900.0


def flower_command(name: str) -> str:
    """Return the path of a command of the environment, as "python" or "flower-superlink".

    Raises:
        CannotMeasure: it is not there.
    """
    path = PYTHON.with_name(name)
    if not path.is_file():
        raise CannotMeasure(f"{path}: expected Flower's environment, got no such file: run `make peers-install`")
    return str(path)


def quiet_environment(home: Path) -> Mapping[str, str]:
    """Return variables beside our own: Flower sends nothing home, keeps its files in `home`, and takes one core.

    Where we look for modules must not be where its Python does.
    """
    return {
        "PYTHONPATH": "",
        "PATH": f"{PYTHON.parent}{os.pathsep}{os.environ['PATH']}",
        "FLWR_HOME": str(home),
        "FLWR_TELEMETRY_ENABLED": "0",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def run_flower(script: str, arguments: Sequence[str], *, home: Path) -> None:
    """Run a script of `flower/` to its end; what it prints goes to a log in `home`.

    Raises:
        CannotMeasure: Flower's environment is not there.
        RuntimeError: the script failed; the message ends with what it said.
    """
    home.mkdir(parents=True, exist_ok=True)
    command = [flower_command("python"), str(FLOWER / script), *arguments]
    done = subprocess.run(
        guarded(command),
        env={**os.environ, **quiet_environment(home)},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        cwd=home,
    )
    (home / f"{script}.log").write_text(done.stdout + done.stderr)
    if done.returncode != 0:
        raise RuntimeError(f"{script}: expected exit status 0, got {done.returncode}: {done.stderr[-2000:]}")
