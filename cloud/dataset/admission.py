"""Admission: what operators decided about whose samples count in a group, and about its labels.

::

    excluded/<group>/<device>      empty: its samples are left out of what is trained on (`cloud.identity.devices`)
    allowed/<group>/<label id>     empty: this label need not wait for a second device (`cloud.dataset.backing`)

A label's id is the hash of its key, so that one LIST tells all of a group, and no name stands in a key.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cloud.dataset import pointer as dataset_pointer
from cloud.dataset import shards
from cloud.dataset.erase import pools_holding
from cloud.errors import NothingToDo
from cloud.identity import devices
from cloud.store import keys
from cloud.store.listing import exists, names_under
from cloud.store.store import ObjectStore
from contract.files import sha256_hex
from contract.labels import label_key


@dataclass(frozen=True, slots=True)
class Admission:
    """What operators decided in one group."""

    excluded: frozenset[str] = frozenset()
    """Devices."""
    allowed: frozenset[str] = frozenset()
    """Labels, by their ids."""

    @property
    def id(self) -> str:
        """A text that differs where the decisions do; empty where there are none."""
        decided = [*sorted(self.excluded), "", *sorted(self.allowed)]
        return sha256_hex("\n".join(decided).encode()) if len(decided) > 1 else ""

    def allows(self, label: str) -> bool:
        """Tell whether an operator has allowed a label, in any spelling."""
        return label_id(label) in self.allowed


def label_id(label: str) -> str:
    """Return the id of a label, the same for all its spellings: 64 hexadecimal digits."""
    return sha256_hex(label_key(label).encode())


def read(store: ObjectStore, group: str) -> Admission:
    """Read what was decided in a group, by two LISTs."""
    allowed = frozenset(names_under(store, keys.allowed_of(group)))
    return Admission(devices.excluded(store, group), allowed)


def allow(store: ObjectStore, group: str, label: str) -> None:
    """Let a label become a class though one device alone uses it.

    Raises:
        NothingToDo: it is allowed already.
    """
    key = keys.allowed(group, label_id(label))
    if exists(store, key):
        raise NothingToDo(f"{label}: expected a label that is not allowed, got one that is")
    store.put(key, b"")


def disallow(store: ObjectStore, group: str, label: str) -> None:
    """Take that back; a label that was released stays.

    Raises:
        NothingToDo: it was not allowed.
    """
    key = keys.allowed(group, label_id(label))
    if not exists(store, key):
        raise NothingToDo(f"{label}: expected a label that is allowed, got one that is not")
    store.delete(key)


def forget_unused(store: ObjectStore, group: str) -> None:
    """Delete what was decided about labels that no row of a group has any more, so that erased names leave no trace.

    Raises:
        NotFound, Damaged: a shard is gone, or cannot be read.
    """
    marks = set(names_under(store, keys.allowed_of(group)))
    for ids in used_labels(store, group) if marks else ():
        marks -= ids
    for mark in marks:
        store.delete(keys.allowed(group, mark))


def used_labels(store: ObjectStore, group: str) -> Iterator[set[str]]:
    """Yield the ids of the labels that rows of a group have, shard by shard.

    Raises:
        NotFound, Damaged: a shard is gone, or cannot be read.
    """
    for pool in pools_holding(store, group):
        dataset, _ = dataset_pointer.read(store, pool)
        for ref in dataset.shards:
            yield {label_id(label) for label in shards.read_columns(store, pool, ref).labels}
