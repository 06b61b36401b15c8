"""The erasures that wait to be carried out, as an overview has them: of what, but no name of a person."""

from __future__ import annotations

from cloud.dataset import erasures
from cloud.dataset.scopes import AgeScope, DeviceScope, GroupScope, LabelScope, Scope
from cloud.errors import Damaged
from cloud.overview.values import ErasuresView, ErasureView
from cloud.store.store import ObjectStore

MAX_READ = 200
"""Erasures; what is beyond is not read."""


def read_erasures(store: ObjectStore, *, group: str | None, faults: list[str]) -> ErasuresView:
    """Read the erasures that wait, of one group or of all, the oldest first; one that cannot be read is a fault.

    Raises:
        StoreError: the store does not answer.
    """
    waiting = erasures.waiting(store)
    found: list[ErasureView] = []
    for erasure_id in waiting[:MAX_READ]:
        try:
            erasure = erasures.read(store, erasure_id)
        except Damaged as error:
            faults.append(str(error))
            continue
        if erasure is not None and group in (None, erasure.scope.group):
            found.append(
                ErasureView(erasure_id, erasure.scope.group, _what(erasure.scope), by=erasure.by, asked=erasure.asked)
            )
    return ErasuresView(tuple(sorted(found, key=lambda one: (one.asked, one.id))), is_exact=len(waiting) <= MAX_READ)


def _what(scope: Scope) -> str:
    match scope:
        case DeviceScope(device=device):
            return f"device {device}"
        case LabelScope():
            return "a label"
        case GroupScope():
            return "all of the group"
        case AgeScope():
            return "what is too old"
