"""Erasing what was trained on a pool's samples: every release is withdrawn, and what held them is deleted.

::

    1  one release without heads for each channel    the bundle's head serves; it withdraws all before it, and has no
                                                     parent: its history begins anew
    2  the registry's pointer                        names the erasure; nothing was trained: a cycle is due
    3  releases and objects that nothing names       deleted

Killed before 2, nothing points at what was written; after it, 3 is found by looking. An operator may decide of the pool
beside it, whose release is written before the pointer moves to it: a serial above the pointer's says that it may.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass

from cloud.errors import Damaged, NotFound
from cloud.releases import registry, stored
from cloud.releases.bundle_head import describe_bundle_head
from cloud.releases.current import CurrentRelease
from cloud.releases.history import chain
from cloud.releases.publish import time_of_issue
from cloud.releases.registry import Registry
from cloud.releases.signing import SigningKey
from cloud.releases.stored import Release
from cloud.store import keys
from cloud.store.documents import reading
from cloud.store.keys import Pool
from cloud.store.listing import keys_under
from cloud.store.pools import pools_under
from cloud.store.store import ObjectStore
from contract.documents import encode_json, parse_document
from contract.envelope import Envelope
from contract.manifest import MAX_ENVELOPE_BYTES, Manifest

logger = logging.getLogger(__name__)

ERASURE = "erasure"
"""In the report of a release that was made by an erasure: its id."""


@dataclass(frozen=True, slots=True)
class ReleaseEraser:
    """Withdraws releases, with the worker's key."""

    store: ObjectStore
    key: SigningKey
    life_s: float
    """For how long a manifest counts as news."""

    def withdraw(self, pool: Pool, *, erasure: str, now: float, fence: int = 0) -> None:
        """Return all devices of a pool to the head of the bundle, and let the next cycle start from there. Idempotent.

        `fence` is that of a worker which holds the pool.

        Raises:
            Damaged: what stands there was not signed by this key.
            LostRace: the registry has moved, or is another worker's; nothing has changed.
            StoreError: the store failed.
        """
        previous = registry.read(self.store, pool)
        if previous.erasure == erasure:
            return
        issued = time_of_issue(pool, previous, int(now))
        envelopes = {
            channel: self._sign(pool, current, serial=previous.next_serial(channel), issued=issued, erasure=erasure)
            for channel, current in previous.channels.items()
        }
        registry.erase(self.store, pool, previous=previous, envelopes=envelopes, erasure=erasure, fence=fence)

    def sweep(self, pool: Pool) -> None:
        """Delete the releases of a pool that neither stand, nor stood before one that does, nor may yet. Idempotent.

        No pointer can move any more to a serial that it has passed. What has a higher one was written by somebody who
        had read the registry after the erasure, and may be about to move it.
        """
        current = registry.read(self.store, pool)
        named, prefix = self._named_releases(pool, current), keys.pool_releases(pool)
        for key in keys_under(self.store, prefix):
            sha256 = key.removeprefix(prefix)
            if sha256 not in named and not self._may_stand_yet(pool, sha256, current):
                self.store.delete(key)

    def sweep_objects(self, group: str) -> None:
        """Delete objects of a group that no release of it names. Idempotent; no cycle may be publishing meanwhile.

        What a release that cannot be read is made of goes too, unless it stands: nobody can return to it.
        """
        named = {sha256 for manifest in self._standing(group) for sha256 in _named_in(manifest)}
        named |= set(self._named_by_releases(group))
        prefix = keys.group_objects(group)
        for key in keys_under(self.store, prefix):
            if key.removeprefix(prefix).partition("/")[0] not in named:
                self.store.delete(key)

    def _sign(self, pool: Pool, current: CurrentRelease, *, serial: int, issued: int, erasure: str) -> Envelope:
        where = f"{keys.registry_pointer(pool)}: release {current.release}"
        if not self.key.vouches_for(current.envelope):
            raise Damaged(f"{where}: expected a signature of this worker's key, got none that fits")
        manifest = current.manifest
        with reading(where):
            before = parse_document(current.envelope.payload, where=where, max_bytes=MAX_ENVELOPE_BYTES).as_json()
            payload = encode_json(
                {
                    **before,
                    **describe_bundle_head(self.store, pool.space),
                    "serial": serial,
                    "issued": issued,
                    "expires": issued + int(self.life_s),
                    "parent": None,
                    "withdraws": manifest.withdraws.adding(1, manifest.serial).document(),
                }
            )
            Manifest.parse(payload)
        stored.put_release(self.store, pool, Release(payload, None, {ERASURE: erasure}, None, 0))
        return self.key.sign(payload)

    def _named_releases(self, pool: Pool, current: Registry) -> set[str]:
        """Name the releases that stand, and those before them, as far as these can be read."""
        named = {one.release for one in current.channels.values()}
        for one in current.channels.values():
            with contextlib.suppress(NotFound, Damaged):
                for past in chain(self.store, pool, one):
                    named.add(past.sha256)
        return named

    def _may_stand_yet(self, pool: Pool, sha256: str, current: Registry) -> bool:
        """Tell whether the registry can still be moved to a release that it does not name."""
        try:
            release = stored.get_release(self.store, pool, sha256)
            with reading(keys.release(pool, sha256)):
                manifest = Manifest.parse(release.payload)
        except (NotFound, Damaged):
            return False
        return manifest.serial >= current.next_serial(manifest.channel)

    def _named_by_releases(self, group: str) -> Iterator[str]:
        """Yield the hashes of the objects that the releases of a group are made of, as far as these can be read."""
        for key in keys_under(self.store, f"{keys.REGISTRIES}{group}/"):
            if key.endswith("/HEAD"):
                continue
            try:
                release = stored.get_release(self.store, keys.parse_pool(key), key.rpartition("/")[2])
                with reading(key):
                    manifest = Manifest.parse(release.payload)
            except (NotFound, Damaged) as error:
                logger.error("erasure: what it is made of goes: %s", error)
                continue
            yield from _named_in(manifest)
            if release.weights is not None:
                yield release.weights.sha256

    def _standing(self, group: str) -> Iterator[Manifest]:
        for pool in pools_under(self.store, f"{keys.REGISTRIES}{group}/", pool_of=keys.parse_pool):
            yield from (one.manifest for one in registry.read(self.store, pool).channels.values())


def _named_in(manifest: Manifest) -> Iterator[str]:
    """Yield the hashes of the objects that devices fetch."""
    yield manifest.labels.sha256
    yield from (head.file.sha256 for head in manifest.heads.values())
