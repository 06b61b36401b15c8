"""The signed lists of spaces: one for each group, renewed as releases are, and written anew when a space is retired.

::

    spaces-of/<group>    pointer: {"format": 1, "commit": ..., "ancestors": [...], "envelope": {...}}

A space is current once its bundle is registered, unless it is retired for the group. Whoever signs passes in what is
registered, in the order of what matters to the group: a list has room for `MAX_SPACES`, names all that are retired,
and the first others that fit. A space that is not listed may be used all the same.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from cloud.errors import Damaged, ListFull, NothingToDo
from cloud.logs import fields
from cloud.releases.renewal import half_life
from cloud.releases.signing import SigningKey
from cloud.store import keys, pointer
from cloud.store.documents import reading
from cloud.store.listing import names_under
from cloud.store.pointer import Pointer
from cloud.store.store import ObjectStore
from contract.documents import encode_json, parse_json
from contract.envelope import Envelope
from contract.patterns import GROUP_PATTERN
from contract.space_list import MAX_SPACES, SPACES_PAYLOAD_TYPE, SpaceList

LIST_FORMAT = 1

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SignedSpaces:
    """A group's list as it stands."""

    spaces: SpaceList
    envelope: Envelope
    pointer: Pointer


def read(store: ObjectStore, group: str) -> SignedSpaces | None:
    """Read a group's list; None where none was signed yet.

    Raises:
        Damaged: it is not what was written.
        Unavailable: the store does not answer.
    """
    current = pointer.read(store, keys.space_list(group))
    if current is None:
        return None
    with reading(current.key):
        current.fields.check_format(LIST_FORMAT)
        envelope = Envelope.parse(encode_json(current.fields.document("envelope").as_json()))
        return SignedSpaces(SpaceList.parse(envelope.payload), envelope, current)


def groups(store: ObjectStore) -> list[str]:
    """List the groups that have a list, in order.

    Raises:
        Unavailable: the store does not answer.
    """
    return [name for name in names_under(store, keys.SPACE_LISTS) if GROUP_PATTERN.fullmatch(name)]


@dataclass(frozen=True, slots=True)
class SpaceLister:
    """Signs lists of spaces, with the worker's key."""

    store: ObjectStore
    key: SigningKey
    life_s: float
    """For how long a list counts as news."""

    def due(self, standing: SpaceList) -> float:
        """Return when a list of this key wants to be renewed, Unix seconds."""
        return half_life(standing.issued, standing.expires, life_s=self.life_s)

    def renew(self, group: str, *, registered: Iterable[str], now: float) -> SpaceList:
        """Return a group's list, signed anew where half of its life is over, or spaces or the key are others.

        Raises:
            LostRace: somebody else signed meanwhile.
            Damaged: what stands there was not signed by this worker, who will not sign it either.
            StoreError: the store failed.
        """
        before = read(self.store, group)
        retired = before.spaces.retired if before else frozenset[str]()
        if (
            before
            and self.key.has_signed(before.envelope)
            and before.spaces.current == _current(registered, retired)
            and now < self.due(before.spaces)
        ):
            return before.spaces
        return self._sign(group, before, registered=registered, retired=retired, now=now)

    def retire(self, group: str, space: str, *, registered: Iterable[str], now: float) -> SpaceList:
        """Retire a space for a group: its devices stop sending and asking.

        Raises:
            NothingToDo: it is retired already.
            ListFull: the list names no more.
            LostRace, Damaged, StoreError: as for `renew`.
        """
        before = read(self.store, group)
        retired = before.spaces.retired if before else frozenset[str]()
        if space in retired:
            raise NothingToDo(f"{group}/{space}: expected a space that is current, got one that is retired already")
        if len(retired) >= MAX_SPACES:
            raise ListFull(
                f"group {group}: expected at most {MAX_SPACES} retired spaces, got another; restore one first"
            )
        return self._sign(group, before, registered=registered, retired=retired | {space}, now=now)

    def restore(self, group: str, space: str, *, registered: Iterable[str], now: float) -> SpaceList:
        """Take a retirement back. Raises as `retire` does, `NothingToDo` where the space is not retired."""
        before = read(self.store, group)
        if before is None or space not in before.spaces.retired:
            raise NothingToDo(f"{group}/{space}: expected a space that is retired, got one that is not")
        registered = [space, *registered]  # it is said, whatever there is no room for
        return self._sign(group, before, registered=registered, retired=before.spaces.retired - {space}, now=now)

    def raise_serial(self, group: str, *, registered: Iterable[str], to: int, now: float) -> SpaceList | None:
        """Sign a group's list anew, with a serial above `to`; None where it has none. Raises as `renew` does."""
        before = read(self.store, group)
        if before is None:
            return None
        retired = before.spaces.retired
        return self._sign(group, before, registered=registered, retired=retired, now=now, above=to)

    def _sign(
        self,
        group: str,
        before: SignedSpaces | None,
        *,
        registered: Iterable[str],
        retired: frozenset[str],
        now: float,
        above: int = 0,
    ) -> SpaceList:
        if before and not self.key.vouches_for(before.envelope):
            raise Damaged(f"{keys.space_list(group)}: expected a signature of this worker's key, got none that fits")
        issued = max(int(now), before.spaces.issued if before else 0)
        listed = SpaceList(
            group=group,
            serial=max(before.spaces.serial if before else 0, above) + 1,
            issued=issued,
            expires=issued + int(self.life_s),
            current=_current(registered, retired),
            retired=retired,
        )
        envelope = self.key.sign(listed.encode(), payload_type=SPACES_PAYLOAD_TYPE).encode()
        document = {"format": LIST_FORMAT, "envelope": parse_json(envelope, where="envelope", max_bytes=len(envelope))}
        pointer.swap(self.store, keys.space_list(group), previous=before.pointer if before else None, document=document)
        logger.info("spaces: signed", extra=fields(group=group, serial=listed.serial, retired=len(retired)))
        return listed


def _current(registered: Iterable[str], retired: frozenset[str]) -> frozenset[str]:
    """Return the first spaces that are not retired, as many as the list has room for."""
    others = dict.fromkeys(space for space in registered if space not in retired)
    return frozenset(list(others)[: MAX_SPACES - len(retired)])
