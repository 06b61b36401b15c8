"""The interface of an object store, whatever keeps the objects, and what every store promises.

Every write is atomic: readers see all of the old object or all of the new one, and a write that returned survives a
crash. Conditions are checked and acted on in one step. ETags are opaque and differ where contents differ; equal
contents may have equal ETags, so a writer who must notice A-B-A writes something random (`cloud.store.pointer`).

Every method may raise `Unavailable` (it did not happen), and every writing one `Uncertain` (it may have happened).
"""

from __future__ import annotations

import builtins
import re
from dataclasses import dataclass
from typing import NamedTuple, Protocol

MAX_LISTED = 1000
MAX_KEY_LENGTH = 512

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")


class ByteRange(NamedTuple):
    """Bytes from `begin` up to but not including `end`; an end behind the object means up to its last byte."""

    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object, or a range of one, as it was read."""

    body: bytes
    """The bytes that were asked for."""
    etag: str
    """Empty for a range: no condition may use it."""
    size: int
    """Of the whole object, in bytes."""


@dataclass(frozen=True, slots=True)
class ObjectStat:
    """What a store says of an object without reading it."""

    size: int
    """In bytes."""


@dataclass(frozen=True, slots=True)
class ListedObject:
    """An object as a list shows it."""

    key: str
    size: int
    """In bytes."""
    modified: float
    """When it was written last, in Unix seconds of the store's clock; a copy of a store may have times of its own."""


class ObjectStore(Protocol):
    """Objects by key. Safe to use from several threads; processes open their own."""

    def prepare(self) -> None:
        """Make the folder or bucket that objects go to, unless it exists. Idempotent.

        Raises:
            StoreRefused: it cannot be made, or must not be used.
        """

    def put(self, key: str, body: bytes) -> str:
        """Write an object, replacing any that exists, and return its ETag."""

    def put_if_absent(self, key: str, body: bytes) -> str:
        """Write an object only if none exists under the key, and return its ETag.

        Raises:
            AlreadyExists: one exists; nothing was written.
        """

    def add(self, key: str, body: bytes) -> None:
        """Write an object only if none exists under the key, for a writer who needs no ETag.

        Raises:
            AlreadyExists: one exists; nothing was written.
        """

    def put_if_match(self, key: str, body: bytes, *, etag: str) -> str:
        """Replace the object only if it has this ETag, and return the new ETag.

        Raises:
            PreconditionFailed: it has another one, or does not exist; nothing was written.
        """

    def get(self, key: str, byte_range: ByteRange | None = None) -> StoredObject:
        """Read an object, or a range of it.

        Raises:
            NotFound: it does not exist.
            OutOfRange: it ends before the range begins.
        """

    def stat(self, key: str) -> ObjectStat:
        """Describe an object without reading it.

        Raises:
            NotFound: it does not exist.
        """

    def list(self, prefix: str, *, after: str = "", limit: int = MAX_LISTED) -> list[str]:
        """Return at most `limit` (1 to 1,000) keys that begin with `prefix` and are greater than `after`, in order."""

    def entries(self, prefix: str, *, after: str = "", limit: int = MAX_LISTED) -> builtins.list[ListedObject]:
        """List as `list` does, with size and time of each object."""

    def delete(self, key: str) -> None:
        """Remove an object if it exists. Idempotent; there is no conditional delete."""


def check_key(key: str) -> str:
    """Return `key` if it is valid: ASCII segments without a leading dot, joined by slashes, at most 512 characters.

    Raises:
        ValueError: it is not. Keys come from `cloud.store.keys`, so this is a bug in the calling code.
    """
    if len(key) > MAX_KEY_LENGTH or not _KEY.fullmatch(key):
        raise ValueError(f"expected a key of at most {MAX_KEY_LENGTH} plain characters, got {key[:80]!r}")
    return key


def check_limit(limit: int) -> int:
    """Return `limit` if `list` takes it.

    Raises:
        ValueError: it is not between 1 and 1,000.
    """
    if not 1 <= limit <= MAX_LISTED:
        raise ValueError(f"expected a limit from 1 to {MAX_LISTED}, got {limit}")
    return limit
