"""A stored object as a file that is open for reading, so that libraries which know files can read and seek in it."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

from cloud.store.store import ByteRange, ObjectStore

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class StoredFile(io.RawIOBase):
    """An object of a store; each read is one GET of as many bytes as were asked for, and nothing is kept.

    Args:
        store: where it is.
        key: which one it is.
        size: its bytes in all, as `ObjectStore.stat` says.
    """

    def __init__(self, store: ObjectStore, key: str, *, size: int) -> None:
        self._store, self._key, self._size = store, key, size
        self._place = 0

    def readable(self) -> bool:
        """Return that it is."""
        return True

    def seekable(self) -> bool:
        """Return that it is."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Move to a place, and return it. Nothing is read."""
        begin = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}[whence]
        self._place = max(0, begin + offset)
        return self._place

    def tell(self) -> int:
        """Return the place that is read next."""
        return self._place

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read what fits and return how much that was; 0 at the end.

        Raises:
            StoreError: the store did not give it.
        """
        view = memoryview(buffer).cast("B")
        end = min(self._place + len(view), self._size)
        if end <= self._place:
            return 0
        body = self._store.get(self._key, ByteRange(self._place, end)).body
        view[: len(body)] = body
        self._place += len(body)
        return len(body)
