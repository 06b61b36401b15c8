"""Who may do what."""

import pytest

from cloud.errors import Damaged, Forbidden, NotReady, RequestRefused, Unauthenticated
from cloud.identity import devices, tokens
from cloud.identity.enrolment import enrol
from cloud.identity.tokens import Authenticator
from cloud.store import ObjectStore, keys
from contract.patterns import DEVICE_PATTERN, TOKEN_PATTERN
from contract.problems import Problem
from contract.proof import ProofKey, ProofRequest
from contract.routes import EnrolmentRequest

ASKED = ProofRequest(bytes(range(32)))
CODES = {"a-code-for-home": "home", "a-code-for-work": "work"}


@pytest.fixture
def store(directory_store: ObjectStore) -> ObjectStore:
    """A store whose worker ran once."""
    directory_store.put(keys.VERIFY, bytes(32))
    return directory_store


def test_a_code_opens_its_group(store: ObjectStore) -> None:
    reply = enrol(store, EnrolmentRequest("a-code-for-work"), groups=CODES, now=1_700_000_000)
    assert (reply.group, reply.key) == ("work", bytes(32))
    assert DEVICE_PATTERN.fullmatch(reply.device)
    assert TOKEN_PATTERN.fullmatch(reply.token)
    assert devices.read(store, reply.device).enrolled == 1_700_000_000


def test_each_enrolment_is_another_device(store: ObjectStore) -> None:
    replies = [enrol(store, EnrolmentRequest("a-code-for-home"), groups=CODES, now=0) for _ in range(3)]
    assert len({reply.device for reply in replies}) == len({reply.token for reply in replies}) == 3


@pytest.mark.parametrize("code", ["", "a-code-for-hom", "a-code-for-home ", "A-CODE-FOR-HOME", "ä" * 8])
def test_another_code_opens_nothing(store: ObjectStore, code: str) -> None:
    with pytest.raises(Forbidden):
        enrol(store, EnrolmentRequest(code), groups=CODES, now=0)
    assert store.list(keys.DEVICES) == []


def test_without_codes_nobody_enrols(store: ObjectStore) -> None:
    with pytest.raises(Forbidden):
        enrol(store, EnrolmentRequest("a-code-for-home"), groups={}, now=0)


def test_before_the_workers_first_start_nobody_enrols(store: ObjectStore) -> None:
    store.delete(keys.VERIFY)
    with pytest.raises(NotReady, match="it has not been started yet"):
        enrol(store, EnrolmentRequest("a-code-for-home"), groups=CODES, now=0)
    assert store.list(keys.DEVICES) == []


def test_neither_token_nor_secret_is_kept(store: ObjectStore) -> None:
    reply = enrol(store, EnrolmentRequest("a-code-for-home"), groups=CODES, now=0)
    kept = store.get(keys.device(reply.device)).body.decode()
    secret = reply.token.partition(".")[2]
    assert secret not in kept
    assert secret not in repr(devices.read(store, reply.device))
    assert secret not in repr(reply)


def test_a_token_says_who_it_is(store: ObjectStore) -> None:
    reply = enrol(store, EnrolmentRequest("a-code-for-home"), groups=CODES, now=0)
    device = Authenticator(store, clock=lambda: 0.0).authenticate(f"Bearer {reply.token}")
    assert (device.id, device.group, device.generation) == (reply.device, "home", 0)


def test_the_scheme_is_read_in_any_case(store: ObjectStore) -> None:
    reply = enrol(store, EnrolmentRequest("a-code-for-home"), groups=CODES, now=0)
    assert Authenticator(store, clock=lambda: 0.0).authenticate(f"bearer  {reply.token}").id == reply.device


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer .",
        "Basic {token}",
        "{token}",
        "Bearer {device}",
        "Bearer {device}.",
        "Bearer {device}.wrong-but-long-enough",
        "Bearer {token}x",
        "Bearer {secret}",
        "Bearer {device}.{token}",
        "Bearer {token} x",
        "Bearer ../../keys/verify.xxxxxxxxxxxxxxxx",
        "Bearer 0000000000000000.{secret}",
        "Bearer " + "a" * 10_000 + ".x",
        "Bearer ä.{secret}",
    ],
)
def test_nothing_else_is_a_token(store: ObjectStore, header: str) -> None:
    reply = enrol(store, EnrolmentRequest("a-code-for-home"), groups=CODES, now=0)
    device, _, secret = reply.token.partition(".")
    asked = header.format(token=reply.token, device=device, secret=secret)
    with pytest.raises(Unauthenticated) as caught:
        Authenticator(store, clock=lambda: 0.0).authenticate(asked)
    assert secret not in str(caught.value)


def test_a_device_is_looked_up_once_in_a_while(store: ObjectStore) -> None:
    """So that an upload stays one PUT."""
    reply = enrol(store, EnrolmentRequest("a-code-for-home"), groups=CODES, now=0)
    now = 0.0
    authenticator = Authenticator(store, clock=lambda: now, remembered_s=30.0)
    authenticator.authenticate(f"Bearer {reply.token}")
    store.delete(keys.device(reply.device))
    now = 29.0
    authenticator.authenticate(f"Bearer {reply.token}")
    with pytest.raises(Unauthenticated):
        authenticator.authenticate(f"Bearer {reply.token}x")
    now = 31.0
    with pytest.raises(Unauthenticated):
        authenticator.authenticate(f"Bearer {reply.token}")


def test_what_is_remembered_is_bounded(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MAX_REMEMBERED", 3)
    authenticator = Authenticator(store, clock=lambda: 0.0)
    for _ in range(8):
        authenticator.authenticate(
            f"Bearer {enrol(store, EnrolmentRequest('a-code-for-home'), groups=CODES, now=0).token}"
        )
    assert len(authenticator._remembered) <= 3


def test_a_device_finds_the_proof_to_be_that_of_its_token(store: ObjectStore) -> None:
    replies = [enrol(store, EnrolmentRequest("a-code-for-home"), groups=CODES, now=0) for _ in range(2)]
    authenticator = Authenticator(store, clock=lambda: 0.0)
    for mine, others in (replies, reversed(replies)):
        proof = authenticator.prove(mine.device, ASKED)
        assert ProofKey.of(mine.token, device=mine.device).accepts(proof, request=ASKED)
        assert not ProofKey.of(others.token, device=mine.device).accepts(proof, request=ASKED)


def test_of_a_device_that_never_enrolled_nothing_is_proven_or_remembered(store: ObjectStore) -> None:
    authenticator = Authenticator(store, clock=lambda: 0.0)
    with pytest.raises(RequestRefused) as refused:
        authenticator.prove("0" * 32, ASKED)
    assert refused.value.document.problem is Problem.NOT_FOUND
    assert authenticator._remembered == {}


def test_of_a_device_that_is_there_no_more_nothing_is_proven_whatever_is_remembered(store: ObjectStore) -> None:
    reply = enrol(store, EnrolmentRequest("a-code-for-home"), groups=CODES, now=0)
    authenticator = Authenticator(store, clock=lambda: 0.0)
    authenticator.authenticate(f"Bearer {reply.token}")
    store.delete(keys.device(reply.device))
    with pytest.raises(RequestRefused):
        authenticator.prove(reply.device, ASKED)


def test_a_damaged_device_document_is_said(store: ObjectStore) -> None:
    reply = enrol(store, EnrolmentRequest("a-code-for-home"), groups=CODES, now=0)
    store.put(keys.device(reply.device), b"{}")
    with pytest.raises(Damaged):
        devices.read(store, reply.device)
