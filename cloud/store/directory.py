"""The directory store: objects as files below one folder of a local disk.

::

    <root>/<key>          an object; the key's slashes are folders
    <root>/.writing/      files that are not objects yet (`cloud.store.writing`)
    <root>/.locks/<nn>    one lock for each of 64 stripes of keys

A write goes to `.writing`, is flushed, and gets its name by rename or, where none may exist, by link; then the folder
is flushed. Whoever replaces or removes an object holds the lock of its stripe, so that comparing an ETag and
renaming are one step. Empty folders go with their last object, so that a list costs what is there. The folder must be
on a local disk: locks of network file systems are not to be trusted.

A write waits for the disk twice. Writes that wait at the same time share what the disk does, so a process with much to
write gives the store a `Wait` of several threads.

A file system without hard links or locks is refused when the store is prepared. One that cannot flush folders is used,
with a warning: an object is still all old or all new, whatever dies, but its name may not outlive a power cut.
"""

from __future__ import annotations

import builtins
import contextlib
import errno
import fcntl
import hashlib
import logging
import os
import secrets
import stat
import zlib
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from cloud.errors import (
    AlreadyExists,
    NotFound,
    OutOfRange,
    PreconditionFailed,
    StoreError,
    StoreFull,
    StoreRefused,
    StoreUnreachable,
    Unavailable,
    Uncertain,
    Unusable,
)
from cloud.store.key_walk import keys_with
from cloud.store.store import MAX_LISTED, ByteRange, ListedObject, ObjectStat, StoredObject, check_key, check_limit
from cloud.store.writing import WritingFolder

STRIPES = 64
ENTER_ATTEMPTS = 100

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NO_RIGHT = (errno.EACCES, errno.EPERM, errno.EROFS)
_NOT_SUPPORTED = (errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL)
_NO_LINKS = (*_NOT_SUPPORTED, errno.EPERM, errno.EMLINK, errno.EXDEV)
_NO_LOCKS = (*_NOT_SUPPORTED, errno.ENOLCK)

logger = logging.getLogger(__name__)


Wait = Callable[[Callable[[], None]], None]
"""Makes a call that waits for the disk, and returns or raises when it has."""


def wait_here(call: Callable[[], None]) -> None:
    """Make the call in this thread."""
    call()


class DirectoryStore:
    """An `ObjectStore` in a folder. Any number of processes may share it.

    Args:
        root: the folder.
        wait: where writes wait for the disk.
    """

    def __init__(self, root: Path, *, wait: Wait = wait_here) -> None:
        self._wait = wait
        self._root = root.absolute()
        self._writing = WritingFolder(self._root / ".writing")
        self._locks = self._root / ".locks"
        self._flushes_folders = True

    def __repr__(self) -> str:
        return f"dir:{self._root}"

    def prepare(self) -> None:
        """Make the folder. See `ObjectStore`."""
        try:
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._writing.path.mkdir(mode=0o700, exist_ok=True)
            self._locks.mkdir(mode=0o700, exist_ok=True)
            self._writing.sweep()
            self._check_locks()
            self._check_links()
            self._flush_folder(self._root)
        except OSError as error:
            refusal = StoreUnreachable if error.errno in _NO_ROOM else StoreRefused
            raise refusal(f"{self!r}: expected a folder that can be written, got {error.strerror}") from error

    def put(self, key: str, body: bytes) -> str:
        """See `ObjectStore`."""
        self._wait(lambda: self._put(key, body))
        return _etag(body)

    def put_if_absent(self, key: str, body: bytes) -> str:
        """See `ObjectStore`."""
        self.add(key, body)
        return _etag(body)

    def add(self, key: str, body: bytes) -> None:
        """See `ObjectStore`."""
        self._wait(lambda: self._add(key, body))

    def put_if_match(self, key: str, body: bytes, *, etag: str) -> str:
        """See `ObjectStore`."""
        self._wait(lambda: self._put_if_match(key, body, etag=etag))
        return _etag(body)

    def get(self, key: str, byte_range: ByteRange | None = None) -> StoredObject:
        """See `ObjectStore`."""
        try:
            with self._path(key).open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if byte_range is None:
                    body = file.read()
                    return StoredObject(body, _etag(body), size)
                if byte_range.begin >= size:
                    raise OutOfRange(key, begin=byte_range.begin)
                file.seek(byte_range.begin)
                return StoredObject(file.read(byte_range.end - byte_range.begin), "", size)
        except OSError as error:
            raise self._unreadable(key, error) from error

    def stat(self, key: str) -> ObjectStat:
        """See `ObjectStore`."""
        try:
            described = self._path(key).stat()
        except OSError as error:
            raise self._unreadable(key, error) from error
        if not stat.S_ISREG(described.st_mode):
            raise NotFound(key)
        return ObjectStat(described.st_size)

    def entries(self, prefix: str, *, after: str = "", limit: int = MAX_LISTED) -> builtins.list[ListedObject]:
        """See `ObjectStore`."""
        return [entry for key in self.list(prefix, after=after, limit=limit) if (entry := self._entry(key))]

    def list(self, prefix: str, *, after: str = "", limit: int = MAX_LISTED) -> list[str]:
        """See `ObjectStore`."""
        try:
            found = list(islice(keys_with(self._root, prefix, after), check_limit(limit)))
        except OSError as error:
            raise self._unreadable(prefix, error) from error
        if not found:
            self._check_present(prefix)
        return found

    def delete(self, key: str) -> None:
        """See `ObjectStore`."""
        path = self._path(key)
        try:
            with self._locked(key):
                path.unlink(missing_ok=True)
                self._flush_folder(self._prune(path.parent))
        except NotADirectoryError:
            return  # a file stands where the key has a folder: there is no such object
        except OSError as error:
            raise Uncertain(key, f"not surely removed: {error.strerror}") from error

    def _entry(self, key: str) -> ListedObject | None:
        """Describe an object, or return None if it was removed since it was listed."""
        try:
            described = self._path(key).stat()
        except OSError as error:
            unreadable = self._unreadable(key, error)
            if isinstance(unreadable, NotFound):
                return None
            raise unreadable from error
        return ListedObject(key, described.st_size, described.st_mtime)

    def _put(self, key: str, body: bytes) -> None:
        path = self._path(key)
        with self._written(key, body) as written, self._locked(key):
            self._enter(key, lambda: written.replace(path))

    def _add(self, key: str, body: bytes) -> None:
        path = self._path(key)
        if os.path.lexists(path):  # spares a write; the link below decides
            raise AlreadyExists(key)
        with self._written(key, body) as written:
            try:
                self._enter(key, lambda: path.hardlink_to(written))
            except FileExistsError:
                raise AlreadyExists(key) from None

    def _put_if_match(self, key: str, body: bytes, *, etag: str) -> None:
        path = self._path(key)
        with self._written(key, body) as written, self._locked(key):
            if not self._matches(key, etag):
                raise PreconditionFailed(key, etag=etag)
            self._enter(key, lambda: written.replace(path))

    def _check_links(self) -> None:
        """Refuse a file system on which no object could get its name only where none has it."""
        with self._writing.file(b"") as file:
            name = self._writing.path / secrets.token_hex(16)
            try:
                name.hardlink_to(file)
            except OSError as error:
                self._refuse_without(error, _NO_LINKS, "hard links")
                raise
            finally:
                name.unlink(missing_ok=True)

    def _check_locks(self) -> None:
        """Refuse a file system on which comparing an object and replacing it would not be one step."""
        try:
            with self._locked(""):
                pass
        except OSError as error:
            self._refuse_without(error, _NO_LOCKS, "file locks (flock)")
            raise

    def _refuse_without(self, error: OSError, lacking: tuple[int, ...], what: str) -> None:
        if error.errno in lacking:
            refusal = f"{self!r}: expected a file system with {what}, got one without: {error.strerror}"
            raise StoreRefused(refusal) from error

    def _flush_folder(self, folder: Path) -> None:
        """Flush a folder, as far as its file system knows how; say once where it does not."""
        try:
            _flush_folder(folder)
        except OSError as error:
            if error.errno not in _NOT_SUPPORTED:
                raise
            if self._flushes_folders:
                self._flushes_folders = False
                logger.warning(
                    "%r: expected a file system that flushes folders, got one that does not (%s): "
                    "what is acknowledged may not outlive a power cut",
                    self,
                    error.strerror,
                )

    def _unreadable(self, key: str, error: OSError) -> StoreError:
        if isinstance(error, FileNotFoundError | NotADirectoryError | IsADirectoryError):
            self._check_present(key)
            return NotFound(key)
        kind = Unusable if error.errno in _NO_RIGHT else Unavailable
        return kind(key, f"cannot be read: {error.strerror}")

    def _check_present(self, key: str) -> None:
        """Raise `Unavailable` without the store's folder: an unmounted disk must not look like an empty store."""
        if not self._locks.is_dir():
            raise Unavailable(key, f"cannot be read: {self._root} is not there")

    def _path(self, key: str) -> Path:
        return self._root / check_key(key)

    @contextlib.contextmanager
    def _written(self, key: str, body: bytes) -> Iterator[Path]:
        """Write a file of this content that is no object yet, gone after the block."""
        try:
            with self._writing.file(body) as path:
                yield path
        except OSError as error:  # no object was named yet: _enter raises its own errors
            raise _unwritten(key, error) from error

    @contextlib.contextmanager
    def _locked(self, key: str) -> Iterator[None]:
        """Hold the lock of this key's stripe against all threads and processes for the block."""
        stripe = zlib.crc32(key.encode()) % STRIPES
        descriptor = os.open(self._locks / f"{stripe:02}", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _enter(self, key: str, give_name: Callable[[], object]) -> None:
        """Give the object its name, and flush the folder that now holds it."""
        folder = self._path(key).parent
        for attempt in range(ENTER_ATTEMPTS):
            self._make_folder(folder)
            try:
                give_name()
                break
            except FileNotFoundError:  # another process pruned the empty folder in between
                if attempt == ENTER_ATTEMPTS - 1:
                    raise
        try:
            self._flush_folder(folder)
        except OSError as error:
            raise Uncertain(key, f"written, but its folder was not flushed: {error.strerror}") from error

    def _make_folder(self, folder: Path) -> None:
        """Make a folder of the store, and flush each parent that gained one."""
        if folder.is_dir():
            return
        self._make_folder(folder.parent)
        with contextlib.suppress(FileExistsError, FileNotFoundError):  # made, or its parent pruned, by another process
            folder.mkdir(mode=0o700)
            self._flush_folder(folder.parent)

    def _prune(self, folder: Path) -> Path:
        """Remove folders that became empty, up to the root, and return the first that stays."""
        while folder != self._root:
            try:
                folder.rmdir()
            except FileNotFoundError:
                pass  # another process pruned it
            except OSError:
                break  # it holds something
            folder = folder.parent
        return folder

    def _matches(self, key: str, etag: str) -> bool:
        try:
            return _etag(self._path(key).read_bytes()) == etag
        except (FileNotFoundError, NotADirectoryError):
            return False


def _etag(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _flush_folder(folder: Path) -> None:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return  # pruned by another process, which flushes the folder above
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unwritten(key: str, error: OSError) -> StoreError:
    if error.errno in _NO_ROOM:
        return StoreFull(key, f"not written: {error.strerror}")
    kind = Unusable if error.errno in (*_NO_RIGHT, *_NOT_SUPPORTED) else Unavailable
    return kind(key, f"not written: {error.strerror}")
