"""Keeps that the service is to erase what a device uploaded until it has answered, and when it did.

::

    erasure.json   {"format": 1, "device": "...", "answered_ms": Unix milliseconds, 0 before the service answered}

What is acknowledged within 30 seconds after the answer may be erased with the rest, so that long nothing is sent. The
file stays, and says nothing of another device. The Android device has the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from contract.documents import encode_json, parse_document
from contract.errors import ContractError
from contract.files import atomic_write, read_bounded
from contract.patterns import DEVICE_PATTERN
from device.errors import TryLater, storage_errors
from device.service.client import Client

ERASURE_FORMAT = 1
MAX_ERASURE_BYTES = 1 << 10
SETTLES_MS = 30_000


@dataclass(frozen=True, slots=True)
class Erasure:
    """What is to be erased of one device at its service."""

    home: Path
    """The device's folder, which is there."""
    device: str
    """Its id at the service."""
    now_ms: Callable[[], int]
    """Unix milliseconds."""

    @property
    def path(self) -> Path:
        """Where it is kept."""
        return self.home / "erasure.json"

    def wish(self) -> None:
        """Keep that the service is going to be asked: if it misses that, `ask_again` asks. Raises `Storage`."""
        self._keep(answered_ms=0)

    def ask(self, client: Client) -> str:
        """Ask the service; return the name of the erasure.

        Raises:
            Refused, TryLater, Untrusted: as `Client.erase_samples`.
            Storage: the service knows, but it could not be kept that it does.
        """
        erasure = client.erase_samples()
        self._keep(answered_ms=self.now_ms())
        return erasure

    def ask_again(self, client: Client) -> None:
        """Ask the service if it missed an erasure; before anything else is sent. Raises as `ask`."""
        if self._answered_ms() == 0:
            self.ask(client)

    def check_settled(self) -> None:
        """Go on unless what is sent now may be erased, too.

        Raises:
            TryLater: it may; with the seconds that are left.
            Storage: the file cannot be read.
        """
        answered_ms = self._answered_ms()
        left_ms = 0 if answered_ms is None else SETTLES_MS - abs(self.now_ms() - answered_ms)
        if left_ms > 0:
            left_s = -(-left_ms // 1_000)
            expected = "30 s since it, as what is sent before that may be erased with it"
            raise TryLater(f"erasure: expected {expected}, {left_s} s are left", retry_after_s=left_s)

    def _keep(self, *, answered_ms: int) -> None:
        document = encode_json({"format": ERASURE_FORMAT, "device": self.device, "answered_ms": answered_ms})
        with storage_errors(self.path):
            atomic_write(self.path, document, mode=0o600)

    def _answered_ms(self) -> int | None:
        """Read when the service answered; None: nothing was to be erased of this device."""
        try:
            with storage_errors(self.path):
                data = read_bounded(self.path, MAX_ERASURE_BYTES) if self.path.is_file() else None
            if data is None:
                return None
            fields = parse_document(data, where="erasure", max_bytes=MAX_ERASURE_BYTES)
            fields.check_format(ERASURE_FORMAT)
            is_its_own = fields.name("device", DEVICE_PATTERN) == self.device
            return fields.integer("answered_ms") if is_its_own else None
        except ContractError:
            return None  # garbled: whoever asked for it can ask again
