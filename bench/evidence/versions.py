"""What code a measurement was taken with: the commit of the checkout, and the versions of what does the work.

PyTorch and Flower have Pythons of their own, which are asked.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.measure.torch_python import TORCH
from bench.peers.flower_environment import PYTHON as FLOWERS

DISTRIBUTIONS: Mapping[str, Sequence[str]] = {
    "TensorFlow": ("tensorflow", "tensorflow-cpu"),
    "JAX": ("jax",),
    "PyTorch": ("torch",),
    "Flower": ("flwr",),
}
"""Each by the names that it is installed under."""
ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 60.0
_ASK = """
import json, sys
from importlib.metadata import distributions
installed = {one.name.lower().replace("_", "-"): one.version for one in reversed([*distributions()]) if one.name}
print(json.dumps({name: installed[name] for name in sys.argv[1:] if name in installed}))
"""


def commit(checkout: Path = ROOT) -> str:
    """Return the commit, with "changed" where the code differs from it (documents may); "" where none is known."""
    try:
        return _commit(checkout)
    except (OSError, subprocess.SubprocessError):  # no git, or no checkout
        return ""


def versions(pythons: Sequence[str] = ()) -> dict[str, str]:
    """Return the versions of what is installed, by its name.

    Args:
        pythons: those that are asked, the first that has something decides; else this one and those of the rivals.
    """
    found: dict[str, str] = {}
    for python in pythons or (sys.executable, os.environ.get(TORCH, ""), str(FLOWERS)):
        found = _installed(python) | found
    return {name: found[one] for name, ones in DISTRIBUTIONS.items() for one in ones if one in found}


def _commit(checkout: Path) -> str:
    git = ["git", "-C", str(checkout)]
    asked = subprocess.run(
        [*git, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=True, timeout=TIMEOUT_S
    )
    same = subprocess.run([*git, "diff", "--quiet", "HEAD", "--", ":/", ":(top,exclude)docs"], timeout=TIMEOUT_S)
    return asked.stdout.strip() + (", changed" if same.returncode else "")


def _installed(python: str) -> dict[str, str]:
    names = [one for ones in DISTRIBUTIONS.values() for one in ones]
    try:
        done = subprocess.run(
            [python, "-c", _ASK, *names], capture_output=True, text=True, check=True, timeout=TIMEOUT_S
        )
        installed: dict[str, str] = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):  # there is no such Python here
        return {}
    return installed
