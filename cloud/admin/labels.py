"""What there is of labels beside the bundle's, and why one waits: read from the store, with the worker's own rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from cloud.dataset import admission, shards
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.backing import LabelStanding, find_waiting
from cloud.dataset.said import Said, what_was_said
from cloud.label_limit import LabelLimit
from cloud.releases import objects, registry
from cloud.spaces.base_counts import read_base_counts
from cloud.store import keys
from cloud.store.documents import reading
from cloud.store.keys import Pool
from cloud.store.store import ObjectStore
from contract.labels import label_key, parse_labels


class LabelState(StrEnum):
    """What becomes of a label."""

    RELEASED = "in a release"
    NEXT = "in the next release"
    FEW = "waits for a second photo"
    EXCLUDED = "left out, as its devices are excluded"
    ALONE = "waits for a second device or `labels allow`"


@dataclass(frozen=True, slots=True)
class LabelFacts:
    """One label of a pool that is not the bundle's."""

    label: str
    samples: int
    devices: tuple[str, ...]
    state: LabelState
    is_allowed: bool
    """By an operator."""


def read_labels(store: ObjectStore, pool: Pool, limit: LabelLimit) -> Iterator[LabelFacts]:
    """Tell of each label of a pool that is not the bundle's, the oldest first.

    Raises:
        NotFound, Damaged: a shard, the space or a release is gone, or cannot be read.
    """
    bundle = read_base_counts(store, pool.space).labels
    dataset, _ = dataset_pointer.read(store, pool)
    said = what_was_said([shards.read_columns(store, pool, ref) for ref in dataset.shards], labels=bundle)
    decided = admission.read(store, pool.group)
    counts = np.array([device not in decided.excluded for device in said.devices], np.bool_)[said.device_index]
    standing = LabelStanding.of(
        said.labels,
        np.bincount(said.label_index[counts & ~said.held_out], minlength=len(said.labels)),
        bundle={label_key(label) for label in bundle},
        released=_released(store, pool),
        allows=decided.allows,
    )
    waits = find_waiting(said.label_index[counts], said.device_index[counts], standing, limit)
    for place, label in enumerate(said.labels):
        samples, devices = _of_label(said, place)
        if place >= len(bundle) and samples:
            counted = bool((said.label_index[counts] == place).any())
            state = _state(standing, place, waits=bool(waits[place])) if counted else LabelState.EXCLUDED
            yield LabelFacts(label, samples, devices, state, decided.allows(label))


def is_used(store: ObjectStore, group: str, label: str) -> bool:
    """Tell whether a merged row of a group has a label, in any spelling. Raises as `read_labels` does."""
    wanted = admission.label_id(label)
    return any(wanted in ids for ids in admission.used_labels(store, group))


def _state(standing: LabelStanding, place: int, *, waits: bool) -> LabelState:
    if standing.released[place]:
        return LabelState.RELEASED
    if not standing.ready[place]:
        return LabelState.FEW
    return LabelState.ALONE if waits else LabelState.NEXT


def _of_label(said: Said, place: int) -> tuple[int, tuple[str, ...]]:
    own = said.device_index[said.label_index == place]
    return len(own), tuple(said.devices[device] for device in np.unique(own))


def _released(store: ObjectStore, pool: Pool) -> frozenset[str]:
    """Return the keys of all labels that a current release has."""
    released: set[str] = set()
    for current in registry.read(store, pool).channels.values():
        if current.manifest.heads:
            sha256 = current.manifest.labels.sha256
            key = keys.shared_object(pool.group, sha256)
            with reading(key):
                labels = parse_labels(objects.read(store, pool.group, sha256), where=key)
            released |= {label_key(label) for label in labels}
    return frozenset(released)
