"""The leases of a worker: a pool that it works on is its alone, and so is what one worker alone may do.

Where the worker before did not give a pool back, it may be stopped and wake up again. So its follower writes its own
fence into the pool's pointers, before anything else: whatever the other one had read of them loses its race from then
on, and what it reads now refuses it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from cloud.dataset import pointer as dataset_pointer
from cloud.errors import Damaged
from cloud.releases import registry
from cloud.store import keys
from cloud.store.keys import Pool
from cloud.store.lease import Held, Leases
from cloud.store.store import ObjectStore


@dataclass(frozen=True, slots=True)
class PoolLeases:
    """What a worker takes, and gives back."""

    store: ObjectStore
    leases: Leases

    @contextlib.contextmanager
    def of(self, pool: Pool) -> Iterator[Held]:
        """Hold a pool while the block runs.

        Raises:
            Busy: another worker holds it.
            LostRace: the worker before wakes up at this moment.
            Damaged, StoreError: as for `Leases.take`.
        """
        held = self.leases.take(keys.lease(pool), floor=lambda: self._highest(pool))
        if held.follows_dead:
            try:
                self._raise_fences(pool, held.fence)
            except Exception:  # whoever is next has to do it
                self.leases.drop(held)
                raise
        with self.leases.giving_back(held):
            yield held

    @contextlib.contextmanager
    def duty(self, name: str) -> Iterator[Held]:
        """Hold a duty while the block runs. Raises as `of` does."""
        with self.leases.giving_back(self.leases.take(keys.duty(name))) as held:
            yield held

    def _highest(self, pool: Pool) -> int:
        fences = [0]
        with contextlib.suppress(Damaged):
            fences.append(dataset_pointer.read(self.store, pool)[0].fence)
        with contextlib.suppress(Damaged):
            fences.append(registry.read(self.store, pool).fence)
        return max(fences)

    def _raise_fences(self, pool: Pool, fence: int) -> None:
        """Tell the pointers of a fence; nobody can write what cannot be read."""
        has_dataset = False
        with contextlib.suppress(Damaged):
            has_dataset = dataset_pointer.raise_fence(self.store, pool, fence)
        if has_dataset:
            with contextlib.suppress(Damaged):
                registry.raise_fence(self.store, pool, fence)
