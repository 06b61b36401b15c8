"""The only home of device documents: who a device is, and the hash of its token.

::

    devices/<device>   {"group": ..., "token_sha256": "<64 hex>", "generation": n, "enrolled": unix seconds}

The generation grows when a device's samples are erased; uploads of an older generation are dropped at the merge.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cloud.errors import Damaged
from cloud.store import keys
from cloud.store.store import ObjectStore
from contract.documents import Json, encode_json, parse_document
from contract.errors import ContractError
from contract.patterns import GROUP_PATTERN, HEX64_PATTERN

MAX_DOCUMENT_BYTES = 4 << 10


@dataclass(frozen=True, slots=True)
class Device:
    """An enrolled device."""

    id: str
    group: str
    generation: int
    token_sha256: str = field(repr=False)
    enrolled: int
    """Unix seconds."""


def add(store: ObjectStore, device: Device) -> None:
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


def read(store: ObjectStore, device_id: str) -> Device:
    """An enrolled device.

    Raises:
        NotFound: there is none.
        Damaged: what is there is none.
    """
    key = keys.device(device_id)
    body = store.get(key).body
    try:
        fields = parse_document(body, where=key, max_bytes=MAX_DOCUMENT_BYTES)
        return Device(
            id=device_id,
            group=fields.name("group", GROUP_PATTERN),
            generation=fields.integer("generation"),
            token_sha256=fields.name("token_sha256", HEX64_PATTERN),
            enrolled=fields.integer("enrolled"),
        )
    except ContractError as error:
        raise Damaged(str(error)) from error
