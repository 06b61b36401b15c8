"""The Python that has PyTorch, where there is one: the only home of how it is found and run.

PyTorch is a rival, not a part of FEDEx, and takes gigabytes: it has an environment of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

TORCH = "FEDEX_BENCH_TORCH"
"""Names a Python that has PyTorch; without it, this one is asked."""


class NoTorch(Exception):
    """There is no such Python; the message says what came instead."""


def run_with_torch(module: str, *arguments: str) -> Any:
    """Run a module of the bench that needs PyTorch and numpy alone, and return the JSON that it prints.

    Raises:
        NoTorch: it did not end well.
    """
    python = os.environ.get(TORCH, sys.executable)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    try:
        done = subprocess.run([python, "-m", module, *arguments], env=environment, capture_output=True, text=True)
    except OSError as error:
        raise NoTorch(f"{TORCH}: expected a Python that has torch, got {error}") from error
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise NoTorch(f"{TORCH}: expected a Python that has torch, got {last}")
    return json.loads(done.stdout)
