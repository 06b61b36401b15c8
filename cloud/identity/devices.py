"""Device documents: who a device is, and the hash of its token.

::

    devices/<device>   {"group": ..., "token_sha256": "<64 hex>", "generation": n, "enrolled": unix seconds}

Uploads of an older generation are dropped at the merge. Nothing raises it yet: erasing a device's samples will.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cloud.store import keys
from cloud.store.documents import reading
from cloud.store.store import ObjectStore
from contract.documents import Json, encode_json, parse_document
from contract.patterns import GROUP_PATTERN, HEX64_PATTERN

MAX_DOCUMENT_BYTES = 4 << 10


@dataclass(frozen=True, slots=True)
class EnrolledDevice:
    """A device that an enrolment code let into a group."""

    id: str
    group: str
    generation: int
    token_sha256: str = field(repr=False)
    enrolled: int
    """Unix seconds."""


def add(store: ObjectStore, device: EnrolledDevice) -> None:
    """Keep a new device.

    Raises:
        AlreadyExists: the id is taken.
    """
    document: Json = {
        "group": device.group,
        "token_sha256": device.token_sha256,
        "generation": device.generation,
        "enrolled": device.enrolled,
    }
    store.put_if_absent(keys.device(device.id), encode_json(document))


def read(store: ObjectStore, device_id: str) -> EnrolledDevice:
    """Read an enrolled device.

    Raises:
        NotFound: no device has this id.
        Damaged: its document cannot be read.
    """
    key = keys.device(device_id)
    body = store.get(key).body
    with reading(key):
        fields = parse_document(body, where=key, max_bytes=MAX_DOCUMENT_BYTES)
        return EnrolledDevice(
            id=device_id,
            group=fields.name("group", GROUP_PATTERN),
            generation=fields.integer("generation"),
            token_sha256=fields.name("token_sha256", HEX64_PATTERN),
            enrolled=fields.integer("enrolled"),
        )
