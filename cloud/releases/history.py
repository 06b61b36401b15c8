"""The history of a pool's releases: the chain of each channel, from what stands back, as far as it is kept.

Nobody is shown more than the newest `MAX_HISTORY` of a channel. Of those behind them some are kept for whoever reads a
chain while it grows; the others are swept (`cloud.releases.leftovers`).

Each payload names its parent's by its sha256, so that whatever one reaches from a signed payload was signed too, if
the payloads are what their names say; that is checked as they are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import islice

from cloud.errors import Damaged, NothingToDo
from cloud.releases import registry, stored
from cloud.releases.current import CurrentRelease
from cloud.releases.kept import Link
from cloud.releases.registry import Registry
from cloud.releases.stored import Release
from cloud.store import keys
from cloud.store.documents import reading
from cloud.store.keys import Pool
from cloud.store.store import ObjectStore
from contract.files import sha256_hex
from contract.history import DEFAULT_HISTORY, MAX_HISTORY, ReleaseSummary
from contract.manifest import Manifest
from contract.rollout import PARTS


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

    @property
    def link(self) -> Link:
        """What decides which files are kept."""
        manifest = self.manifest
        return Link(
            sha256=self.sha256,
            serial=manifest.serial,
            publication=self.release.publication,
            is_for_all=manifest.rollout is None or manifest.rollout.share == PARTS,
            heads=tuple(sorted(head.file.sha256 for head in manifest.heads.values())),
        )


def chain(
    store: ObjectStore, pool: Pool, current: CurrentRelease, *, limit: int = MAX_HISTORY
) -> Iterator[PastRelease]:
    """Read the newest releases of a channel, from the current one back: one read each.

    Raises:
        NotFound: one is gone.
        Damaged: one is not what its name says.
    """
    return islice(_all(store, pool, sha256_hex(current.envelope.payload)), limit)


def read_past(store: ObjectStore, pool: Pool, sha256: str) -> PastRelease:
    """Read a release of a chain by its name. Raises as `chain` does."""
    release = stored.get_release(store, pool, sha256)
    key = keys.release(pool, sha256)
    if release.sha256 != sha256:
        raise Damaged(f"{key}: expected the payload that it is named by, got {release.sha256}")
    with reading(key):
        return PastRelease(sha256, release, Manifest.parse(release.payload))


def links(store: ObjectStore, pool: Pool, current: CurrentRelease, *, limit: int = MAX_HISTORY) -> Iterator[Link]:
    """Read the same, and no more of each than what decides which files are kept. Raises as `chain` does."""
    return (past.link for past in chain(store, pool, current, limit=limit))


def find(store: ObjectStore, pool: Pool, current: CurrentRelease, *, serial: int) -> PastRelease:
    """Find a release of a channel by its serial, among the newest.

    Raises:
        NothingToDo: none of them has it.
        NotFound, Damaged: as for `chain`.
    """
    for past in chain(store, pool, current):
        if past.manifest.serial == serial:
            return past
    where = f"{pool.path} {current.manifest.channel}"
    raise NothingToDo(f"{where}: expected the serial of a release, as `releases list` shows it, got {serial}")


def history(store: ObjectStore, pool: Pool, *, limit: int = DEFAULT_HISTORY) -> tuple[ReleaseSummary, ...]:
    """Sum up the releases of all channels, newest first. Raises as `newest` does."""
    return tuple(one.summary for one in newest(store, pool, registry.read(store, pool), limit=limit))


def newest(store: ObjectStore, pool: Pool, current: Registry, *, limit: int) -> Iterator[PastRelease]:
    """Read the releases of all channels, newest first: as many reads as releases, and one or two more.

    Raises as `chain` does.
    """
    chains = (chain(store, pool, one) for one in current.channels.values())
    return islice(merge(*chains, key=lambda one: (one.manifest.issued, one.manifest.serial), reverse=True), limit)


def _all(store: ObjectStore, pool: Pool, sha256: str | None) -> Iterator[PastRelease]:
    while sha256 is not None:
        past = read_past(store, pool, sha256)
        yield past
        sha256 = past.manifest.parent
