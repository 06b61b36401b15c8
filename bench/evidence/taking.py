"""Exhibits are taken one after another, each in a fresh process; what is kept already is not taken again."""

from __future__ import annotations

import importlib
import os
import platform
import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from bench.evidence.errors import CannotMeasure
from bench.evidence.exhibit import Exhibit, Run, Size
from bench.evidence.kept import Kept, read_kept, write_kept
from bench.evidence.row import EvidenceRow
from bench.isolated import in_fresh_process


@dataclass(frozen=True, slots=True)
class Folders:
    """Where things are kept; `bench.evidence.kept` draws it."""

    build: Path
    docs: Path


def load_exhibit(package: str, name: str) -> Exhibit:
    """Return the exhibit of this name."""
    exhibit: Exhibit = importlib.import_module(f"{package}.{name.replace('-', '_')}").EXHIBIT
    return exhibit


def take_all(
    package: str, names: Sequence[str], *, anew: bool, size: Size, folders: Folders, say: Callable[[str], None]
) -> list[str]:
    """Take what is not kept, or all `anew`; return a line for each that could not be taken here."""
    missing = []
    for name in names:
        path = folders.build / f"{name}.json"
        kept = None if anew else read_kept(path)
        if kept is not None and kept.size == size:
            say(f"       kept  {name} ({kept.date})")
        else:
            say(f"        ...  {name}")
            try:
                kept = _take(package, name, size, folders.build)
            except (CannotMeasure, BrokenExecutor) as error:
                missing.append(f"{name}: {error}")
                say(f"   left out  {name}: {error}")
                continue
            write_kept(kept, path)
            say(f"{kept.took_s:9.0f} s  {name}")
        if size is Size.FULL:
            write_kept(kept, folders.docs / "evidence" / f"{name}.json")
    return missing


def _take(package: str, name: str, size: Size, build: Path) -> Kept:
    work, raw = build / "work" / name, build / "raw" / name
    for folder in (work, raw):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    began = time.monotonic()
    rows = in_fresh_process(_measure, package, name, Run(size, work, raw, _say))
    date = datetime.now(UTC).date().isoformat()
    return Kept(name, size, date, machine(), time.monotonic() - began, tuple(rows))


def _measure(package: str, name: str, run: Run) -> Sequence[EvidenceRow]:
    return load_exhibit(package, name).measure(run)


def _say(line: str) -> None:
    """Tell how far an exhibit is; in the process that takes it."""
    click.echo(f"             {line}", err=True)


def machine(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Return the machine in a few words."""
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:  # not Linux
        lines = []
    model = next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine()
    )
    return f"{os.cpu_count()} cores, {model}"
