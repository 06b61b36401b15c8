"""The erasures that wait to be carried out, as an overview has them: of what, but no name of a person."""

from __future__ import annotations

from functools import partial

from cloud.dataset import erasures
from cloud.dataset.scopes import AgeScope, DeviceScope, GroupScope, LabelScope, Scope
from cloud.overview.values import ErasuresView, ErasureView
from cloud.store.documents import read_each
from cloud.store.store import ObjectStore

MAX_READ = 200
"""Erasures; what is beyond is not read."""


def read_erasures(store: ObjectStore, *, group: str | None, faults: list[str]) -> ErasuresView:
    """Read the erasures that wait, of one group or of all, the oldest first; one that cannot be read is a fault.

    Raises:
        StoreError: the store does not answer.
    """
    waiting = erasures.waiting(store)
    read = read_each(waiting[:MAX_READ], partial(erasures.read, store), damaged=lambda error: faults.append(str(error)))
    found = [
        ErasureView(one.id, one.scope.group, _what(one.scope), by=one.by, asked=one.asked)
        for one in read
        if group in (None, one.scope.group)
    ]
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
