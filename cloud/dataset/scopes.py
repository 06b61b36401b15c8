"""What an erasure, or an export of what is held, is of: a device, a label, a group, or what was merged before a date.

Pure: shards' columns in, which of their rows are meant out.

::

    {"kind": "device", "group": ..., "device": ..., "generation": n}   rows that came in this generation or before
    {"kind": "label", "group": ..., "label": ...}                      rows with the label in any spelling, and all rows
                                                                       of samples whose last word it is
    {"kind": "group", "group": ...}                                    all rows
    {"kind": "group", "group": ..., "generations": {"<device>": n}}    all rows but those that came in a later one
    {"kind": "age", "group": ..., "before": unix seconds}              rows that were merged before
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cloud.dataset.columns import Columns
from cloud.dataset.ledger import Ledger
from cloud.dataset.sample_index import count_distinct, make_keys
from cloud.dataset.shards import ShardRef
from contract.documents import Fields, Json
from contract.errors import Impossible, shown
from contract.labels import label_key
from contract.patterns import DEVICE_PATTERN, GROUP_PATTERN

NOTHING_COUNTS = -1
"""The generation before a device's first."""

Flags = NDArray[np.bool_]
Pieces = Sequence[tuple[ShardRef, Columns]]
"""The shards of a pool, in the order of merging."""


@dataclass(frozen=True, slots=True)
class DeviceScope:
    """What one device sent."""

    group: str
    device: str
    generation: int
    """The last one that counts."""

    def document(self) -> dict[str, Json]:
        """Write what `parse_scope` reads."""
        return {"kind": "device", "group": self.group, "device": self.device, "generation": self.generation}

    def rows(self, pieces: Pieces) -> list[Flags]:
        """Tell which rows are meant, shard by shard."""
        return [_rows_of_uploads(self, columns) for _, columns in pieces]

    def means_upload(self, device: str, generation: int) -> bool:
        """Tell whether all of an upload is meant, whatever is in it."""
        return device == self.device and generation <= self.generation


@dataclass(frozen=True, slots=True)
class LabelScope:
    """What anybody in a group sent of one person or thing."""

    group: str
    label: str

    def document(self) -> dict[str, Json]:
        """Write what `parse_scope` reads."""
        return {"kind": "label", "group": self.group, "label": self.label}

    def rows(self, pieces: Pieces) -> list[Flags]:
        """Tell which rows are meant, shard by shard."""
        ledger = Ledger()
        for _, columns in pieces:
            ledger.absorb(columns)
        number = ledger.number_of(self.label)
        return [self._named(columns) | (ledger.labels_of(columns) == number) for _, columns in pieces]

    def means_upload(self, device: str, generation: int) -> bool:
        """Tell whether all of an upload is meant: never, others' samples may be in it."""
        return False

    def means_label(self, label: str) -> bool:
        """Tell whether a label is this one, in any spelling."""
        return label_key(label) == label_key(self.label)

    def _named(self, columns: Columns) -> Flags:
        """Tell which rows say the label."""
        return np.array([self.means_label(label) for label in columns.labels], np.bool_)[columns.label_index]


@dataclass(frozen=True, slots=True)
class GroupScope:
    """All that a group has, or had at a time."""

    group: str
    generations: Mapping[str, int] | None = None
    """Of each device the last one that counts, -1 of one that came later; of any other all. None: of all devices."""

    def document(self) -> dict[str, Json]:
        """Write what `parse_scope` reads."""
        generations = {"generations": dict(self.generations)} if self.generations is not None else {}
        return {"kind": "group", "group": self.group, **generations}

    def rows(self, pieces: Pieces) -> list[Flags]:
        """Tell which rows are meant, shard by shard."""
        return [_rows_of_uploads(self, columns) for _, columns in pieces]

    def means_upload(self, device: str, generation: int) -> bool:
        """Tell whether all of an upload is meant."""
        return generation <= (self.generations or {}).get(device, generation)

    def at(self, generations: Mapping[str, int]) -> GroupScope:
        """Return what the group had when its devices had these generations; what was so before stays."""
        if self.generations is None:
            return GroupScope(self.group, dict(generations))
        return GroupScope(self.group, {**dict.fromkeys(generations, NOTHING_COUNTS), **self.generations})


@dataclass(frozen=True, slots=True)
class AgeScope:
    """What a group has for too long."""

    group: str
    before: int
    """Unix seconds."""

    def document(self) -> dict[str, Json]:
        """Write what `parse_scope` reads."""
        return {"kind": "age", "group": self.group, "before": self.before}

    def rows(self, pieces: Pieces) -> list[Flags]:
        """Tell which rows are meant, shard by shard."""
        return [columns.merged < self.before for _, columns in pieces]

    def means_upload(self, device: str, generation: int) -> bool:
        """Tell whether all of an upload is meant: what waits has no date, and is left.

        What was set aside has one, which its key does not say: `cloud.dataset.erase` goes by that.
        """
        return False


Scope = DeviceScope | LabelScope | GroupScope | AgeScope


def parse_scope(fields: Fields) -> Scope:
    """Read what a scope's `document` wrote. Raises a `ContractError`."""
    kind, group = fields.text("kind"), fields.name("group", GROUP_PATTERN)
    match kind:
        case "device":
            return DeviceScope(group, fields.name("device", DEVICE_PATTERN), fields.integer("generation"))
        case "label":
            return LabelScope(group, fields.text("label"))
        case "group":
            settled = "generations" in fields
            return GroupScope(group, _parse_generations(fields.document("generations")) if settled else None)
        case "age":
            return AgeScope(group, fields.integer("before"))
    raise Impossible(fields.place("kind"), expected="device, label, group or age", got=shown(kind))


def count_samples(columns: Sequence[Columns]) -> int:
    """Count the distinct samples of some shards."""
    numbers: dict[str, int] = {}
    keys = []
    for one in columns:
        table = np.array([numbers.setdefault(device, len(numbers)) for device in one.devices], np.int64)
        keys.append(make_keys(table[one.device_index], one.sample_ids))
    return count_distinct(keys)


def _rows_of_uploads(scope: DeviceScope | GroupScope, columns: Columns) -> Flags:
    """Tell which rows came in uploads that a scope means."""
    arrivals = columns.arrivals
    senders = zip(arrivals.device_index.tolist(), arrivals.generations.tolist(), strict=True)
    meant = [scope.means_upload(columns.devices[device], generation) for device, generation in senders]
    return np.array(meant, np.bool_)[columns.arrival_index]


def _parse_generations(fields: Fields) -> dict[str, int]:
    return {device: fields.integer(device, low=NOTHING_COUNTS) for device in fields.keys()}  # noqa: SIM118  # no mapping
