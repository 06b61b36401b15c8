"""The only home of what an object store must do, whatever keeps the objects.

Every write is atomic: readers see all of the old object or all of the new one, and a write that returned survives a
crash. Conditions are checked and acted on in one step. ETags are opaque and differ where contents differ; equal
contents may have equal ETags, so a writer who must notice A-B-A writes something random (``cloud.store.pointer``).

Every method may raise ``Unavailable`` (it did not happen), and every writing one ``Uncertain`` (it may have happened).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple, Protocol

MAX_LISTED = 1000
MAX_KEY_LENGTH = 512

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")


class ByteRange(NamedTuple):
    """Bytes from ``begin`` up to but not including ``end``; an end behind the object means up to its last byte."""

    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Stored:
    """What came back: the bytes asked for, the ETag (empty for a range: no condition may use it), the whole size."""

    body: bytes
    etag: str
    size: int


@dataclass(frozen=True, slots=True)
class Meta:
    """An object without its bytes."""

    size: int


class ObjectStore(Protocol):
    """Objects by key. Safe to use from several threads; processes open their own."""

    def prepare(self) -> None:
        """Make the place where objects go, unless it is there. Idempotent.

        Raises:
            StoreRefused: it cannot be made, or must not be used.
        """

    def put(self, key: str, body: bytes) -> str:
        """Write, whatever is there, and return the ETag."""

    def put_if_absent(self, key: str, body: bytes) -> str:
        """Write only where nothing is, and return the ETag.

        Raises:
            AlreadyExists: something is there; nothing was written.
        """

    def put_if_match(self, key: str, body: bytes, *, etag: str) -> str:
        """Write only over the object with this ETag, and return the new ETag.

        Raises:
            PreconditionFailed: another object is there, or none; nothing was written.
        """

    def get(self, key: str, byte_range: ByteRange | None = None) -> Stored:
        """The object, or a range of it.

        Raises:
            NotFound: there is none.
            OutOfRange: it ends before the range begins.
        """

    def stat(self, key: str) -> Meta:
        """What can be said without reading it.

        Raises:
            NotFound: there is none.
        """

    def list(self, prefix: str, *, after: str = "", limit: int = MAX_LISTED) -> list[str]:
        """At most `limit` (1 to 1,000) keys that begin with `prefix` and are greater than `after`, in order."""

    def delete(self, key: str) -> None:
        """Remove, if it is there. Idempotent; there is no conditional delete."""


def check_key(key: str) -> str:
    """The key itself, if it is one: ASCII segments without dots in front, joined by slashes, at most 512 characters.

    Raises:
        ValueError: it is none. Keys come from ``cloud.store.keys``, so this is a bug in the calling code.
    """
    if len(key) > MAX_KEY_LENGTH or not _KEY.fullmatch(key):
        raise ValueError(f"expected a key of at most {MAX_KEY_LENGTH} plain characters, got {key[:80]!r}")
    return key


def check_limit(limit: int) -> int:
    """The limit itself, if a list may have it.

    Raises:
        ValueError: it is not between 1 and 1,000.
    """
    if not 1 <= limit <= MAX_LISTED:
        raise ValueError(f"expected a limit from 1 to {MAX_LISTED}, got {limit}")
    return limit
