"""Keeps one client for as long as the device stays who it is: another key, token or address makes another one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from device.service.client import Client
from device.service.identity import Identity


@dataclass(slots=True)
class Connection:
    """The service as whoever this device is now; other processes may change that at any time."""

    identify: Callable[[], Identity]
    connect: Callable[[Identity], Client]
    _open: tuple[Identity, Client] | None = None

    def current(self) -> tuple[Identity, Client]:
        """Return who this device is, and the client that is open for it. Raises as `identify` and `connect`."""
        identity = self.identify()
        if self._open is None or self._open[0] != identity:
            self.close()
            self._open = identity, self.connect(identity)
        return self._open

    def close(self) -> None:
        """Close the client, if one is open."""
        if self._open is not None:
            self._open[1].close()
        self._open = None
