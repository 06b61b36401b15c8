"""The only home of which measurements there are, and of taking each in a process of its own.

A measurement is a module with `measure(work)`, which returns rows; `work` is a folder that all of one run share.
"""

import importlib
from concurrent.futures import BrokenExecutor
from pathlib import Path

from bench.isolated import in_fresh_process
from bench.measure.bundles import ExportFailed
from bench.row import LeftOut, Row
from demo.errors import DemoError

NAMES = ("prefix", "inference", "upload", "training", "road")


def take(name: str, *, work: Path) -> list[Row | LeftOut]:
    """Return the rows of a measurement; one that cannot be taken here is left out, with its reason."""
    try:
        return in_fresh_process(_measure, name, work)
    except (ExportFailed, DemoError, BrokenExecutor) as error:
        return [LeftOut(name, str(error))]


def _measure(name: str, work: Path) -> list[Row | LeftOut]:
    rows: list[Row | LeftOut] = importlib.import_module(f"bench.{name}").measure(work)
    return rows
