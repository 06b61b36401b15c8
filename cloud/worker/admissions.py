"""Which pools are to be looked at because an operator decided about devices or labels of their group."""

from __future__ import annotations

import math
from collections.abc import Set
from dataclasses import dataclass

from cloud.dataset import pointer as dataset_pointer
from cloud.store import keys
from cloud.store.keys import Pool
from cloud.store.listing import names_under
from cloud.store.store import ObjectStore

LOOK_EVERY_S = 30.0


@dataclass(slots=True)
class AdmissionWatch:
    """What was decided in all groups, as it was at the last look."""

    _seen: Set[str] | None = None
    """`<group>/<device or label>`; None before the first look, at which a worker looks at every pool in any case."""
    _next_look: float = -math.inf

    def pools(self, store: ObjectStore, *, clock: float) -> list[Pool]:
        """List the pools of groups in which something else is decided now, by two LISTs every `LOOK_EVERY_S`.

        `clock` is a reading of one monotonic clock. Where the store fails here, the next look finds the same;
        what was returned is not found again.
        """
        if clock < self._next_look:
            return []
        found = frozenset([*names_under(store, keys.EXCLUDED), *names_under(store, keys.ALLOWED)])
        changed = {name.partition("/")[0] for name in found ^ self._seen} if self._seen is not None else set()
        pools = [pool for pool in dataset_pointer.pools(store) if pool.group in changed] if changed else []
        self._seen, self._next_look = found, clock + LOOK_EVERY_S
        return pools
