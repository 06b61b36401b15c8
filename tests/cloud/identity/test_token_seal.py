"""Which tokens were given out here, told without a look at whom they belong to."""

import base64
from concurrent.futures import ThreadPoolExecutor

import pytest

from cloud.identity import operators
from cloud.identity.enrolment import enrol
from cloud.identity.token_seal import KEY_BYTES, SEAL_BYTES, SECRET_BYTES, TokenSeal
from cloud.identity.tokens import Authenticator
from cloud.store import ObjectStore, keys
from contract.patterns import TOKEN_PATTERN
from contract.routes import EnrolmentRequest

DEVICE = "d" * 32
OTHER = "e" * 32


@pytest.fixture
def seal(directory_store: ObjectStore) -> TokenSeal:
    return TokenSeal(directory_store)


def test_a_token_is_known_to_every_process(seal: TokenSeal, directory_store: ObjectStore) -> None:
    token = seal.make_token(DEVICE)
    assert TOKEN_PATTERN.fullmatch(token)
    assert token != seal.make_token(DEVICE)
    assert seal.is_on(token)
    assert TokenSeal(directory_store).is_on(token)


def test_what_was_changed_or_made_up_is_not_taken_for_one(seal: TokenSeal) -> None:
    token = seal.make_token(DEVICE)
    id_, _, rest = token.partition(".")
    changed = [f"{id_}.{rest[:at]}{'A' if rest[at] != 'A' else 'B'}{rest[at + 1 :]}" for at in range(len(rest))]
    unsealed = base64.urlsafe_b64encode(bytes(SECRET_BYTES + SEAL_BYTES)).rstrip(b"=").decode()
    others = [
        f"{OTHER}.{rest}",
        f"{id_}.{rest}=",
        f"{id_}.{rest[:-1]}",
        f"{id_}.{rest}A",
        f"{id_}.{rest[:-1]}+",
        f"{id_}.{rest[:-1]}ä",
        f"{id_}.{unsealed}",
        f"{id_}{rest}",
        f"{id_}.",
        "",
    ]
    assert [one for one in (*changed, *others) if seal.is_on(one)] == []


def test_the_key_is_made_once_whoever_asks_first(directory_store: ObjectStore) -> None:
    with ThreadPoolExecutor(8) as threads:
        tokens = list(threads.map(lambda _: TokenSeal(directory_store).make_token(DEVICE), range(32)))
    assert len(directory_store.get(keys.SEAL).body) == KEY_BYTES
    assert all(TokenSeal(directory_store).is_on(token) for token in tokens)


def test_the_store_is_asked_for_the_key_once_and_for_no_token(seal: TokenSeal, directory_store: ObjectStore) -> None:
    token = seal.make_token(DEVICE)
    directory_store.delete(keys.SEAL)
    assert seal.is_on(token)
    assert not TokenSeal(directory_store).is_on(token)  # the key is another one then


def test_devices_and_operators_get_sealed_tokens(directory_store: ObjectStore) -> None:
    directory_store.put(keys.VERIFY, bytes(32))
    seal, authenticator = TokenSeal(directory_store), Authenticator(directory_store, clock=lambda: 0.0)
    reply = enrol(directory_store, EnrolmentRequest("a code"), groups={"a code": "home"}, now=0)
    assert seal.is_on(reply.token)
    renewed = authenticator.renew_token(authenticator.authenticate(f"Bearer {reply.token}"))
    assert seal.is_on(renewed.token)
    _, token = operators.add(directory_store, "Grace", group=None, now=0)
    assert seal.is_on(token)


def test_a_header_is_known_by_its_token_however_it_is_spelt(seal: TokenSeal, directory_store: ObjectStore) -> None:
    """Else each spelling would be another one to count."""
    token = seal.make_token(DEVICE)
    authenticator = Authenticator(directory_store, clock=lambda: 0.0)
    found = {authenticator.find_sealed(header.format(token)) for header in ("Bearer {}", "bearer   {}", "BEARER {} ")}
    assert len(found) == 1
    assert None not in found
    assert [authenticator.find_sealed(header) for header in ("", "Bearer", f"Bearer {token}x", token)] == [None] * 4


def test_who_is_remembered_is_let_in_without_a_look_at_the_store(directory_store: ObjectStore) -> None:
    directory_store.put(keys.VERIFY, bytes(32))
    token = enrol(directory_store, EnrolmentRequest("a code"), groups={"a code": "home"}, now=0).token
    authenticator = Authenticator(directory_store, clock=lambda: 0.0)
    assert authenticator.recall(f"Bearer {token}") is None
    device = authenticator.authenticate(f"Bearer {token}")
    directory_store.delete(keys.device(device.id))
    assert authenticator.recall(f"Bearer {token}") == device
    assert [authenticator.recall(header) for header in ("", f"Bearer {token}x", token)] == [None] * 3
