"""The files of a directory store that are no objects yet, and what becomes of those whose writer was killed.

::

    <root>/.writing/<random>    locked (flock) from its first byte until it has become an object

The kernel unlocks what a killed writer held, so what is unlocked is abandoned. A living writer's file is unlocked in
the moment between its creation and its lock; where it was swept by then, its writer makes another one.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from contract.files import remove_abandoned

SWEPT_EVERY_S = 600.0


class WritingFolder:
    """The folder of these files. Safe to use from several threads and processes.

    Args:
        path: the folder.
        clock: seconds, by which it is swept now and then.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = path
        self._clock = clock
        self._swept_at = clock()

    @contextlib.contextmanager
    def file(self, body: bytes) -> Iterator[Path]:
        """Write a flushed file of this content, which has lost this name after the block.

        Raises:
            OSError: it cannot be written.
        """
        self._sweep_now_and_then()
        path, descriptor = self._locked()
        try:
            _write(descriptor, body)
            os.fsync(descriptor)
            yield path
        finally:
            path.unlink(missing_ok=True)
            os.close(descriptor)

    def _locked(self) -> tuple[Path, int]:
        """Make a file that nobody sweeps; return its path and descriptor.

        Raises:
            OSError: it cannot be made, or not be locked.
        """
        while True:
            path = self.path / secrets.token_hex(16)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            except OSError:
                path.unlink(missing_ok=True)
                os.close(descriptor)
                raise
            if os.fstat(descriptor).st_nlink:
                return path, descriptor
            os.close(descriptor)

    def sweep(self) -> None:
        """Remove what killed writers left, to the last file.

        Raises:
            OSError: the folder cannot be read.
        """
        self._swept_at = self._clock()
        for path in self.path.iterdir():
            with contextlib.suppress(OSError):  # in use, swept by another process, or another user's
                remove_abandoned(path)

    def _sweep_now_and_then(self) -> None:
        if self._clock() - self._swept_at >= SWEPT_EVERY_S:
            self.sweep()


def _write(descriptor: int, body: bytes) -> None:
    view = memoryview(body)
    while view:
        view = view[os.write(descriptor, view) :]
