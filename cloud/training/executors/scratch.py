"""What a process has of a cycle besides its tasks: its log, its place for temporary files, memory that lies idle.

A file that is deleted stays on the disk for as long as a process holds it open. So a process that outlives a cycle lets
go of all of the cycle's files, and its log, which processes that it has started may still hold, is emptied.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import sys
import tempfile
from pathlib import Path

STDOUT, STDERR = 1, 2
_STATM = Path("/proc/self/statm")


def enter(*, log: str, temporary: str | None) -> None:
    """Print to a new log, and keep temporary files in another folder.

    Raises:
        OSError: the log cannot be made.
    """
    _print_to(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600))
    if temporary is not None:
        os.environ["TMPDIR"] = temporary
        tempfile.tempdir = temporary


def leave() -> None:
    """Empty the log, and print to nowhere. Temporary files still belong in the cycle's folder, which will be gone."""
    tempfile.tempdir = tempfile.gettempdir()  # kept: without it Python would look for another place, such as /tmp
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    with contextlib.suppress(OSError):  # no file: whoever runs this by hand
        os.ftruncate(STDOUT, 0)
    _print_to(os.open(os.devnull, os.O_WRONLY))


def give_memory_back() -> int:
    """Return idle memory to the system, where the C library can; return the bytes that are in use, or 0 if unknown.

    What Python holds after the end of a cycle, it holds for good: hundreds of thousands of objects, most of them of
    libraries, which the next collections need not look at again.
    """
    gc.collect()
    gc.freeze()
    with contextlib.suppress(OSError, AttributeError):  # musl and macOS have no such function
        ctypes.CDLL(None).malloc_trim(0)
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _print_to(descriptor: int) -> None:
    os.dup2(descriptor, STDOUT)
    os.dup2(descriptor, STDERR)
    os.close(descriptor)
