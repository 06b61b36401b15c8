"""Outputs that appear whole: how an export replaces what an earlier one wrote.

    OUT/.partial-<process>-<random>/    everything is written here first, then each entry is renamed into OUT

A killed export leaves such a folder; the next one removes it. Each entry appears whole, and an error puts the old ones
back. A kill between two renames can leave entries of two exports beside each other, whose space ids then differ.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from contract.files import flush_folder

PREFIX = ".partial-"


@contextlib.contextmanager
def staged(out: Path) -> Iterator[Path]:
    """Yield a new folder; when the block ends well, its entries replace those of the same names in `out`.

    Raises:
        OSError: `out` cannot be written; said before the block begins.
    """
    out.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(out)
    staging = out / f"{PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
    staging.mkdir()
    try:
        yield staging
        _replace_all(sorted(staging.iterdir()), out)
        flush_folder(out)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _replace_all(entries: list[Path], out: Path) -> None:
    """Rename each entry into `out`; a folder cannot be renamed over a full one, so the old one moves away first."""
    moved: list[tuple[Path, Path]] = []
    try:
        for entry in entries:
            place = out / entry.name
            if place.is_dir():
                aside = entry.parent / f"{PREFIX}{secrets.token_hex(4)}"
                place.rename(aside)
                moved.append((aside, place))
            entry.rename(place)
    except OSError:
        for aside, place in reversed(moved):
            shutil.rmtree(place, ignore_errors=True)
            aside.rename(place)
        raise


def _remove_leftovers(out: Path) -> None:
    for leftover in out.glob(f"{PREFIX}*"):
        process = leftover.name.removeprefix(PREFIX).partition("-")[0]
        if not (process.isdecimal() and _lives(int(process))):
            shutil.rmtree(leftover, ignore_errors=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it lives, as somebody else's
    return True
