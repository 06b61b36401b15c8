"""Which measurements there are, and how each is taken, in a process of its own.

A measurement is a module of `bench.measure` with `measure(work)`, which returns rows; `work` is a folder that all
measurements of one run share.
"""

import importlib
from concurrent.futures import BrokenExecutor
from pathlib import Path

from bench.isolated import in_fresh_process
from bench.measure.bundles import ExportFailed
from bench.row import BenchRow, NotMeasured
from demo.errors import DemoError

NAMES = (
    "prefix",
    "inference",
    "faces",
    "upload",
    "service",
    "polling",
    "stored",
    "large-pools",
    "kept",
    "training",
    "rivals",
    "backends",
    "cluster",
    "deeper",
    "latency",
    "cycles",
    "end-to-end",
)
BY_NAME = ("paper-cycle", "android")
"""Measurements that are taken only when they are named: one takes the whole machine for ten minutes, one needs Java."""


def module_of(name: str) -> str:
    """Return the module of a measurement."""
    return f"bench.measure.{name.replace('-', '_')}"


def take(name: str, *, work: Path) -> list[BenchRow | NotMeasured]:
    """Return the rows of a measurement; one that cannot be taken here is left out, with its reason."""
    try:
        return in_fresh_process(_measure, name, work)
    except (ExportFailed, DemoError, BrokenExecutor) as error:
        return [NotMeasured(name, str(error))]


def _measure(name: str, work: Path) -> list[BenchRow | NotMeasured]:
    rows: list[BenchRow | NotMeasured] = importlib.import_module(module_of(name)).measure(work)
    return rows
