"""Exhibits are taken one after another, each in a fresh process; what is kept already is not taken again."""

from __future__ import annotations

import importlib
import os
import platform
import shutil
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from bench.evidence.errors import CannotMeasure, NotReadable
from bench.evidence.exhibit import Exhibit, Run, Size
from bench.evidence.kept import Kept, read_kept, write_kept
from bench.evidence.other_work import OtherWork, beside
from bench.evidence.row import EvidenceRow
from bench.evidence.versions import commit, versions
from bench.isolated import in_fresh_process
from demo.real_data import DATA


@dataclass(frozen=True, slots=True)
class Folders:
    """Where things are kept; `bench.evidence.kept` draws it."""

    build: Path
    docs: Path

    def kept(self, name: str) -> Path:
        """Return where the last measurement of an exhibit is kept."""
        return self.build / f"{name}.json"

    def shown(self, name: str) -> Path:
        """Return where that is kept from which the page is made."""
        return self.docs / "evidence" / f"{name}.json"


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
        try:
            kept = None if anew else _kept(name, size, folders, say)
            kept = kept or _take_and_keep(package, name, size, folders, say)
            if size is Size.FULL:
                _show(kept, folders.shown(name), say)
        except Exception as error:  # whatever becomes of one, the others are taken
            reason = _reason(error, folders.build / "raw" / name)
            missing.append(f"{name}: {reason}")
            say(f"   left out  {name}: {reason}")
    return missing


def _kept(name: str, size: Size, folders: Folders, say: Callable[[str], None]) -> Kept | None:
    """Return what is kept at this size, or None where it is to be taken."""
    try:
        kept = read_kept(folders.kept(name))
    except NotReadable as error:
        say(f"      again  {name}: {error}")
        return None
    if kept is None or kept.size != size:
        return None
    say(f"       kept  {name} ({kept.date})")
    return kept


def _take_and_keep(package: str, name: str, size: Size, folders: Folders, say: Callable[[str], None]) -> Kept:
    say(f"        ...  {name}")
    kept = _take(package, name, size, folders.build)
    write_kept(kept, folders.kept(name))
    say(f"{kept.took_s:9.0f} s  {name}")
    return kept


def _show(kept: Kept, shown: Path, say: Callable[[str], None]) -> None:
    """Put it where the page is made from, but not drawn people in place of real ones, nor an older day's figures."""
    try:
        before = read_kept(shown)
    except NotReadable:  # nothing to spare
        before = None
    if before is not None and before.is_of_real_people and not kept.is_of_real_people:
        say(f"  not shown  {kept.name}: {shown} is of real people, and this is of drawn ones: set {DATA}")
    elif before is not None and before.date > kept.date:
        say(f"  not shown  {kept.name}: {shown} is of {before.date}, and this of {kept.date}: measure it anew")
    else:
        write_kept(kept, shown)


def _reason(error: Exception, raw: Path) -> str:
    """Return one line; what nobody foresaw is kept whole in a file beside the raw results."""
    if isinstance(error, CannotMeasure | BrokenExecutor):
        return str(error)
    log = raw / "failure.txt"
    first = f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("".join(traceback.format_exception(error)))
    except OSError:  # as the disk is full, which may be the failure itself
        return first
    return f"{first} ({log})"


def _take(package: str, name: str, size: Size, build: Path) -> Kept:
    work, raw = build / "work" / name, build / "raw" / name
    for folder in (work, raw):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    code, installed = commit(), versions()
    began, others = time.monotonic(), OtherWork()
    rows = in_fresh_process(_measure, package, name, Run(size, work, raw, _say))
    date, where = datetime.now(UTC).date().isoformat(), beside(machine(), others.cores())
    return Kept(name, size, date, where, time.monotonic() - began, tuple(rows), code, installed)


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
