"""Device documents: who a device is, and the hashes of its tokens.

::

    devices/<device>   {"group": ..., "token_sha256": "<64 hex>", "next_token_sha256": "<64 hex>" or null,
                        "generation": n, "enrolled": unix seconds}

A token that was given out in place of another is the next one until it is used; then the other one counts no more. Both
are changed under a precondition, and what a later version has put into the document stays. Uploads of an older
generation are dropped at the merge. Nothing raises it yet: erasing a device's samples will.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from cloud.errors import PreconditionFailed, Unavailable
from cloud.store import keys
from cloud.store.documents import reading
from cloud.store.store import ObjectStore
from contract.documents import Json, encode_json, parse_document
from contract.patterns import GROUP_PATTERN, HEX64_PATTERN

MAX_DOCUMENT_BYTES = 4 << 10
ATTEMPTS = 4
"""Of a change, while others change the same device."""


@dataclass(frozen=True, slots=True)
class EnrolledDevice:
    """A device that an enrolment code let into a group."""

    id: str
    group: str
    generation: int
    token_sha256: str = field(repr=False)
    enrolled: int
    """Unix seconds."""
    next_token_sha256: str | None = field(default=None, repr=False)
    """Of the token that takes the place of the other one when it is used first."""


def add(store: ObjectStore, device: EnrolledDevice) -> None:
    """Keep a new device.

    Raises:
        AlreadyExists: the id is taken.
    """
    store.put_if_absent(keys.device(device.id), encode_json(_document(device)))


def read(store: ObjectStore, device_id: str) -> EnrolledDevice:
    """Read an enrolled device.

    Raises:
        NotFound: no device has this id.
        Damaged: its document cannot be read.
    """
    key = keys.device(device_id)
    return _parse(device_id, store.get(key).body)


def offer_token(store: ObjectStore, device_id: str, *, token_sha256: str) -> EnrolledDevice:
    """Let a device use another token from now on, and the one that it has until then.

    Raises:
        NotFound, Damaged: as `read`.
        Unavailable: others kept changing the device.
    """
    return _change(store, device_id, lambda device: replace(device, next_token_sha256=token_sha256))


def accept_token(store: ObjectStore, device_id: str, *, token_sha256: str) -> EnrolledDevice:
    """Let the next token take the place of the other one, as it is used; return the device as it is then.

    Raises:
        NotFound, Damaged, Unavailable: as `offer_token`.
    """

    def accept(device: EnrolledDevice) -> EnrolledDevice:
        if device.next_token_sha256 != token_sha256:
            return device  # another process was first, or offers yet another one
        return replace(device, token_sha256=token_sha256, next_token_sha256=None)

    return _change(store, device_id, accept)


def _change(store: ObjectStore, device_id: str, change: Callable[[EnrolledDevice], EnrolledDevice]) -> EnrolledDevice:
    key = keys.device(device_id)
    for _ in range(ATTEMPTS):
        stored = store.get(key)
        device = _parse(device_id, stored.body)
        changed = change(device)
        if changed == device:
            return device
        body = encode_json({**_as_json(key, stored.body), **_document(changed)})
        try:
            store.put_if_match(key, body, etag=stored.etag)
        except PreconditionFailed:
            continue
        return changed
    raise Unavailable(key, "others kept changing it")


def _parse(device_id: str, body: bytes) -> EnrolledDevice:
    key = keys.device(device_id)
    with reading(key):
        fields = parse_document(body, where=key, max_bytes=MAX_DOCUMENT_BYTES)
        has_next = "next_token_sha256" in fields
        return EnrolledDevice(
            id=device_id,
            group=fields.name("group", GROUP_PATTERN),
            generation=fields.integer("generation"),
            token_sha256=fields.name("token_sha256", HEX64_PATTERN),
            enrolled=fields.integer("enrolled"),
            next_token_sha256=fields.name("next_token_sha256", HEX64_PATTERN) if has_next else None,
        )


def _as_json(key: str, body: bytes) -> Mapping[str, Json]:
    return parse_document(body, where=key, max_bytes=MAX_DOCUMENT_BYTES).as_json()


def _document(device: EnrolledDevice) -> dict[str, Json]:
    return {
        "group": device.group,
        "token_sha256": device.token_sha256,
        "next_token_sha256": device.next_token_sha256,
        "generation": device.generation,
        "enrolled": device.enrolled,
    }
