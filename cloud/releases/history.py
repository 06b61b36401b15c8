"""The history of a pool's releases: the chain of each channel, from what stands back to the first.

Each payload names its parent's by its sha256, so that whatever one reaches from a signed payload was signed too, if
the payloads are what their names say; that is checked as they are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import islice

from cloud.errors import Damaged, NothingToDo
from cloud.releases import registry
from cloud.releases.registry import CurrentRelease, Release
from cloud.store import keys
from cloud.store.documents import reading
from cloud.store.keys import Pool
from cloud.store.store import ObjectStore
from contract.files import sha256_hex
from contract.history import DEFAULT_HISTORY, ReleaseSummary
from contract.manifest import Manifest


@dataclass(frozen=True, slots=True)
class PastRelease:
    """A release of a chain, that which stands included."""

    sha256: str
    """The release's name."""
    release: Release
    manifest: Manifest

    @property
    def summary(self) -> ReleaseSummary:
        """What the history tells of it."""
        return ReleaseSummary.of(self.manifest, release=self.sha256, report=self.release.report)


def chain(store: ObjectStore, pool: Pool, current: CurrentRelease) -> Iterator[PastRelease]:
    """Read the releases of a channel, from the current one back to its first: one read each.

    Raises:
        NotFound: one is gone.
        Damaged: one is not what its name says.
    """
    sha256: str | None = sha256_hex(current.envelope.payload)
    while sha256 is not None:
        past = read_past(store, pool, sha256)
        yield past
        sha256 = past.manifest.parent


def read_past(store: ObjectStore, pool: Pool, sha256: str) -> PastRelease:
    """Read a release of a chain by its name. Raises as `chain` does."""
    release = registry.get_release(store, pool, sha256)
    key = keys.release(pool, sha256)
    if release.sha256 != sha256:
        raise Damaged(f"{key}: expected the payload that it is named by, got {release.sha256}")
    with reading(key):
        return PastRelease(sha256, release, Manifest.parse(release.payload))


def find(store: ObjectStore, pool: Pool, current: CurrentRelease, *, serial: int) -> PastRelease:
    """Find a release of a channel by its serial.

    Raises:
        NothingToDo: none has it.
        NotFound, Damaged: as for `chain`.
    """
    for past in chain(store, pool, current):
        if past.manifest.serial == serial:
            return past
    where = f"{pool.path} {current.manifest.channel}"
    raise NothingToDo(f"{where}: expected the serial of a release, as `releases list` shows it, got {serial}")


def history(store: ObjectStore, pool: Pool, *, limit: int = DEFAULT_HISTORY) -> tuple[ReleaseSummary, ...]:
    """List the releases of all channels, newest first: as many reads as releases, and one or two more.

    Raises as `chain` does.
    """
    chains = (summaries(store, pool, current) for current in registry.read(store, pool).channels.values())
    newest_first = merge(*chains, key=lambda summary: (summary.issued, summary.serial), reverse=True)
    return tuple(islice(newest_first, limit))


def summaries(store: ObjectStore, pool: Pool, current: CurrentRelease) -> Iterator[ReleaseSummary]:
    """Sum up the releases of a channel, newest first. Raises as `chain` does."""
    return (one.summary for one in chain(store, pool, current))
