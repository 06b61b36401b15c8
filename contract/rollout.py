"""Staged roll-out: which devices take a release while it is for some of them only. Pure."""

import hashlib
from dataclasses import dataclass

from contract.documents import Fields, Json
from contract.patterns import HEX64_PATTERN

PARTS = 10_000
"""Of all devices; a release is for so many of these parts."""
_PREFIX = b"fedex-share-1"
_PLACES = 32
"""Bits of a device's place."""


@dataclass(frozen=True, slots=True)
class Rollout:
    """For how many devices a release is. Whoever took it goes on having it: a share that rises lets others in."""

    id: str
    """64 hexadecimal digits, the same as long as the release has the same head: so a device keeps its place."""
    share: int
    """0 to `PARTS`."""

    @classmethod
    def parse(cls, fields: Fields) -> "Rollout":
        """Read what `document` wrote. Raises `Malformed` or `Impossible`."""
        return cls(id=fields.name("id", HEX64_PATTERN), share=fields.integer("share", high=PARTS))

    def document(self) -> dict[str, Json]:
        """Write it as part of a manifest."""
        return {"id": self.id, "share": self.share}

    def includes(self, device: str) -> bool:
        """Tell whether the release is for a device, by its id."""
        return device_place(self.id, device) * PARTS < self.share << _PLACES


def device_place(rollout: str, device: str) -> int:
    """Return a device's place in a roll-out, of 2**32: another one in each, or the same devices would always be first.

    Source: the first four bytes, big-endian, of SHA-256("fedex-share-1", the 32 bytes of the roll-out's id, the
    device's id in ASCII).
    """
    digest = hashlib.sha256(_PREFIX + bytes.fromhex(rollout) + device.encode("ascii")).digest()
    return int.from_bytes(digest[: _PLACES // 8], "big")
