"""What there is to see of devices' documents: how many are enrolled, of all groups or of one, and which are revoked.

The group of a device never changes, so it is read once and remembered; no more than ids and groups is.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial

from cloud.errors import Damaged, NotFound
from cloud.identity import devices
from cloud.overview.values import DeviceView
from cloud.store import ObjectStore, keys
from cloud.store.documents import READ_AT_ONCE, read_each
from cloud.store.listing import count_under, names_under
from contract.callbacks import ignore

DEVICES_LOOKED_AT = 100
"""Of one pool, the last that were heard of: whether they are revoked."""


@dataclass(slots=True)
class EnrolledDevices:
    """Counts the devices of one store, and looks at some."""

    store: ObjectStore
    _groups: dict[str, str] = field(default_factory=dict)
    """By device, of those whose documents were read."""

    def count(self, group: str | None) -> int:
        """Count those of a group, or of all; one whose document cannot be read is of no group.

        Raises:
            StoreError: the store does not answer.
        """
        if group is None:
            return count_under(self.store, keys.DEVICES)
        enrolled = list(names_under(self.store, keys.DEVICES))
        known = {device: self._groups[device] for device in enrolled if device in self._groups}
        known |= self._read(device for device in enrolled if device not in known)
        self._groups = known
        return sum(one == group for one in known.values())

    def mark_revoked(self, views: tuple[DeviceView, ...]) -> tuple[DeviceView, ...]:
        """Say of the first `DEVICES_LOOKED_AT` whether they are revoked, each by a GET.

        Raises:
            StoreError: the store does not answer.
        """
        looked_at, others = views[:DEVICES_LOOKED_AT], views[DEVICES_LOOKED_AT:]
        with ThreadPoolExecutor(READ_AT_ONCE) as threads:
            revoked = threads.map(self._is_revoked, [view.device for view in looked_at])
            marked = [replace(view, is_revoked=one) for view, one in zip(looked_at, revoked, strict=True)]
        return (*marked, *others)

    def _is_revoked(self, device: str) -> bool:
        try:
            return devices.read(self.store, device).revoked
        except (Damaged, NotFound):  # erased, or of another store: it says nothing either way
            return False

    def _read(self, found: Iterable[str]) -> dict[str, str]:
        read = read_each(found, partial(devices.read, self.store), damaged=ignore)
        return {device.id: device.group for device in read}
