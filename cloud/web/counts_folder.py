"""The folder in which the web processes of one server count: made before they are, and gone with the server.

::

    fedex-metrics-<pid of the server>-<random>/    in memory where the system has a folder for that

What a killed server left goes when the next one starts.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

from cloud.errors import SettingError

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The library's own variable: set before it is loaded, for it looks then, and inherited by the web processes."""

_MEMORY_FOLDER = Path("/dev/shm")
_PREFIX = "fedex-metrics"
_NAME = re.compile(rf"{_PREFIX}-(?P<pid>[0-9]{{1,9}})-\w+")


def make_counts_folder() -> Path:
    """Make the folder, and let the library know of it.

    Raises:
        SettingError: there is no place for it.
    """
    place = _MEMORY_FOLDER if _MEMORY_FOLDER.is_dir() else Path(tempfile.gettempdir())
    try:
        _sweep(place)
        folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}-{os.getpid()}-", dir=place))
    except OSError as error:
        raise SettingError(f"TMPDIR: expected a folder for files that may be written, got {error}") from error
    os.environ[SHARED_FOLDER] = str(folder)
    return folder


def _sweep(place: Path) -> None:
    """Remove what servers left that live no more."""
    for path in place.glob(f"{_PREFIX}-*"):
        match = _NAME.fullmatch(path.name)
        if match and not _lives(int(match["pid"])):
            shutil.rmtree(path, ignore_errors=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
