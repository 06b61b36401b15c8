"""Operators: who may ask the service for what only operators may, each by a token of its own.

::

    operators/<id>   {"name": ..., "group": ... or null, "token_sha256": "<64 hex>", "added": unix seconds}

A token is "<id>.<secret>", sealed as devices' are, shown when it is made and kept as its hash. It is no device's token,
and no device's is one. An operator of a group may do there what one without a group may do everywhere.
"""

from __future__ import annotations

import hmac
import logging
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from cloud.errors import Damaged, NotFound, NothingToDo, Unauthenticated
from cloud.identity.secret_hash import hash_secret
from cloud.identity.token_seal import TokenSeal
from cloud.identity.tokens import MAX_REMEMBERED, REMEMBERED_S, parse_token
from cloud.store import keys
from cloud.store.documents import read_each, reading
from cloud.store.listing import names_under
from cloud.store.store import ObjectStore
from contract.documents import encode_json, parse_document
from contract.patterns import GROUP_PATTERN, HEX64_PATTERN

NAME_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._@-]{0,62}")
ID_PATTERN = re.compile(r"operator-[0-9a-f]{16}")
MAX_DOCUMENT_BYTES = 4 << 10

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody who runs the service, or a group of it."""

    id: str
    name: str
    group: str | None
    """None: all groups."""
    token_sha256: str = field(repr=False)
    added: int
    """Unix seconds."""


def add(store: ObjectStore, name: str, *, group: str | None, now: int) -> tuple[Operator, str]:
    """Add an operator; return it with its token, which nobody can show again.

    Raises:
        NothingToDo: an operator has this name.
        StoreError: the store failed.
    """
    if _find_named(store, name) is not None:
        raise NothingToDo(f"{name}: expected a name that no operator has, got one of `operators list`")
    id_ = f"operator-{secrets.token_hex(8)}"
    token = TokenSeal(store).make_token(id_)
    operator = Operator(id_, name, group, hash_secret(token), now)
    document = {"name": name, "group": group, "token_sha256": operator.token_sha256, "added": now}
    store.put_if_absent(keys.operator(id_), encode_json(document))
    return operator, token


def remove(store: ObjectStore, name: str) -> Operator:
    """Remove an operator; its token counts no more, within `REMEMBERED_S` in every web process.

    Raises:
        NothingToDo: there is none of this name.
        StoreError: the store failed.
    """
    found = _find_named(store, name)
    if found is None:
        raise NothingToDo(f"{name}: expected an operator that `operators list` shows, got none of this name")
    store.delete(keys.operator(found.id))
    return found


def read_all(store: ObjectStore, *, damaged: Callable[[Damaged], None]) -> Iterator[Operator]:
    """Read all operators; `damaged` is told of those that cannot be. Raises a `StoreError`."""
    return read_each(names_under(store, keys.OPERATORS), partial(read, store), damaged=damaged)


class OperatorAuthenticator:
    """A check of operators' tokens that remembers operators for a while. Safe to use from several threads."""

    def __init__(self, store: ObjectStore, *, clock: Callable[[], float], remembered_s: float = REMEMBERED_S) -> None:
        self._store = store
        self._clock = clock
        self._remembered_s = remembered_s
        self._remembered: dict[str, tuple[Operator, float]] = {}

    def authenticate(self, authorization: str) -> Operator:
        """Return the operator whose token an Authorization header carries.

        Raises:
            Unauthenticated: it carries no token, or none of an operator.
            StoreError: the store failed.
        """
        id_, token = parse_token(authorization)
        operator = self.find(id_)
        if operator is None or not hmac.compare_digest(hash_secret(token), operator.token_sha256):
            raise Unauthenticated(expected="the token of an operator", got="another one")
        return operator

    def find(self, id_: str) -> Operator | None:
        """Return the operator of an id, as it was at most a while ago; None where there is none.

        Raises:
            StoreError: the store failed.
        """
        remembered, until = self._remembered.get(id_, (None, 0.0))
        if remembered is not None and self._clock() < until:
            return remembered
        self._remembered.pop(id_, None)
        try:
            operator = read(self._store, id_) if ID_PATTERN.fullmatch(id_) else None
        except NotFound:
            return None
        if operator is not None:
            if len(self._remembered) >= MAX_REMEMBERED:
                self._remembered.clear()
            self._remembered[id_] = operator, self._clock() + self._remembered_s
        return operator


def read(store: ObjectStore, id_: str) -> Operator:
    """Read an operator by its id.

    Raises:
        NotFound: there is none.
        Damaged: it cannot be read.
    """
    key = keys.operator(id_)
    body = store.get(key).body
    with reading(key):
        fields = parse_document(body, where=key, max_bytes=MAX_DOCUMENT_BYTES)
        return Operator(
            id=id_,
            name=fields.name("name", NAME_PATTERN),
            group=fields.name("group", GROUP_PATTERN) if "group" in fields else None,
            token_sha256=fields.name("token_sha256", HEX64_PATTERN),
            added=fields.integer("added"),
        )


def _find_named(store: ObjectStore, name: str) -> Operator | None:
    """Return the operator of a name, of those that can be read: no other's token counts."""
    found = read_all(store, damaged=lambda error: logger.warning("left out: %s", error))
    return next((one for one in found if one.name == name), None)
