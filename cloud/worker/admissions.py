"""Which pools are to be looked at because an operator decided about devices or labels of their group."""

from __future__ import annotations

import math
from collections.abc import Set
from dataclasses import dataclass, field

from cloud.store import keys
from cloud.store.keys import Pool
from cloud.store.listing import KeyWalk
from cloud.store.pools import pools_of
from cloud.store.store import MAX_LISTED, ObjectStore

LOOK_EVERY_S = 30.0


def _walks() -> list[KeyWalk]:
    return [KeyWalk(keys.EXCLUDED), KeyWalk(keys.ALLOWED)]


@dataclass(slots=True)
class AdmissionWatch:
    """What was decided in all groups, as it was at the last round of looks.

    A round is one look, of two LISTs, for each thousand decisions, and one more round begins every `LOOK_EVERY_S`.
    """

    page: int = MAX_LISTED
    """How many decisions of a kind are listed at a look."""
    _seen: Set[str] | None = None
    """`<group>/<device or label>`; None before the first round, of which a worker has nothing to compare with."""
    _found: set[str] = field(default_factory=set)
    """By the round under way."""
    _walks: list[KeyWalk] = field(default_factory=_walks)
    _next_look: float = -math.inf

    def pools(self, store: ObjectStore, *, clock: float) -> list[Pool]:
        """List the pools of groups in which something else is decided now.

        `clock` is a reading of one monotonic clock. Where the store fails here, the next look goes on; what was
        returned is not found again.
        """
        if clock < self._next_look:
            return []
        for walk in self._walks:
            self._found.update(walk.step(store, limit=self.page))
        if not all(walk.is_over for walk in self._walks):
            return []
        changed = {name.partition("/")[0] for name in self._found ^ self._seen} if self._seen is not None else set()
        pools = [pool for group in sorted(changed) for pool in pools_of(store, group, keys.DATASETS)]
        self._seen, self._found, self._walks = frozenset(self._found), set(), _walks()
        self._next_look = clock + LOOK_EVERY_S
        return pools
