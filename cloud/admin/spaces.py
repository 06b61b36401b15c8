"""Retires spaces of groups, and restores them, for an operator: only what there is, so that a typing error is told."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from cloud.dataset import inbox
from cloud.dataset import pointer as dataset_pointer
from cloud.errors import NothingToDo
from cloud.releases import space_lists
from cloud.releases.space_lists import SpaceLister
from cloud.spaces import bundles
from cloud.store.keys import Pool
from contract.space_list import SpaceList


@dataclass(frozen=True, slots=True)
class SpaceOperator:
    """Signs what an operator decides of spaces."""

    lister: SpaceLister
    enrolling: Collection[str]
    """The groups that have an enrolment code."""

    def retire(self, pool: Pool, *, now: float) -> SpaceList:
        """Retire a space for a group.

        Raises:
            NothingToDo: there is no such space or group, or it is retired already.
            ListFull, LostRace, Damaged, StoreError: as for `SpaceLister.retire`.
        """
        registered = bundles.registered(self.lister.store)
        if pool.space not in registered:
            raise NothingToDo(f"{pool.path}: expected a registered space, as status shows it, got another")
        pools = [*dataset_pointer.pools(self.lister.store), *inbox.pools_with_news(self.lister.store)]
        groups = {*self.enrolling, *(one.group for one in pools), *space_lists.groups(self.lister.store)}
        if pool.group not in groups:
            expected = "a group with samples, or with an enrolment code"
            raise NothingToDo(f"{pool.path}: expected {expected} ({', '.join(sorted(groups)) or 'none'}), got another")
        own = [one.space for one in pools if one.group == pool.group]
        return self.lister.retire(pool.group, pool.space, registered=[*own, *registered], now=now)

    def restore(self, pool: Pool, *, now: float) -> SpaceList:
        """Take a retirement back.

        Raises:
            NothingToDo: it is not retired.
            LostRace, Damaged, StoreError: as for `SpaceLister.restore`.
        """
        registered = bundles.registered(self.lister.store)
        own = [one.space for one in dataset_pointer.pools(self.lister.store) if one.group == pool.group]
        return self.lister.restore(pool.group, pool.space, registered=[*own, *registered], now=now)
