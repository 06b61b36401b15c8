"""Device documents: who a device is, and the hashes of its tokens.

::

    devices/<device>   {"group": ..., "token_sha256": "<64 hex>", "next_tokens_sha256": ["<64 hex>", ...],
                        "generation": n, "enrolled": unix seconds}

A token that was given out in place of another is one of the next ones until one of them is used; then neither the other
one nor the rest counts any more. There may be several: an answer that came too late was made all the same, and nobody
knows which one the device kept. All are changed under a precondition, and what a later version has put into the
document stays. Uploads of an older generation are dropped at the merge. Nothing raises it yet: erasing a device's
samples will.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from cloud.errors import PreconditionFailed, Unauthenticated, Unavailable
from cloud.store import keys
from cloud.store.documents import reading
from cloud.store.store import ObjectStore
from contract.documents import Json, encode_json, parse_document
from contract.patterns import GROUP_PATTERN, HEX64_PATTERN, check_name

MAX_DOCUMENT_BYTES = 4 << 10
ATTEMPTS = 4
"""Of a change, while others change the same device."""
MAX_NEXT_TOKENS = 4
"""Of those given out and not used; with another one, the one that was given out first counts no more."""


@dataclass(frozen=True, slots=True)
class EnrolledDevice:
    """A device that an enrolment code let into a group."""

    id: str
    group: str
    generation: int
    token_sha256: str = field(repr=False)
    enrolled: int
    """Unix seconds."""
    next_tokens_sha256: tuple[str, ...] = field(default=(), repr=False)
    """Of the tokens of which one takes the place of the other one when it is used; last what was given out last."""


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


def offer_token(store: ObjectStore, device_id: str, *, token_sha256: str, by: str | None = None) -> EnrolledDevice:
    """Let a device use another token from now on, and those that it has until then.

    Args:
        store: where the device is kept.
        device_id: its id.
        token_sha256: of the other token.
        by: of the token that it was asked for with, if it was.

    Raises:
        NotFound, Damaged: as `read`.
        Unauthenticated: `by` is not the device's token any more; nothing has changed.
        Unavailable: others kept changing the device.
    """

    def offer(device: EnrolledDevice) -> EnrolledDevice:
        if by is not None and not hmac.compare_digest(by, device.token_sha256):
            raise Unauthenticated(expected="the token that the device has now", got="one that it had")
        return replace(device, next_tokens_sha256=(*device.next_tokens_sha256, token_sha256)[-MAX_NEXT_TOKENS:])

    return _change(store, device_id, offer)


def accept_token(store: ObjectStore, device_id: str, *, token_sha256: str) -> EnrolledDevice:
    """Let one of the next tokens take the place of all others, as it is used; return the device as it is then.

    Raises:
        NotFound, Damaged, Unavailable: as `offer_token`.
    """

    def accept(device: EnrolledDevice) -> EnrolledDevice:
        if token_sha256 not in device.next_tokens_sha256:
            return device  # another process was first, with this one or another
        return replace(device, token_sha256=token_sha256, next_tokens_sha256=())

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
        has_next = "next_tokens_sha256" in fields
        following = fields.texts("next_tokens_sha256", max_items=MAX_DOCUMENT_BYTES // 64) if has_next else ()
        return EnrolledDevice(
            id=device_id,
            group=fields.name("group", GROUP_PATTERN),
            generation=fields.integer("generation"),
            token_sha256=fields.name("token_sha256", HEX64_PATTERN),
            enrolled=fields.integer("enrolled"),
            next_tokens_sha256=tuple(check_name(each, HEX64_PATTERN, where=key) for each in following),
        )


def _as_json(key: str, body: bytes) -> Mapping[str, Json]:
    return parse_document(body, where=key, max_bytes=MAX_DOCUMENT_BYTES).as_json()


def _document(device: EnrolledDevice) -> dict[str, Json]:
    return {
        "group": device.group,
        "token_sha256": device.token_sha256,
        "next_tokens_sha256": list(device.next_tokens_sha256),
        "generation": device.generation,
        "enrolled": device.enrolled,
    }
