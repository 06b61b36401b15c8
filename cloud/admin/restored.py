"""After a restore: serials that are higher than all that devices may have seen since the back-up.

A device refuses a serial that is lower than one that it has seen, and takes an equal one for nothing new. How many
there were since the back-up nobody knows, but there were fewer than seconds: so the next ones begin at the time, and at
least `JUMP` above those of the back-up, whose clock may have been ahead.
"""

from __future__ import annotations

from dataclasses import dataclass

from cloud.admin.standing import StandingReleases, document_of
from cloud.releases import registry, space_lists, stored
from cloud.releases.decisions import Decided, Decision
from cloud.releases.space_lists import SpaceLister
from cloud.spaces import bundles
from cloud.store import keys
from cloud.store.keys import Pool
from cloud.store.pools import pools_with
from contract.manifest import Channel, Manifest

JUMP = 1_000_000
MAX_SERIAL = 1 << 52
"""Beyond it a serial is left as it is: a clock that is so far ahead would leave no room for those to come."""


@dataclass(frozen=True, slots=True)
class RestoredReleases(StandingReleases):
    """Signs what stands anew, in a store that was restored."""

    def run(self, decision: Decision) -> list[Manifest]:
        """Sign the releases of all pools and the lists of all groups anew; return the releases.

        No worker may run meanwhile. Killed at any step, the same again completes it, with higher serials yet.

        Raises:
            Damaged: something stands there that was not signed by this key, or a pointer is lost.
            StoreError: the store failed.
        """
        found = pools_with(self.store, keys.REGISTRIES, keys.DATASETS, keys.INBOX)
        signed = [manifest for pool in found for manifest in self._sign_pool(pool, decision)]
        lister = SpaceLister(self.store, self.key, self.life_s)
        registered = bundles.registered(self.store)
        for group in space_lists.groups(self.store):
            own = [pool.space for pool in found if pool.group == group]
            before = space_lists.read(self.store, group)
            to = _jump(before.spaces.serial if before else 0, decision.at)
            lister.raise_serial(group, registered=[*own, *registered], to=to, now=decision.at)
        return signed

    def _sign_pool(self, pool: Pool, decision: Decision) -> list[Manifest]:
        current = registry.read(self.store, pool)
        to = _jump(max(current.serials.values(), default=0), decision.at)
        registry.raise_serials(self.store, pool, previous=current, to=to)
        return [self._sign_channel(pool, channel, decision) for channel in current.channels]

    def _sign_channel(self, pool: Pool, channel: Channel, decision: Decision) -> Manifest:
        previous, current = self.current(pool, channel)
        release = stored.get_release(self.store, pool, current.release)
        what = [Decided.RESTORED]
        return self.sign(pool, previous, document_of(current), release, what=what, decision=decision)


def _jump(serial: int, now: int) -> int:
    """Return what the serials after a restore are above."""
    return min(max(serial + JUMP, now), max(serial, MAX_SERIAL))
