"""Codes of the store: drawn, kept as hashes, counted by device, expiring, withdrawn."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from cloud.errors import Damaged, Forbidden, NothingToDo, PreconditionFailed, Unavailable
from cloud.identity import codes, devices
from cloud.identity.codes import EnrolmentCode
from cloud.identity.enrolment import enrol
from cloud.store import ObjectStore, keys
from contract.callbacks import ignore
from contract.patterns import CODE_PATTERN
from contract.routes import EnrolmentReply, EnrolmentRequest

NOW, LATER = 1_800_000_000, 1_800_000_100


@pytest.fixture
def store(directory_store: ObjectStore) -> ObjectStore:
    """A store whose worker ran once."""
    directory_store.put(keys.VERIFY, bytes(32))
    return directory_store


def add(store: ObjectStore, *, uses: int = 1, group: str = "home") -> tuple[str, EnrolmentCode]:
    code = codes.draw()
    return code, codes.add(store, code, group=group, uses=uses, expires=LATER, now=NOW)


def ask(store: ObjectStore, code: str, secret: int = 0, *, now: int = NOW) -> EnrolmentReply:
    return enrol(store, EnrolmentRequest(code, bytes([secret] * 32)), groups={"a-code-for-work": "work"}, now=now)


def state(store: ObjectStore) -> list[tuple[str, int]]:
    return [(one.state(now=NOW), len(one.devices)) for one in codes.read_all(store, damaged=ignore)]


def test_a_code_has_a_hundred_random_bits_in_letters_that_can_be_read_out() -> None:
    drawn = {codes.draw() for _ in range(1_000)}
    assert len(drawn) == 1_000
    assert all(re.fullmatch(r"([0-9a-hj-km-np-tv-z]{5}-){3}[0-9a-hj-km-np-tv-z]{5}", one) for one in drawn)
    assert all(CODE_PATTERN.fullmatch(one) for one in drawn)
    assert len({one[0] for one in drawn}) == len(codes.ALPHABET) == 32


def test_a_code_opens_its_group_and_the_device_says_by_which(store: ObjectStore) -> None:
    code, kept = add(store, group="household-7")
    reply = ask(store, code)
    assert reply.group == "household-7"
    assert devices.read(store, reply.device).code == kept.id


def test_codes_of_the_environment_work_beside_those_of_the_store(store: ObjectStore) -> None:
    add(store)
    reply = ask(store, "a-code-for-work")
    assert (reply.group, devices.read(store, reply.device).code) == ("work", "")


def test_the_code_itself_is_nowhere_in_the_store(store: ObjectStore) -> None:
    code, kept = add(store)
    ask(store, code)
    bodies = [store.get(key).body for key in store.list("")]
    assert len(bodies) == 4  # the device, the code, and two keys
    assert not any(code.encode() in body for body in bodies)
    assert code not in repr(kept)


def test_a_code_lets_in_as_many_devices_as_it_has_uses(store: ObjectStore) -> None:
    code, _ = add(store, uses=2)
    first, second = ask(store, code, 1), ask(store, code, 2)
    with pytest.raises(Forbidden):
        ask(store, code, 3)
    assert {key.removeprefix(keys.DEVICES) for key in store.list(keys.DEVICES)} == {first.device, second.device}
    assert state(store) == [("used up", 2)]


def test_a_device_that_asks_again_is_counted_once_however_often(store: ObjectStore) -> None:
    """Its first answer was lost, and its code with it."""
    code, _ = add(store)
    assert len({ask(store, code).device for _ in range(3)}) == 1
    assert state(store) == [("used up", 1)]


def test_a_device_that_was_counted_and_not_yet_kept_is_let_in(store: ObjectStore) -> None:
    """The web process was killed between the two."""
    code, _ = add(store)
    device = ask(store, code).device
    store.delete(keys.device(device))
    assert ask(store, code).device == device


def test_a_device_of_the_group_costs_no_use_of_another_code(store: ObjectStore) -> None:
    code, _ = add(store)
    first = ask(store, code).device
    again, kept = add(store)
    assert ask(store, again).device == first
    assert [one.devices for one in codes.read_all(store, damaged=ignore) if one.id == kept.id] == [()]


def test_many_at_once_get_no_more_than_the_code_has(store: ObjectStore) -> None:
    code, _ = add(store, uses=5)

    def lets_in(secret: int) -> bool:
        try:
            ask(store, code, secret)
        except Forbidden:
            return False
        except Unavailable:  # asked again, as devices do
            return lets_in(secret)
        return True

    with ThreadPoolExecutor(12) as threads:
        assert sum(threads.map(lets_in, range(12))) == 5
    assert len(store.list(keys.DEVICES)) == 5
    assert state(store) == [("used up", 5)]


def test_a_code_expires(store: ObjectStore) -> None:
    code, kept = add(store)
    assert ask(store, code, now=LATER - 1)
    with pytest.raises(Forbidden):
        ask(store, code, now=LATER)
    assert kept.state(now=LATER) == "expired"


def test_a_withdrawn_code_opens_nothing_and_who_it_let_in_stays(store: ObjectStore) -> None:
    code, kept = add(store, uses=2)
    device = ask(store, code, 1).device
    withdrawn = codes.withdraw(store, kept.id)
    assert withdrawn is not None
    assert withdrawn.devices == (device,)
    with pytest.raises(Forbidden):
        ask(store, code, 1)
    assert devices.is_enrolled(store, device)
    with pytest.raises(NothingToDo, match=f"{kept.id}: expected a code that `codes list` shows"):
        codes.withdraw(store, kept.id)


def test_a_code_withdrawn_in_the_middle_of_an_enrolment_lets_nobody_in(store: ObjectStore) -> None:
    _, kept = add(store)
    codes.withdraw(store, kept.id)
    with pytest.raises(Forbidden):
        codes.count(store, kept.id, device="d" * 32)


def test_another_text_of_the_same_id_opens_nothing(store: ObjectStore) -> None:
    """Only the beginning of a code's hash is its id."""
    code, kept = add(store)
    document = json.loads(store.get(keys.code(kept.id)).body)
    store.put(keys.code(kept.id), json.dumps(document | {"code_sha256": kept.id + "0" * 48}).encode())
    with pytest.raises(Forbidden):
        ask(store, code)


def test_what_is_no_code_in_the_store_is_said(store: ObjectStore) -> None:
    code, kept = add(store)
    store.put(keys.code(kept.id), b"{}")
    with pytest.raises(Damaged, match=f"^codes/{kept.id}"):
        ask(store, code)


def test_a_code_that_cannot_be_read_hides_no_group_of_another(
    store: ObjectStore, caplog: pytest.LogCaptureFixture
) -> None:
    add(store)
    store.put(keys.code("0" * 16), b"{}")
    assert codes.groups(store) == {"home"}
    assert f"codes/{'0' * 16}" in caplog.text


def test_what_a_later_version_added_to_a_code_stays(store: ObjectStore) -> None:
    code, kept = add(store)
    document = json.loads(store.get(keys.code(kept.id)).body)
    store.put(keys.code(kept.id), json.dumps(document | {"added": [1]}).encode())
    ask(store, code)
    assert json.loads(store.get(keys.code(kept.id)).body)["added"] == [1]


def test_a_code_that_others_keep_changing_is_tried_again_later(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, kept = add(store)

    def lose(key: str, body: bytes, *, etag: str) -> str:
        raise PreconditionFailed(key, etag=etag)

    monkeypatch.setattr(type(store), "put_if_match", lambda self, key, body, *, etag: lose(key, body, etag=etag))
    with pytest.raises(Unavailable, match=f"codes/{kept.id}: others kept changing it"):
        ask(store, code)
