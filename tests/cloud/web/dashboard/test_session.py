"""A session is worth something to the browser that it was opened for, for half a day, while there is its operator."""

import pytest

from cloud.errors import Unauthenticated
from cloud.identity import operators
from cloud.identity.operators import OperatorAuthenticator
from cloud.identity.tokens import REMEMBERED_S
from cloud.store import ObjectStore
from cloud.web.dashboard.session import LIFE_S, Sessions

NOW = 1_800_000_000


def sessions(store: ObjectStore, clock: float = 0.0) -> Sessions:
    return Sessions(OperatorAuthenticator(store, clock=lambda: clock))


def test_a_session_holds_in_every_process_for_half_a_day(directory_store: ObjectStore) -> None:
    operator, token = operators.add(directory_store, "Grace", group="home", now=0)
    cookie = sessions(directory_store).open(token, now=NOW)
    assert sessions(directory_store).operator(cookie, now=NOW + LIFE_S - 1) == operator
    assert sessions(directory_store).operator(cookie, now=NOW + LIFE_S) is None


def test_what_is_no_token_opens_none(directory_store: ObjectStore) -> None:
    _, token = operators.add(directory_store, "Grace", group=None, now=0)
    for wrong in ("", token + "x", "operator-0123456789abcdef.secret", "\0", "d" * 32 + ".device"):
        with pytest.raises(Unauthenticated):
            sessions(directory_store).open(wrong, now=NOW)


def test_a_cookie_that_was_changed_is_none(directory_store: ObjectStore) -> None:
    _, token = operators.add(directory_store, "Grace", group=None, now=0)
    other, _ = operators.add(directory_store, "Ken", group=None, now=0)
    id_, expires, seal = sessions(directory_store).open(token, now=NOW).split(".")
    for wrong in (
        f"{other.id}.{expires}.{seal}",
        f"{id_}.{int(expires) + 1}.{seal}",
        f"{id_}.{expires}.{seal[:-1]}",
        f"{id_}.{expires}.é",
        f"{id_}.{'9' * 5000}.{seal}",
        f"{id_}.²{expires[1:]}.{seal}",
        f"../../x.{expires}.{seal}",
        "",
        "..",
    ):
        assert sessions(directory_store).operator(wrong, now=NOW) is None, wrong


def test_a_session_ends_with_its_operator(directory_store: ObjectStore) -> None:
    _, token = operators.add(directory_store, "Grace", group=None, now=0)
    clock = [0.0]
    standing = Sessions(OperatorAuthenticator(directory_store, clock=lambda: clock[0]))
    cookie = standing.open(token, now=NOW)
    operators.remove(directory_store, "Grace")
    clock[0] = REMEMBERED_S
    assert standing.operator(cookie, now=NOW) is None
