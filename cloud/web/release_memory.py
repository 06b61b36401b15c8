"""What a web process remembers of releases, so that answering again costs a read of the pointer and no more.

Releases never change, so a summary is read and parsed once. The pointer is read for each answer, and parsed only where
its ETag is another one than the last time: nothing that is said is older than the store.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from heapq import merge
from itertools import islice
from typing import Generic, TypeVar

from cloud.errors import NotFound
from cloud.releases import registry
from cloud.releases.history import read_past
from cloud.releases.registry import Registry
from cloud.store import keys
from cloud.store.keys import Pool
from cloud.store.store import ObjectStore
from contract.files import sha256_hex
from contract.history import ReleaseSummary
from contract.manifest import Channel

MAX_POOLS = 1000
MAX_SUMMARIES = 4000
"""Of some 2 kB each."""

Name = TypeVar("Name")
Value = TypeVar("Value")


@dataclass(slots=True)
class _Recent(Generic[Name, Value]):
    """The values that were used last."""

    most: int
    _values: dict[Name, Value] = field(default_factory=dict)

    def get(self, name: Name) -> Value | None:
        value = self._values.pop(name, None)
        if value is not None:
            self._values[name] = value
        return value

    def keep(self, name: Name, value: Value) -> Value:
        while len(self._values) >= self.most:
            self._values.pop(next(iter(self._values)), None)
        self._values[name] = value
        return value


@dataclass(frozen=True, slots=True)
class SignedAnswer:
    """What a device is answered that asks for a release."""

    body: bytes
    """The envelope."""
    etag: str


@dataclass(frozen=True, slots=True)
class _Standing:
    """A registry, as it stood under one ETag of its pointer."""

    etag: str
    registry: Registry
    answers: Mapping[Channel, SignedAnswer]


@dataclass(slots=True)
class ReleaseMemory:
    """What one process remembers."""

    _standing: _Recent[Pool, _Standing] = field(default_factory=lambda: _Recent(MAX_POOLS))
    _summaries: _Recent[tuple[Pool, str], tuple[ReleaseSummary, str | None]] = field(
        default_factory=lambda: _Recent(MAX_SUMMARIES)
    )
    """With the release before."""

    def answer(self, store: ObjectStore, pool: Pool, channel: Channel) -> SignedAnswer | None:
        """Return the answer for a channel, None where it has no release. Raises as `registry.read` does."""
        standing = self._read(store, pool)
        return standing.answers.get(channel) if standing else None

    def history(self, store: ObjectStore, pool: Pool, *, limit: int) -> tuple[ReleaseSummary, ...]:
        """List the releases of all channels, newest first. Raises as `cloud.releases.history.history` does."""
        standing = self._read(store, pool)
        channels = standing.registry.channels.values() if standing else ()
        chains = (self._chain(store, pool, current.release) for current in channels)
        newest_first = merge(*chains, key=lambda summary: (summary.issued, summary.serial), reverse=True)
        return tuple(islice(newest_first, limit))

    def _read(self, store: ObjectStore, pool: Pool) -> _Standing | None:
        present = self._standing.get(pool)
        if present is not None:
            try:
                if store.get(keys.registry_pointer(pool)).etag == present.etag:
                    return present
            except NotFound:
                pass  # the registry says whether it was lost
        current = registry.read(store, pool)
        if current.pointer is None:
            return None
        bodies = {channel: one.envelope.encode() for channel, one in current.channels.items()}
        answers = {channel: SignedAnswer(body, sha256_hex(body)) for channel, body in bodies.items()}
        return self._standing.keep(pool, _Standing(current.pointer.etag, current, answers))

    def _chain(self, store: ObjectStore, pool: Pool, release: str | None) -> Iterator[ReleaseSummary]:
        while release is not None:
            known = self._summaries.get((pool, release))
            if known is None:
                past = read_past(store, pool, release)
                known = self._summaries.keep((pool, release), (past.summary, past.manifest.parent))
            summary, release = known
            yield summary
