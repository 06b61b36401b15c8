"""The watch: the overview as it was a moment ago, so that many looks at the service cost one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from cloud.overview.reader import OverviewReader
from cloud.overview.values import Overview, PoolView
from cloud.store.keys import Pool

LOOKED_S = 5.0


@dataclass(slots=True)
class Watch:
    """Reads overviews of all groups or of one. Safe to use from several threads: one looks, the others wait for it."""

    reader: OverviewReader
    now: Callable[[], float] = time.time
    clock: Callable[[], float] = time.monotonic
    _seen: dict[str | None, tuple[Overview, float]] = field(default_factory=dict)
    _marked: dict[Pool, tuple[PoolView, PoolView]] = field(default_factory=dict)
    """Views of now, without and with the devices marked that are revoked."""
    _looking: threading.Lock = field(default_factory=threading.Lock)

    def look(self, group: str | None) -> Overview:
        """Return the overview of a group, or of all of them, as it was at most `LOOKED_S` ago.

        Raises:
            StoreError: the store does not answer.
        """
        with self._looking:
            overview, until = self._seen.get(group, (None, 0.0))
            if overview is None or self.clock() >= until:
                overview = self.reader.read(now=self.now(), group=group)
                self._seen = {name: one for name, one in self._seen.items() if one[1] > self.clock()}
                self._seen[group] = overview, self.clock() + LOOKED_S
                self._marked.clear()
            return overview

    def look_at(self, view: PoolView) -> PoolView:
        """Return a pool's view, of an overview of now, with the devices marked that are revoked.

        Raises:
            StoreError: the store does not answer.
        """
        with self._looking:
            known, marked = self._marked.get(view.pool, (None, view))
            if known is not view:
                marked = self.reader.mark_revoked(view)
                self._marked[view.pool] = view, marked
            return marked
