"""A device that enrols again is the same one, and a token that takes the place of another locks nobody out."""

import json
from collections.abc import Callable

import pytest

from cloud.errors import PreconditionFailed, Unauthenticated, Unavailable
from cloud.identity import devices
from cloud.identity.enrolment import enrol
from cloud.identity.tokens import REMEMBERED_S, Authenticator
from cloud.store import ObjectStore, keys
from contract.device_id import device_id
from contract.proof import ProofKey, ProofRequest
from contract.routes import EnrolmentReply, EnrolmentRequest
from tests.cloud.clock import Clock

CODES = {"a-code-for-home": "home", "another-code-for-home": "home", "a-code-for-work": "work"}
SECRET = bytes(range(32))
ASKED = ProofRequest(bytes(32))


@pytest.fixture
def store(directory_store: ObjectStore) -> ObjectStore:
    directory_store.put(keys.VERIFY, bytes(32))
    return directory_store


@pytest.fixture
def authenticator(store: ObjectStore, clock: Clock) -> Authenticator:
    return Authenticator(store, clock=clock)


def ask(store: ObjectStore, *, code: str = "a-code-for-home", secret: bytes | None = SECRET) -> EnrolmentReply:
    return enrol(store, EnrolmentRequest(code, secret), groups=CODES, now=0)


def counts(authenticator: Authenticator, token: str) -> bool:
    try:
        authenticator.authenticate(f"Bearer {token}")
    except Unauthenticated:
        return False
    return True


def test_the_same_secret_makes_the_same_device(store: ObjectStore) -> None:
    """Its samples counted twice: it was another device each time."""
    first, again = ask(store), ask(store, code="another-code-for-home")
    assert first.device == again.device == device_id(SECRET, group="home")
    assert first.token != again.token
    assert store.list(keys.DEVICES) == [keys.device(first.device)]


def test_another_secret_group_or_none_makes_another_device(store: ObjectStore) -> None:
    replies = [
        ask(store),
        ask(store, secret=bytes(32)),
        ask(store, code="a-code-for-work"),
        ask(store, secret=None),
        ask(store, secret=None),
    ]
    assert len({reply.device for reply in replies}) == 5


def test_who_knows_an_id_and_a_code_is_not_that_device(store: ObjectStore) -> None:
    first = ask(store)
    for guess in (bytes.fromhex(first.device) * 2, bytes.fromhex(first.device) + bytes(16), bytes(32)):
        assert ask(store, secret=guess).device != first.device


def test_nothing_of_the_secret_is_kept(store: ObjectStore) -> None:
    reply = ask(store)
    kept = store.get(keys.device(reply.device)).body
    assert SECRET.hex().encode() not in kept
    assert SECRET not in kept


def test_a_token_that_counts_goes_on_until_the_new_one_is_used(
    store: ObjectStore, authenticator: Authenticator
) -> None:
    """The answer may have been lost: the device has the old one then."""
    first, again = ask(store), ask(store)
    assert counts(authenticator, first.token)
    assert counts(authenticator, again.token)
    assert not counts(authenticator, first.token)
    assert counts(authenticator, again.token)


@pytest.mark.parametrize("renewals", [1, 3])
def test_a_renewed_token_takes_the_place_of_the_old_one_when_it_is_used(
    store: ObjectStore, authenticator: Authenticator, renewals: int
) -> None:
    old = ask(store).token
    for _ in range(renewals):
        offered = [authenticator.renew_token(authenticator.authenticate(f"Bearer {old}")).token for _ in range(3)]
        assert counts(authenticator, old)
        assert counts(authenticator, offered[1])
        assert not any(counts(authenticator, other) for other in (old, offered[0], offered[2]))
        old = offered[1]


def test_in_another_process_the_old_token_counts_for_a_while_and_the_new_one_at_once(
    store: ObjectStore, authenticator: Authenticator, clock: Clock
) -> None:
    other = Authenticator(store, clock=clock)
    old = ask(store).token
    assert counts(other, old)
    new = authenticator.renew_token(authenticator.authenticate(f"Bearer {old}")).token
    assert counts(authenticator, new)
    assert counts(other, old)
    assert counts(other, new)
    assert not counts(other, old)
    third = Authenticator(store, clock=clock)
    assert counts(third, new)


def test_what_a_process_remembers_of_an_old_token_ends_in_time(
    store: ObjectStore, authenticator: Authenticator, clock: Clock
) -> None:
    other = Authenticator(store, clock=clock)
    old = ask(store).token
    assert counts(other, old)
    assert counts(authenticator, authenticator.renew_token(authenticator.authenticate(f"Bearer {old}")).token)
    clock.now += REMEMBERED_S + 1
    assert not counts(other, old)


def test_a_proof_is_made_by_either_token_until_the_new_one_is_used(
    store: ObjectStore, authenticator: Authenticator
) -> None:
    old = ask(store)
    new = authenticator.renew_token(authenticator.authenticate(f"Bearer {old.token}")).token
    by_old, by_new = (ProofKey.of(token, device=old.device) for token in (old.token, new))
    shown = authenticator.prove(old.device, ASKED)
    assert by_old.accepts(shown, request=ASKED)
    assert by_new.accepts(shown, request=ASKED)
    assert counts(authenticator, new)
    shown = authenticator.prove(old.device, ASKED)
    assert shown.next == ()
    assert by_new.accepts(shown, request=ASKED)
    assert not by_old.accepts(shown, request=ASKED)


def test_another_process_proves_itself_by_a_token_that_was_renewed_a_moment_ago(
    store: ObjectStore, authenticator: Authenticator, clock: Clock
) -> None:
    """What it remembered was from before, and the device took its own service for another one."""
    other = Authenticator(store, clock=clock)
    old = ask(store)
    assert counts(other, old.token)
    other.prove(old.device, ASKED)
    new = authenticator.renew_token(authenticator.authenticate(f"Bearer {old.token}")).token
    by_new = ProofKey.of(new, device=old.device)
    assert by_new.accepts(other.prove(old.device, ASKED), request=ASKED)
    assert counts(authenticator, new)
    shown = other.prove(old.device, ASKED)
    assert by_new.accepts(shown, request=ASKED)
    assert not ProofKey.of(old.token, device=old.device).accepts(shown, request=ASKED)


def test_a_token_that_ended_makes_no_other_one_in_a_process_that_remembers_it(
    store: ObjectStore, authenticator: Authenticator, clock: Clock
) -> None:
    """Who stole it had a new one then, and went on after the rotation."""
    thief = Authenticator(store, clock=clock)
    stolen = ask(store).token
    remembered = thief.authenticate(f"Bearer {stolen}")
    new = authenticator.renew_token(authenticator.authenticate(f"Bearer {stolen}")).token
    assert counts(authenticator, new)
    assert thief.authenticate(f"Bearer {stolen}") == remembered
    before = devices.read(store, remembered.id)
    with pytest.raises(Unauthenticated):
        thief.renew_token(remembered)
    assert devices.read(store, remembered.id) == before
    assert not counts(thief, stolen)


def test_a_device_that_is_there_no_more_gets_no_other_token(store: ObjectStore, authenticator: Authenticator) -> None:
    device = authenticator.authenticate(f"Bearer {ask(store).token}")
    store.delete(keys.device(device.id))
    with pytest.raises(Unauthenticated):
        authenticator.renew_token(device)


def test_what_a_later_version_wrote_of_a_device_stays(store: ObjectStore, authenticator: Authenticator) -> None:
    reply = ask(store)
    key = keys.device(reply.device)
    store.put(key, json.dumps({**json.loads(store.get(key).body), "added": [1]}).encode())
    assert counts(authenticator, ask(store).token)
    assert json.loads(store.get(key).body)["added"] == [1]


def test_a_device_that_was_written_without_a_next_token_is_read(store: ObjectStore) -> None:
    reply = ask(store)
    key = keys.device(reply.device)
    written = json.loads(store.get(key).body)
    del written["next_tokens_sha256"]
    store.put(key, json.dumps(written).encode())
    assert devices.read(store, reply.device).next_tokens_sha256 == ()


class Busy:
    """A store in which somebody else changes a device before each of the first writes."""

    def __init__(self, store: ObjectStore, *, writes: int, change: Callable[[], object] = lambda: None) -> None:
        self._store = store
        self._writes = writes
        self._change = change

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def put_if_match(self, key: str, body: bytes, *, etag: str) -> str:
        if self._writes:
            self._writes -= 1
            self._change()
            raise PreconditionFailed(key, etag=etag)
        return self._store.put_if_match(key, body, etag=etag)


def test_a_change_that_another_process_came_before_is_made_again_a_few_times(store: ObjectStore) -> None:
    reply = ask(store)
    busy: ObjectStore = Busy(store, writes=devices.ATTEMPTS - 1)  # type: ignore[assignment]  # it hands on the rest
    assert devices.offer_token(busy, reply.device, token_sha256="1" * 64).next_tokens_sha256 == ("1" * 64,)
    busy = Busy(store, writes=devices.ATTEMPTS)  # type: ignore[assignment]  # it hands on the rest
    with pytest.raises(Unavailable):
        devices.offer_token(busy, reply.device, token_sha256="2" * 64)
    assert devices.read(store, reply.device).next_tokens_sha256 == ("1" * 64,)


def test_a_request_that_comes_late_takes_the_place_of_no_token_that_was_given_out_meanwhile(
    store: ObjectStore, authenticator: Authenticator, clock: Clock
) -> None:
    """The device had given the first one up, asked again and kept that answer: it had a token that never counted."""
    device = authenticator.authenticate(f"Bearer {ask(store).token}")
    kept = list[str]()
    busy: ObjectStore = Busy(  # type: ignore[assignment]  # it hands on the rest
        store, writes=1, change=lambda: kept.append(authenticator.renew_token(device).token)
    )
    late = Authenticator(busy, clock=clock).renew_token(device).token
    assert counts(authenticator, kept[0])
    assert not counts(authenticator, late)


def test_a_request_that_comes_after_the_other_token_was_used_is_refused(
    store: ObjectStore, authenticator: Authenticator, clock: Clock
) -> None:
    device = authenticator.authenticate(f"Bearer {ask(store).token}")
    kept = list[str]()

    def renew_and_use() -> None:
        kept.append(authenticator.renew_token(device).token)
        assert counts(authenticator, kept[0])

    busy: ObjectStore = Busy(store, writes=1, change=renew_and_use)  # type: ignore[assignment]  # it hands on the rest
    with pytest.raises(Unauthenticated):
        Authenticator(busy, clock=clock).renew_token(device)
    assert counts(authenticator, kept[0])


def test_of_the_tokens_that_were_given_out_and_not_used_the_last_few_count(store: ObjectStore) -> None:
    reply = ask(store)
    for digit in "123456":
        devices.offer_token(store, reply.device, token_sha256=digit * 64)
    assert devices.read(store, reply.device).next_tokens_sha256 == tuple(digit * 64 for digit in "3456")


def test_of_two_tokens_that_are_used_at_once_the_first_takes_the_place_of_all_others(store: ObjectStore) -> None:
    reply = ask(store)
    for digit in "12":
        devices.offer_token(store, reply.device, token_sha256=digit * 64)
    devices.accept_token(store, reply.device, token_sha256="1" * 64)
    after = devices.accept_token(store, reply.device, token_sha256="2" * 64)
    assert (after.token_sha256, after.next_tokens_sha256) == ("1" * 64, ())
