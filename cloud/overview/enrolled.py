"""How many devices are enrolled: of all groups by listing them, of one by what their documents say.

The group of a device never changes, so it is read once and remembered; no more than ids and groups is.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from cloud.errors import Damaged, NotFound
from cloud.identity import devices
from cloud.store import ObjectStore, keys
from cloud.store.listing import count_under, names_under

READ_AT_ONCE = 8


@dataclass(slots=True)
class EnrolledDevices:
    """Counts the devices of one store."""

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

    def _read(self, found: Iterable[str]) -> dict[str, str]:
        with ThreadPoolExecutor(READ_AT_ONCE) as threads:
            return {device: group for device, group in threads.map(self._group_of, found) if group is not None}

    def _group_of(self, device: str) -> tuple[str, str | None]:
        try:
            return device, devices.read(self.store, device).group
        except (Damaged, NotFound):
            return device, None
