"""Devices that an operator revokes, excludes and readmits."""

import json

import pytest

from cloud.errors import Forbidden, NothingToDo, Unauthenticated
from cloud.identity import devices
from cloud.identity.enrolment import enrol
from cloud.identity.tokens import REMEMBERED_S, Authenticator
from cloud.store import ObjectStore, keys
from contract.callbacks import ignore
from contract.routes import EnrolmentReply, EnrolmentRequest
from tests.cloud.clock import Clock


@pytest.fixture
def store(directory_store: ObjectStore) -> ObjectStore:
    directory_store.put(keys.VERIFY, bytes(32))
    return directory_store


@pytest.fixture
def processes(store: ObjectStore, clock: Clock) -> list[Authenticator]:
    """What several web processes remember, each for itself."""
    return [Authenticator(store, clock=clock) for _ in range(3)]


def ask(store: ObjectStore, *, code: str = "a-code-for-home") -> EnrolmentReply:
    return enrol(store, EnrolmentRequest(code, bytes(32)), groups={"a-code-for-home": "home"}, now=0)


def counts(process: Authenticator, token: str) -> bool:
    try:
        process.authenticate(f"Bearer {token}")
    except Unauthenticated:
        return False
    return True


def test_a_revoked_devices_tokens_count_in_no_process_after_half_a_minute(
    store: ObjectStore, clock: Clock, processes: list[Authenticator]
) -> None:
    device = ask(store)
    following = processes[0].renew_token(processes[0].authenticate(f"Bearer {device.token}")).token
    assert all(counts(process, device.token) for process in processes)
    devices.revoke(store, device.device, drops_uploads=False)
    clock.now += REMEMBERED_S
    assert REMEMBERED_S < 60
    tokens = (device.token, following, device.token)  # also once a process remembers that it is revoked
    assert not any(counts(process, token) for process in processes for token in tokens)


def test_a_revoked_device_is_told_so_only_with_its_own_token(
    store: ObjectStore, processes: list[Authenticator]
) -> None:
    device = ask(store)
    devices.revoke(store, device.device, drops_uploads=False)
    with pytest.raises(Unauthenticated, match="that is not revoked"):
        processes[0].authenticate(f"Bearer {device.token}")
    with pytest.raises(Unauthenticated, match="that this service gave out"):
        processes[0].authenticate(f"Bearer {device.token}x")


def test_a_revoked_device_gets_no_other_token(store: ObjectStore, processes: list[Authenticator]) -> None:
    """Neither by its code, nor from a process that does not know yet."""
    device = ask(store)
    remembered = processes[0].authenticate(f"Bearer {device.token}")
    devices.revoke(store, device.device, drops_uploads=False)
    with pytest.raises(Forbidden) as refused:
        ask(store)
    assert refused.value.document.where == "enrolment.secret"
    with pytest.raises(Unauthenticated):
        processes[0].renew_token(remembered)
    assert devices.read(store, device.device).next_tokens_sha256 == ()


def test_a_readmitted_devices_token_counts_again(store: ObjectStore, processes: list[Authenticator]) -> None:
    device = ask(store)
    devices.revoke(store, device.device, drops_uploads=True)
    readmitted = devices.readmit(store, device.device)
    assert (readmitted.revoked, readmitted.drops_uploads) == (False, False)
    assert all(counts(process, device.token) for process in processes)


def test_a_device_that_is_readmitted_without_its_tokens_enrols_again_and_is_the_same(
    store: ObjectStore, processes: list[Authenticator]
) -> None:
    """Its token is in wrong hands."""
    device = ask(store)
    devices.revoke(store, device.device, drops_uploads=False)
    devices.readmit(store, device.device, ends_tokens=True)
    assert not any(counts(process, device.token) for process in processes)
    again = ask(store)
    assert again.device == device.device
    assert all(counts(process, again.token) for process in processes)
    assert not any(counts(process, device.token) for process in processes)


def test_excluded_devices_are_known_by_group(store: ObjectStore) -> None:
    device = ask(store).device
    assert devices.excluded(store, "home") == frozenset()
    assert devices.exclude(store, device).excluded
    assert devices.excluded(store, "home") == {device}
    assert devices.excluded(store, "hom") == frozenset()
    assert not devices.readmit(store, device).excluded
    assert devices.excluded(store, "home") == frozenset()


def test_an_exclusion_that_was_cut_short_is_finished_by_the_same_command(store: ObjectStore) -> None:
    device = ask(store).device
    devices.exclude(store, device)
    store.delete(keys.excluded("home", device))
    with pytest.raises(NothingToDo):
        devices.exclude(store, device)
    assert devices.excluded(store, "home") == {device}


def test_an_operators_slip_is_told(store: ObjectStore) -> None:
    device = ask(store).device
    with pytest.raises(NothingToDo, match="expected a device that is revoked or excluded"):
        devices.readmit(store, device)
    devices.revoke(store, device, drops_uploads=False)
    with pytest.raises(NothingToDo, match="expected a device that is not revoked"):
        devices.revoke(store, device, drops_uploads=False)
    assert devices.revoke(store, device, drops_uploads=True).drops_uploads
    with pytest.raises(NothingToDo, match="expected a device that is not revoked"):
        devices.revoke(store, device, drops_uploads=True)
    for change in (devices.exclude, devices.readmit):
        with pytest.raises(NothingToDo, match="eeee: expected a device that is enrolled"):
            change(store, "e" * 20)


def test_a_document_of_before_there_was_revocation_is_of_a_device_that_counts(
    store: ObjectStore, processes: list[Authenticator]
) -> None:
    device = ask(store)
    document = json.loads(store.get(keys.device(device.device)).body)
    kept = {key: document[key] for key in ("group", "token_sha256", "next_tokens_sha256", "generation", "enrolled")}
    store.put(keys.device(device.device), json.dumps(kept).encode())
    assert counts(processes[0], device.token)
    assert devices.revoke(store, device.device, drops_uploads=False).revoked


def test_all_devices_are_read_in_the_order_of_their_ids(store: ObjectStore) -> None:
    ids = [
        enrol(store, EnrolmentRequest("a-code-for-home"), groups={"a-code-for-home": "home"}, now=0).device
        for _ in range(20)
    ]
    assert [one.id for one in devices.read_all(store, damaged=ignore)] == sorted(ids)
