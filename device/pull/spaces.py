"""Which spaces are retired: the signed list of the group's spaces, asked for, judged and kept.

::

    <home>/spaces.json   {"format": 1, "origin", "serial", "issued", "etag", "current": [...], "retired": [...]}

It counts for the group and service that it came from (`Identity.origin`): groups of two services may share a name.
A service that refuses a space as retired is not believed for good: it is asked for the list, and only a list that is
signed makes the device stop sending and asking, until a newer one says otherwise. Feedback stays.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from contract.documents import encode_json, parse_document
from contract.errors import ContractError
from contract.files import atomic_write, read_bounded
from contract.patterns import HEX64_PATTERN, check_name
from contract.problems import Problem
from contract.space_list import MAX_SPACES, MAX_SPACES_BYTES, SPACES_PAYLOAD_TYPE, SpaceList
from device.errors import (
    DeviceError,
    Misplaced,
    ProtocolViolation,
    Refused,
    Replayed,
    SpaceRetired,
    storage_errors,
)
from device.pull.trust import check_validity, judge_by_newest_key, verified_payload
from device.service.client import Client, ReleaseAnswer
from device.service.identity import Identity

KEPT_FORMAT = 1
MAX_KEPT_BYTES = 256 << 10


@dataclass(frozen=True, slots=True)
class KnownSpaces:
    """The newest list that was believed."""

    origin: str = ""
    """The group that it is of, by a name of its own; "" where there is none."""
    serial: int = 0
    issued: int = 0
    etag: str = ""
    current: frozenset[str] = frozenset()
    retired: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SpaceWatch:
    """What one device knows of the spaces of its group. Every operation raises `Storage` where its file cannot be."""

    home: Path
    identity: Identity
    now: Callable[[], float]
    """Tells Unix seconds."""
    follow_keys: Callable[[Client, bytes], bytes]
    """Keeps the key that has signed an envelope, if the pinned one leads to it, and returns the kept one."""

    def known(self) -> KnownSpaces:
        """Return the newest list that was believed; an empty one where there is none, or one of another origin."""
        path = self._path
        try:
            with storage_errors(path):
                known = parse_known(read_bounded(path, MAX_KEPT_BYTES)) if path.is_file() else KnownSpaces()
        except ContractError:
            return KnownSpaces()  # it is asked for again
        return known if known.origin == self.identity.origin else KnownSpaces()

    def refresh(self, client: Client) -> KnownSpaces:
        """Ask for the list, and keep it if it may be believed.

        Raises:
            TryLater, Refused, Untrusted: the service has no list, or none that is believed; what is known stays.
        """
        known = self.known()
        answer = client.spaces(etag=known.etag)
        if answer is None:
            return known
        listed = judge_by_newest_key(
            lambda key: judge_spaces(answer, key=key, group=self.identity.group, known=known, now=self.now()),
            key=self.identity.key,
            envelope=answer.envelope,
            follow_keys=partial(self.follow_keys, client),
        )
        origin = self.identity.origin
        newer = KnownSpaces(origin, listed.serial, listed.issued, answer.etag, listed.current, listed.retired)
        with storage_errors(self._path):
            atomic_write(self._path, encode_known(newer), mode=0o600)
        return newer

    def check(self, client: Client, space: str) -> None:
        """Make sure that a space may be asked about; the network is used only where it was retired before.

        Raises:
            SpaceRetired: it is retired still.
            TryLater, Untrusted: the list cannot be had now.
        """
        if space in self.known().retired:
            refuse_retired(self.refresh(client), space)

    def retired_now(self, client: Client, spaces: Collection[str]) -> frozenset[str]:
        """Return the spaces that are retired, as far as is known, before something that waits for `spaces` is sent.

        Where one of these was retired before, the list is asked for: it may have been restored. Whatever goes wrong
        then, what is known stays.
        """
        if self.known().retired.isdisjoint(spaces):
            return self.known().retired
        return self.try_refresh(client).retired

    def try_refresh(self, client: Client) -> KnownSpaces:
        """Ask for the list; whatever goes wrong, what is known stays, and is asked for again another time."""
        with contextlib.suppress(DeviceError):
            return self.refresh(client)
        return self.known()

    def explain(self, client: Client, refused: Refused, *, space: str) -> None:
        """Look into a refusal of a space: raise `SpaceRetired` where a signed list says that it is retired.

        Raises:
            TryLater, Refused, Untrusted: as `refresh`.
        """
        if refused.problem is Problem.RETIRED_SPACE:
            refuse_retired(self.refresh(client), space)

    @property
    def _path(self) -> Path:
        return self.home / "spaces.json"


def judge_spaces(answer: ReleaseAnswer, *, key: bytes, group: str, known: KnownSpaces, now: float) -> SpaceList:
    """Return the list in an answer if it may be believed. Pure.

    Raises:
        ProtocolViolation: not an envelope, or not a list; `Forged`: not signed by the pinned key.
        Misplaced, Replayed: of another group; older than the list that was believed last.
        Expired: not known, and past its time; `ClockAhead`: by the device's clock alone.
    """
    payload = verified_payload(answer.envelope, key=key, payload_type=SPACES_PAYLOAD_TYPE, max_bytes=MAX_SPACES_BYTES)
    try:
        listed = SpaceList.parse(payload)
    except ContractError as error:
        raise ProtocolViolation(f"spaces: {error}") from error
    if listed.group != group:
        raise Misplaced(f"spaces: expected group {group}, got {listed.group}")
    if listed.serial < known.serial:
        raise Replayed(f"spaces: expected serial {known.serial} or higher, got {listed.serial}")
    if listed.serial != known.serial:
        check_validity("list of spaces", listed.expires, now=now, issued=known.issued, date=answer.date)
    return listed


def refuse_retired(known: KnownSpaces, space: str) -> None:
    """Raise `SpaceRetired` if a space is retired."""
    if space in known.retired:
        current = f"({', '.join(sorted(known.current))})" if known.current else "(the group has none)"
        raise SpaceRetired(f"space {space}: expected one that is current {current}, got one that is retired")


def parse_known(data: bytes) -> KnownSpaces:
    """Read the kept document. Raises a `ContractError`."""
    fields = parse_document(data, where="spaces", max_bytes=MAX_KEPT_BYTES)
    fields.check_format(KEPT_FORMAT)

    def names(key: str) -> frozenset[str]:
        texts = fields.texts(key, max_items=MAX_SPACES)
        return frozenset(check_name(one, HEX64_PATTERN, where=fields.place(key)) for one in texts)

    return KnownSpaces(
        origin=fields.text("origin"),
        serial=fields.integer("serial"),
        issued=fields.integer("issued"),
        etag=fields.text("etag"),
        current=names("current"),
        retired=names("retired"),
    )


def encode_known(known: KnownSpaces) -> bytes:
    """Write the document that is kept."""
    return encode_json(
        {
            "format": KEPT_FORMAT,
            "origin": known.origin,
            "serial": known.serial,
            "issued": known.issued,
            "etag": known.etag,
            "current": sorted(known.current),
            "retired": sorted(known.retired),
        }
    )
