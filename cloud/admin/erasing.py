"""Asks for an erasure, for an operator, of what there is: a typing error is told, and so is a second time.

But what a group has set aside may not be readable, and hold any label: where there is some, an erasure of a label is
asked for whether or not there are samples of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from cloud.admin.held_samples import count_held
from cloud.dataset import erasures
from cloud.dataset.erase import pools_holding, set_aside
from cloud.dataset.erasures import Erasure
from cloud.dataset.scopes import DeviceScope, GroupScope, LabelScope
from cloud.errors import NotFound, NothingToDo
from cloud.identity import devices
from cloud.spaces.base_counts import read_base_counts
from cloud.store import keys
from cloud.store.store import ObjectStore
from contract.errors import ContractError
from contract.labels import read_label

TRACES = (keys.REJECTED, keys.RECEIPTS)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for."""

    erasure: Erasure
    rows: int
    """That are held of it now."""
    spaces: tuple[str, ...] = ()
    """Those whose bundle has the label too: what is in the bundle stays."""


@dataclass(frozen=True, slots=True)
class ErasureOperator:
    """Asks the worker for what an operator decides."""

    store: ObjectStore
    by: str
    """Who the operator is, for the tombstone."""

    def device(self, device_id: str, *, now: float) -> Asked:
        """Ask for what a device has sent so far.

        Raises:
            NothingToDo: there is no such device, or nothing of it, or that is asked for already.
        """
        scope = device_scope(self.store, device_id)
        for asked in erasures.pending(self.store):
            if isinstance(asked.scope, DeviceScope) and asked.scope.device == device_id:
                raise NothingToDo(f"device {device_id}: erasure {asked.id} waits for the worker already")
        rows = count_held(self.store, scope)
        if not rows and not _has_traces(self.store, scope):
            raise NothingToDo(f"device {device_id}: expected samples that are held, got none")
        return Asked(erasures.ask_of_device(self.store, device_id, by=self.by, now=now), rows)

    def label(self, group: str, label: str, *, now: float) -> Asked:
        """Ask for what a group has of a label, in any spelling.

        Raises:
            NothingToDo: it is no label, or the group has nothing of it, and nothing was set aside.
        """
        scope = label_scope(group, label)
        rows = count_held(self.store, scope)
        pools = pools_holding(self.store, group)
        if not rows and not any(set_aside(self.store, pool) for pool in pools):
            raise NothingToDo(f"group {group}, label {label!r}: expected samples that are held, got none")
        spaces = [pool.space for pool in pools if _is_of_bundle(self.store, pool.space, scope)]
        return Asked(erasures.ask(self.store, scope, by=self.by, now=now), rows, tuple(spaces))

    def group(self, group: str, *, now: float) -> Asked:
        """Ask for all that a group has.

        Raises:
            NothingToDo: it has nothing.
        """
        if not pools_holding(self.store, group):
            raise NothingToDo(f"group {group}: expected samples that are held, got none")
        scope = GroupScope(group)
        return Asked(erasures.ask(self.store, scope, by=self.by, now=now), count_held(self.store, scope))


def device_scope(store: ObjectStore, device_id: str) -> DeviceScope:
    """Return what a device has sent so far.

    Raises:
        NothingToDo: there is no such device.
    """
    try:
        device = devices.read(store, device_id)
    except NotFound:
        raise NothingToDo(f"device {device_id}: expected one that is enrolled, got another") from None
    return DeviceScope(device.group, device_id, device.generation)


def label_scope(group: str, label: str) -> LabelScope:
    """Return what a group has of a label.

    Raises:
        NothingToDo: it is no label.
    """
    try:
        return LabelScope(group, read_label(label))
    except ContractError as error:
        raise NothingToDo(str(error)) from error


def _has_traces(store: ObjectStore, scope: DeviceScope) -> bool:
    """Tell whether there are receipts of a device, or uploads that were set aside."""
    prefixes = [f"{kind}{pool.path}/{scope.device}." for pool in pools_holding(store, scope.group) for kind in TRACES]
    return any(store.list(prefix, limit=1) for prefix in prefixes)


def _is_of_bundle(store: ObjectStore, space: str, scope: LabelScope) -> bool:
    try:
        return any(map(scope.means_label, read_base_counts(store, space).labels))
    except NotFound:
        return False
