"""Renewal: a release that still stands at half of its life is signed anew, so that no device finds it expired.

So is, at once, one that a key before the worker's has signed: devices that enrol know the new key alone; and one of
another point of "unknown" than the operator's choice for its group: the head stays, its threshold is that point's.

::

    the same manifest, with the next serial, new times of issue and expiry, the threshold    signed
    the same report, weights and parent    registry/<pool>/releases/<sha256 of the new payload>
    the registry's pointer                 moved; what was trained or failed stays

What is renewed leaves its channel's chain, which stays as long as it was. Killed before the pointer moved, nothing
points at what was written; of two workers one moves it, and the other has lost a race.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from cloud.errors import Damaged
from cloud.releases import registry, stored
from cloud.releases.current import CurrentRelease
from cloud.releases.publish import AtPublishStep, PublishStep, time_of_issue
from cloud.releases.registry import Registry
from cloud.releases.signing import SigningKey
from cloud.store import keys
from cloud.store.documents import reading
from cloud.store.keys import Pool
from cloud.store.store import ObjectStore
from contract.callbacks import ignore
from contract.documents import Json, encode_json, parse_document
from contract.envelope import Envelope
from contract.manifest import MAX_ENVELOPE_BYTES, Manifest
from contract.unknown import Strictness, threshold_at


@dataclass(frozen=True, slots=True)
class Renewer:
    """Signs standing releases anew, with the worker's key."""

    store: ObjectStore
    key: SigningKey
    life_s: float
    """For how long a manifest counts as news."""
    at: AtPublishStep = ignore
    choice_of: Callable[[str], Strictness] | None = None
    """The operator's choice of a point for a group; None: the one that a release has."""

    def due(self, current: Registry) -> float | None:
        """Return when the first release of a registry wants to be renewed, Unix seconds; None where there is none.

        That is long ago where another key has signed it, or another point was chosen. Where the life of a manifest that
        would be signed now is shorter than the one that it has, it counts.
        """
        return min(map(self._due, current.channels.values()), default=None)

    def renew(self, pool: Pool, *, previous: Registry, now: float) -> Registry | None:
        """Renew the channels of a pool that are due; return None where there are none.

        The clock may have been anything before: times of issue never go back (`time_of_issue`), so what was issued by a
        clock that ran ahead is renewed half of a life after that time, and is valid until then.

        Raises:
            LostRace: the registry has moved; nothing points at what was written.
            Damaged: what stands there was never signed by this worker, who will not sign it now either.
            StoreError: as for `registry.repoint`.
        """
        due = {name: one for name, one in previous.channels.items() if self._due(one) <= now}
        if not due:
            return None
        issued = time_of_issue(pool, previous, int(now))
        envelopes = {
            name: self._sign(pool, one, serial=previous.next_serial(name), issued=issued) for name, one in due.items()
        }
        renewed = registry.repoint(self.store, pool, previous=previous, envelopes=envelopes)
        self.at(PublishStep.POINTER_SWAPPED)
        return renewed

    def _sign(self, pool: Pool, current: CurrentRelease, *, serial: int, issued: int) -> Envelope:
        """Keep the release under its new manifest, and sign that: nothing but what this worker has signed before."""
        if not self.key.vouches_for(current.envelope):
            where = f"{keys.registry_pointer(pool)}: release {current.release}"
            raise Damaged(f"{where}: expected a signature of this worker's key, got none that fits")
        release = stored.get_release(self.store, pool, current.release)
        payload = _renewed(
            current, serial=serial, issued=issued, expires=issued + int(self.life_s), threshold=self._threshold(current)
        )
        stored.put_release(self.store, pool, replace(release, payload=payload))
        self.at(PublishStep.RELEASE_WRITTEN)
        return self.key.sign(payload)

    def _due(self, current: CurrentRelease) -> float:
        if not self.key.has_signed(current.envelope):
            return -math.inf
        manifest = current.manifest
        if self._threshold(current) != manifest.threshold:
            return 0.0
        return half_life(manifest.issued, manifest.expires, life_s=self.life_s)

    def _threshold(self, current: CurrentRelease) -> float:
        """Return the threshold of the chosen point; where the bundle's head serves, what its bundle says counts."""
        manifest = current.manifest
        choice = self.choice_of(manifest.group) if self.choice_of and manifest.heads else None
        return threshold_at(choice, threshold=manifest.threshold, points=manifest.points)


def half_life(issued: int, expires: int, *, life_s: float) -> float:
    """Return when something signed wants to be renewed, where what would be signed now lives for `life_s`."""
    return issued + min(life_s, expires - issued) / 2


def _renewed(current: CurrentRelease, **changes: Json) -> bytes:
    """Write the manifest again, with what a later version has put into it."""
    where = f"the current release {current.release}"
    with reading(where):
        document = parse_document(current.envelope.payload, where=where, max_bytes=MAX_ENVELOPE_BYTES).as_json()
        payload = encode_json({**document, **changes})
        Manifest.parse(payload)
    return payload
