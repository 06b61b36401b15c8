"""Outputs that appear whole: the only home of how an export replaces what an earlier one wrote.

    OUT/.partial-<process>-<random>/    everything is written here first, then each entry is renamed into OUT

A killed export leaves such a folder; the next one removes it.
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
    """A new folder; when the block ends well, its entries replace those of the same names in `out`.

    Raises:
        OSError: `out` cannot be written; said before the block begins.
    """
    out.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(out)
    staging = out / f"{PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
    staging.mkdir()
    try:
        yield staging
        for entry in sorted(staging.iterdir()):
            _replace(entry, out / entry.name)
        flush_folder(out)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _replace(new: Path, place: Path) -> None:
    """A folder cannot be renamed over a full one: the old one moves away first, and for an instant there is none."""
    if place.is_dir():
        place.rename(new.parent / f"{PREFIX}{secrets.token_hex(4)}")
    new.rename(place)


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
