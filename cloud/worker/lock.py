"""The claim on a worker's state folder: one worker at a time.

::

    <state>/worker.lock    locked (flock) while a worker lives; the kernel unlocks it however the worker dies
"""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from cloud import state_folder
from cloud.errors import SettingError

LOCK_FILE = "worker.lock"


@contextlib.contextmanager
def claimed(state: Path) -> Iterator[None]:
    """Hold the state folder, made if it does not exist, for this process alone while the block runs.

    Others than its owner are kept out of it, and what a killed worker was writing is swept.

    Raises:
        SettingError: another process holds it, or it cannot be used.
    """
    try:
        state_folder.make(state)
        file = (state / LOCK_FILE).open("ab")
    except OSError as error:
        raise SettingError(f"FEDEX_STATE: expected a folder that the worker may write to, got {error}") from error
    with file:
        _lock(file.fileno(), state)
        state_folder.scratch(state)
        state_folder.sweep(state)
        yield


def _lock(descriptor: int, state: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SettingError(
            f"FEDEX_STATE: expected a folder of one worker alone, got {state}, which a worker is using: stop that first"
        ) from None
    except OSError as error:
        raise SettingError(f"FEDEX_STATE: expected a folder whose files can be locked, got {state}: {error}") from error
