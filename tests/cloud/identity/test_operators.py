"""Operators and their tokens."""

import pytest

from cloud.errors import Damaged, NothingToDo, Unauthenticated
from cloud.identity import operators
from cloud.identity.enrolment import enrol
from cloud.identity.operators import OperatorAuthenticator
from cloud.identity.tokens import REMEMBERED_S, Authenticator
from cloud.store import ObjectStore, keys
from contract.callbacks import ignore
from contract.patterns import TOKEN_PATTERN
from contract.routes import EnrolmentRequest
from tests.cloud.clock import Clock


@pytest.fixture
def store(directory_store: ObjectStore) -> ObjectStore:
    return directory_store


@pytest.fixture
def authenticator(store: ObjectStore, clock: Clock) -> OperatorAuthenticator:
    return OperatorAuthenticator(store, clock=clock)


def test_a_token_says_which_operator_it_is_and_of_which_group(
    store: ObjectStore, authenticator: OperatorAuthenticator
) -> None:
    for name, group in (("Grace", None), ("Alan T.", "household-7")):
        added, token = operators.add(store, name, group=group, now=7)
        assert TOKEN_PATTERN.fullmatch(token)
        assert authenticator.authenticate(f"Bearer {token}") == added
        assert (added.name, added.group, added.added) == (name, group, 7)
    assert [one.name for one in sorted(operators.read_all(store, damaged=ignore), key=lambda one: one.name)] == [
        "Alan T.",
        "Grace",
    ]


def test_an_operators_token_is_kept_as_its_hash_alone(store: ObjectStore) -> None:
    added, token = operators.add(store, "Grace", group=None, now=0)
    secret = token.partition(".")[2]
    assert len(secret) == 54
    assert secret.encode() not in store.get(keys.operator(added.id)).body
    assert added.token_sha256 not in repr(added)


@pytest.mark.parametrize(
    "wrong",
    ["", "Bearer ", "Basic {token}", "Bearer {token}x", "Bearer operator-0000000000000000.{secret}", "Bearer {id}."],
)
def test_another_token_is_refused(store: ObjectStore, authenticator: OperatorAuthenticator, wrong: str) -> None:
    added, token = operators.add(store, "Grace", group=None, now=0)
    authenticator.authenticate(f"Bearer {token}")
    header = wrong.format(token=token, id=added.id, secret=token.partition(".")[2])
    with pytest.raises(Unauthenticated) as refused:
        authenticator.authenticate(header)
    assert token.partition(".")[2] not in str(refused.value)


def test_no_device_is_an_operator_and_no_operator_a_device(
    store: ObjectStore, authenticator: OperatorAuthenticator
) -> None:
    store.put(keys.VERIFY, bytes(32))
    device = enrol(store, EnrolmentRequest("a-code-for-home"), groups={"a-code-for-home": "home"}, now=0)
    _, token = operators.add(store, "Grace", group=None, now=0)
    with pytest.raises(Unauthenticated):
        authenticator.authenticate(f"Bearer {device.token}")
    with pytest.raises(Unauthenticated):
        Authenticator(store, clock=lambda: 0.0).authenticate(f"Bearer {token}")


def test_a_removed_operator_counts_no_more_within_half_a_minute(
    store: ObjectStore, clock: Clock, authenticator: OperatorAuthenticator
) -> None:
    _, token = operators.add(store, "Grace", group=None, now=0)
    authenticator.authenticate(f"Bearer {token}")
    operators.remove(store, "Grace")
    clock.now += REMEMBERED_S
    with pytest.raises(Unauthenticated):
        authenticator.authenticate(f"Bearer {token}")
    with pytest.raises(NothingToDo, match="Grace: expected an operator that `operators list` shows"):
        operators.remove(store, "Grace")


def test_a_name_is_one_operators(store: ObjectStore) -> None:
    operators.add(store, "Grace", group=None, now=0)
    with pytest.raises(NothingToDo, match="Grace: expected a name that no operator has"):
        operators.add(store, "Grace", group="home", now=0)


def test_what_is_no_operator_in_the_store_is_said(store: ObjectStore, authenticator: OperatorAuthenticator) -> None:
    added, token = operators.add(store, "Grace", group=None, now=0)
    store.put(keys.operator(added.id), b'{"name": "Grace\\n"}')
    with pytest.raises(Damaged, match=f"^operators/{added.id}"):
        authenticator.authenticate(f"Bearer {token}")
