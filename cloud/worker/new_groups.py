"""Signs the first list of spaces of a group that an operator has just made, by adding a code for it.

The worker's sweeps find such a group too, but days later. This is done beside the worker's loop, which may train for
hours.
"""

from __future__ import annotations

import contextlib
from collections.abc import Set
from dataclasses import dataclass

from cloud.errors import LostRace
from cloud.identity import codes
from cloud.releases import space_lists
from cloud.releases.space_lists import SpaceLister
from cloud.spaces.bundles import registered
from cloud.training.context import TrainingContext

LOOK_EVERY_S = 15.0


@dataclass(slots=True)
class NewGroups:
    """The codes that were seen, and with them the groups that have a list of spaces."""

    context: TrainingContext
    next_look: float
    """By a monotonic clock."""
    _seen: Set[str] = frozenset()

    def look(self, *, clock: float) -> None:
        """Sign a list for each group that has a new code and no list, by one LIST every `LOOK_EVERY_S` where none has.

        Raises:
            Damaged, StoreError: as for `SpaceLister.renew`; the next look finds the same.
        """
        if clock < self.next_look:
            return
        self.next_look = clock + LOOK_EVERY_S
        found = frozenset(codes.ids(self.context.store))
        if new := found - self._seen:
            self._sign_missing(codes.groups(self.context.store, new))
        self._seen = found

    def _sign_missing(self, groups: Set[str]) -> None:
        """Sign the lists that some groups lack."""
        context = self.context
        lister = SpaceLister(context.store, context.key, context.settings.manifest_life_s)
        spaces = registered(context.store)
        for group in sorted(groups - frozenset(space_lists.groups(context.store))):
            with contextlib.suppress(LostRace):  # another has signed it
                lister.renew(group, registered=spaces, now=context.now())
