"""The current release: what a channel of a pool points at, with its signed manifest, which one read fetches."""

from __future__ import annotations

from dataclasses import dataclass

from cloud.store.documents import reading
from contract.documents import Fields, Json, encode_json, parse_json
from contract.envelope import Envelope
from contract.manifest import Manifest
from contract.patterns import HEX64_PATTERN


@dataclass(frozen=True, slots=True)
class CurrentRelease:
    """What a channel points at."""

    release: str
    """The release's name."""
    envelope: Envelope

    @property
    def manifest(self) -> Manifest:
        """The signed payload, parsed. It is the worker's own, so no signature is checked."""
        with reading(f"the current release {self.release}"):
            return Manifest.parse(self.envelope.payload)

    @classmethod
    def parse(cls, fields: Fields) -> CurrentRelease:
        """Read what `document` wrote. Raises a `ContractError`."""
        envelope = encode_json(fields.document("envelope").as_json())
        return cls(fields.name("release", HEX64_PATTERN), Envelope.parse(envelope))

    def document(self) -> dict[str, Json]:
        """Write it as part of the registry's pointer."""
        encoded = self.envelope.encode()
        envelope = parse_json(encoded, where="envelope", max_bytes=len(encoded))
        return {"release": self.release, "envelope": envelope}
