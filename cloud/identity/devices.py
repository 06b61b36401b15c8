"""Device documents: who a device is, and the hashes of its tokens.

::

    devices/<device>            {"group": ..., "token_sha256": "<64 hex>", "next_tokens_sha256": ["<64 hex>", ...],
                                 "generation": n, "enrolled": unix seconds, "code": "<id>" or "",
                                 "revoked": bool, "drops_uploads": bool, "excluded": bool}
    excluded/<group>/<device>   empty: it is excluded, so that one LIST says which of a group are

A token that was given out in place of another is one of the next ones until one of them is used; then neither the other
one nor the rest counts any more. There may be several: an answer that came too late was made all the same, and nobody
knows which one the device kept. All are changed under a precondition, and what a later version has put into the
document stays. Uploads of an older generation are dropped at the merge; erasing a device's samples raises it
(`cloud.identity.generations`), and so does dropping what waits of one that is revoked.

An operator may *revoke* a device: its tokens count no more, and it cannot enrol again; what it has sent stays, but for
uploads that wait, where the operator wants them dropped. And *exclude* one: its samples stay, and leave the training
sets. Both can be taken back.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from cloud.errors import Damaged, Forbidden, NotFound, NothingToDo, PreconditionFailed, Unauthenticated, Unavailable
from cloud.store import keys
from cloud.store.documents import read_each, reading
from cloud.store.listing import names_under
from cloud.store.store import ObjectStore
from contract.documents import Fields, Json, encode_json, parse_document
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
    code: str = ""
    """The id of the code of the store that let it in; empty for one of the environment."""
    revoked: bool = False
    """Its tokens count no more, and it may not enrol again."""
    drops_uploads: bool = False
    """Of a revoked one: its uploads that are not merged yet never will be."""
    excluded: bool = False
    """Its samples are left out of training sets."""


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


def is_enrolled(store: ObjectStore, device_id: str) -> bool:
    """Tell whether there is a device with this id."""
    try:
        store.stat(keys.device(device_id))
    except NotFound:
        return False
    return True


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
        Forbidden: the device is revoked; nothing has changed.
        Unavailable: others kept changing the device.
    """

    def offer(device: EnrolledDevice) -> EnrolledDevice:
        if by is not None and not hmac.compare_digest(by, device.token_sha256):
            raise Unauthenticated(expected="the token that the device has now", got="one that it had")
        if device.revoked:
            raise Forbidden("enrolment.secret", expected="a device that is not revoked", got="one that is")
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


def revoke(store: ObjectStore, device_id: str, *, drops_uploads: bool) -> EnrolledDevice:
    """Let a device's tokens count no more, within `tokens.REMEMBERED_S` in every web process.

    Raises:
        NothingToDo: there is no such device, or it is revoked like this already.
        Damaged, Unavailable: as `offer_token`.
    """

    def change(device: EnrolledDevice) -> EnrolledDevice:
        if device.revoked and drops_uploads <= device.drops_uploads:
            raise NothingToDo(f"{device_id}: expected a device that is not revoked, got one that is")
        over = 1 if drops_uploads else 0  # for good: a device that is readmitted begins with a new generation
        return replace(device, revoked=True, drops_uploads=drops_uploads, generation=device.generation + over)

    return _decide(store, device_id, change)


def exclude(store: ObjectStore, device_id: str) -> EnrolledDevice:
    """Leave a device's samples out of what is trained on from now on.

    Raises:
        NothingToDo: there is no such device, or it is excluded already.
        Damaged, Unavailable: as `offer_token`.
    """
    was = _look(store, device_id)
    device = _decide(store, device_id, lambda device: replace(device, excluded=True))
    store.put(keys.excluded(device.group, device_id), b"")  # also where it was excluded, if that was cut short
    if was.excluded:
        raise NothingToDo(f"{device_id}: expected a device that is not excluded, got one that is")
    return device


def readmit(store: ObjectStore, device_id: str, *, ends_tokens: bool = False) -> EnrolledDevice:
    """Take back that a device is revoked or excluded.

    Args:
        store: where the device is kept.
        device_id: its id.
        ends_tokens: whether the tokens that it has count no more for good; it enrols again then, as the same device.

    Raises:
        NothingToDo: there is no such device, or it is neither revoked nor excluded.
        Damaged, Unavailable: as `offer_token`.
    """
    was = _look(store, device_id)

    def change(device: EnrolledDevice) -> EnrolledDevice:
        fresh = replace(device, revoked=False, drops_uploads=False, excluded=False)
        return replace(fresh, token_sha256=secrets.token_hex(32), next_tokens_sha256=()) if ends_tokens else fresh

    store.delete(keys.excluded(was.group, device_id))
    if not (was.revoked or was.excluded):
        raise NothingToDo(f"{device_id}: expected a device that is revoked or excluded, got one that is neither")
    return _decide(store, device_id, change)


def excluded(store: ObjectStore, group: str) -> frozenset[str]:
    """Return the devices of a group whose samples are left out, by one LIST."""
    return frozenset(names_under(store, keys.excluded_of(group)))


def read_all(store: ObjectStore, *, damaged: Callable[[Damaged], None]) -> Iterator[EnrolledDevice]:
    """Read all devices, in the order of their ids; `damaged` is told of those that cannot be. Raises a `StoreError`."""
    return read_each(names_under(store, keys.DEVICES), partial(read, store), damaged=damaged)


def _look(store: ObjectStore, device_id: str) -> EnrolledDevice:
    try:
        return read(store, device_id)
    except NotFound:
        raise NothingToDo(f"{device_id}: expected a device that is enrolled, got none of this id") from None


def _decide(store: ObjectStore, device_id: str, change: Callable[[EnrolledDevice], EnrolledDevice]) -> EnrolledDevice:
    """Change a device as an operator says."""
    try:
        return _change(store, device_id, change)
    except NotFound:
        raise NothingToDo(f"{device_id}: expected a device that is enrolled, got none of this id") from None


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
            code=fields.text("code") if "code" in fields else "",
            revoked=_is("revoked", fields),
            drops_uploads=_is("drops_uploads", fields),
            excluded=_is("excluded", fields),
        )


def _is(key: str, fields: Fields) -> bool:
    """Tell what a document says that may be of before there was such a thing."""
    return key in fields and fields.boolean(key)


def _as_json(key: str, body: bytes) -> Mapping[str, Json]:
    return parse_document(body, where=key, max_bytes=MAX_DOCUMENT_BYTES).as_json()


def _document(device: EnrolledDevice) -> dict[str, Json]:
    return {
        "group": device.group,
        "token_sha256": device.token_sha256,
        "next_tokens_sha256": list(device.next_tokens_sha256),
        "generation": device.generation,
        "enrolled": device.enrolled,
        "code": device.code,
        "revoked": device.revoked,
        "drops_uploads": device.drops_uploads,
        "excluded": device.excluded,
    }
