"""Signs the first list of spaces of a group that an operator has just made, by adding a code for it.

The worker's sweeps find such a group too, but days later. This is done beside the worker's loop, which may train for
hours.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

from cloud.errors import LostRace
from cloud.identity import codes
from cloud.releases.space_lists import SpaceLister
from cloud.spaces.bundles import registered
from cloud.store import keys
from cloud.store.listing import KeyWalk, exists
from cloud.training.context import TrainingContext

LOOK_EVERY_S = 15.0
READ_A_LOOK = 50
"""Of new codes; while more are to be read, the next look comes as soon as it may."""


@dataclass(slots=True)
class NewGroups:
    """The codes that were seen, and with them the groups that have a list of spaces."""

    context: TrainingContext
    next_look: float
    """By a monotonic clock."""
    _seen: set[str] = field(default_factory=set)
    _found: set[str] = field(default_factory=set)
    """By the walk under way."""
    _walk: KeyWalk = field(default_factory=lambda: KeyWalk(keys.CODES))
    _new: list[str] = field(default_factory=list)
    """Codes that were found and not read."""

    def look(self, *, clock: float) -> None:
        """Sign a list for each group that has a new code and no list, by one LIST every `LOOK_EVERY_S` where none has.

        A thousand codes are listed at each look, and `READ_A_LOOK` new ones read.

        Raises:
            Damaged, StoreError: as for `SpaceLister.renew`; the next look goes on there.
        """
        if clock < self.next_look:
            return
        if not self._new:
            self.next_look = clock + LOOK_EVERY_S
            self._list()
        chosen = self._new[:READ_A_LOOK]
        if chosen:
            self._sign_missing(codes.groups(self.context.store, chosen))
            self._seen.update(chosen)
            self._new = self._new[READ_A_LOOK:]
        if self._new or not self._walk.is_over:
            self.next_look = clock

    def _list(self) -> None:
        """List the next codes; a round that is over says which ones are gone."""
        if self._walk.is_over:
            self._seen &= self._found
            self._found, self._walk = set(), KeyWalk(keys.CODES)
        names = self._walk.step(self.context.store)
        self._found.update(names)
        self._new = [name for name in names if name not in self._seen]

    def _sign_missing(self, groups: frozenset[str]) -> None:
        """Sign the lists that some groups lack."""
        context = self.context
        lister = SpaceLister(context.store, context.key, context.settings.manifest_life_s)
        missing = [group for group in sorted(groups) if not exists(context.store, keys.space_list(group))]
        spaces = registered(context.store) if missing else []
        for group in missing:
            with contextlib.suppress(LostRace):  # another has signed it
                lister.renew(group, registered=spaces, now=context.now())
