"""Files: written so that they are there whole or not at all, and read within bounds.

::

    <file>
    .<file>.<16 hex>    one that is being written, locked (flock) from its first byte until it has its name

The kernel unlocks what a killed writer held, so what is unlocked is abandoned, but on a file system without locks.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from contract.documents import Fields, Json
from contract.errors import Impossible, Malformed, TooLarge
from contract.patterns import HEX64_PATTERN

_UNFINISHED = re.compile(r"\.(?P<file>.+)\.[0-9a-f]{16}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file named by what is in it."""

    sha256: str
    """64 lower-case hex digits."""
    size: int
    """In bytes."""

    @classmethod
    def of(cls, data: bytes) -> "FileRef":
        """Refer to `data`."""
        return cls(sha256=sha256_hex(data), size=len(data))

    @classmethod
    def parse(cls, fields: Fields, *, max_bytes: int) -> "FileRef":
        """Read a reference to a file of at most `max_bytes`."""
        size = fields.integer("size", low=1)
        if size > max_bytes:
            raise TooLarge(fields.place("size"), expected=f"at most {max_bytes} bytes", got=f"{size} bytes")
        return cls(sha256=fields.name("sha256", HEX64_PATTERN), size=size)

    def document(self) -> dict[str, Json]:
        """Write the reference as the contract's JSON."""
        return {"sha256": self.sha256, "size": self.size}

    def check(self, data: bytes, *, where: str) -> None:
        """Refuse `data` that is not the file referred to.

        Raises:
            Impossible: another size or another hash.
        """
        _check_same(self, FileRef.of(data), where=where)


def atomic_write(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write `data` to `path` so that readers, after a kill at any instant too, find the old file or the new one.

    What killed writers of the same file left goes with it.

    Raises:
        OSError: nothing at `path` has changed, unless only the last flush of the folder failed.
    """
    with unfinished(path, data, mode=mode) as temporary:
        temporary.replace(path)
    remove_unfinished(path.parent, of=path.name)
    flush_folder(path.parent)


@contextlib.contextmanager
def unfinished(path: Path, data: bytes, *, mode: int = 0o644) -> Iterator[Path]:
    """Write a flushed file beside `path` under a name of its own, which is gone after the block.

    Raises:
        OSError: it cannot be written.
    """
    temporary, descriptor = _create_locked(path, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def remove_unfinished(folder: Path, *, of: str | None = None) -> None:
    """Remove what killed writers left in a folder, of one file or of all; a living writer's stays.

    What cannot be removed stays too: it costs room and nothing else.
    """
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            name = _UNFINISHED.fullmatch(path.name)
            if name and of in (None, name["file"]):
                with contextlib.suppress(OSError):  # in use, swept by another process, or another user's
                    remove_abandoned(path)


def remove_abandoned(path: Path) -> None:
    """Remove a file that nobody has locked.

    Raises:
        BlockingIOError: its writer lives.
        OSError: it cannot be removed.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
    finally:
        os.close(descriptor)


def flush_folder(folder: Path) -> None:
    """Make what was created, renamed or removed in `folder` survive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_bounded(path: Path, max_bytes: int) -> bytes:
    """Read a whole file of at most `max_bytes`.

    Raises:
        TooLarge: it is larger; at most one byte more than the bound was read.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise TooLarge(str(path), expected=f"at most {max_bytes} bytes", got="more")
    return data


def read_checked(path: Path, expected: FileRef) -> bytes:
    """Read a whole file and refuse it if it is not the one referred to.

    Raises:
        Malformed: there is no such file.
        TooLarge: it is larger; at most one byte more than the size expected was read.
        Impossible: a smaller size, or another hash.
        OSError: it cannot be read.
    """
    check_is_file(path)
    data = read_bounded(path, expected.size)
    expected.check(data, where=str(path))
    return data


def check_file(path: Path, expected: FileRef) -> None:
    """Refuse a file that is not the one referred to, without holding it in memory.

    Raises:
        Malformed: there is no such file.
        Impossible: another size or another hash.
    """
    check_size(path, expected)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    _check_same(expected, FileRef(digest, expected.size), where=str(path))


def check_size(path: Path, expected: FileRef) -> None:
    """Refuse a file of another size than that of the one referred to, without reading it.

    Raises:
        Malformed: there is no such file.
        Impossible: another size.
    """
    check_is_file(path)
    size = path.stat().st_size
    if size != expected.size:
        raise Impossible(str(path), expected=f"{expected.size} bytes", got=f"{size} bytes")


def check_is_file(path: Path) -> None:
    """Refuse a path without a file; one that links to a file is fine.

    Raises:
        Malformed: there is no file.
    """
    if not path.is_file():
        raise Malformed(str(path), expected="a file", got="none")


def sha256_hex(data: bytes | memoryview) -> str:
    """Hash `data`: 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def _check_same(expected: FileRef, got: FileRef, *, where: str) -> None:
    if got.size != expected.size:
        raise Impossible(where, expected=f"{expected.size} bytes", got=f"{got.size} bytes")
    if got.sha256 != expected.sha256:
        raise Impossible(where, expected=f"sha256 {expected.sha256}", got=got.sha256)


def _create_locked(path: Path, mode: int) -> tuple[Path, int]:
    """Make a file beside `path` that nobody sweeps; return its path and descriptor. Raises `OSError`."""
    while True:
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with contextlib.suppress(OSError):  # without locks nobody sweeps either
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if temporary.exists():  # it was swept before it was locked otherwise
            return temporary, descriptor
        os.close(descriptor)
