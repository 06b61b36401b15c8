"""A space that is retired: what a device believes, stops, keeps and says."""

import re
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.manifest import MANIFEST_PAYLOAD_TYPE
from contract.problems import Problem
from contract.space_list import SPACES_PAYLOAD_TYPE, SpaceList
from contract.validity import GRACE_S
from device.advice import with_advice
from device.assembly import Device
from device.display import status_texts
from device.errors import (
    ClockAhead,
    Expired,
    Forged,
    Misplaced,
    ProtocolViolation,
    Refused,
    Replayed,
    SpaceRetired,
    Untrusted,
)
from device.pull.spaces import KnownSpaces, judge_spaces, refuse_retired
from device.service.client import READ_FORMATS, ReleaseAnswer
from device.service.identity import Identity, keep_identity
from device.status import read_status
from tests.device.photos import draw_photo
from tests.device.serving import EXPIRES, ISSUED, TOKEN, StubService, refuse, sign

A = "a" * 64


@pytest.fixture
def identity(device: Device, service: StubService) -> Identity:
    """The device is enrolled."""
    identity = Identity(service.url, "d" * 16, TOKEN, "family", service.public_key)
    keep_identity(device.settings.home, identity)
    return identity


@pytest.fixture
def space(device: Device, identity: Identity, monkeypatch: pytest.MonkeyPatch) -> str:
    """The space of the device's bundle; its clock is right."""
    monkeypatch.setattr("time.time", lambda: ISSUED + 60.0)
    return device.bundle().space


def correct(device: Device, labels: Sequence[str]) -> None:
    """Recognise a photo for each label, and say that it shows that."""
    with device.recognizer() as recognizer:
        inferences = [recognizer.infer(draw_photo(0, shade=number))[0] for number in range(len(labels))]
    for inference, label in zip(inferences, labels, strict=True):
        assert inference.id is not None
        device.give_feedback(inference.id, label=label)


def test_a_device_stops_keeps_its_feedback_and_says_what_to_do(
    device: Device, service: StubService, space: str
) -> None:
    correct(device, ["Ada", "Ben"])
    service.retired.add(space)
    service.list_spaces(serial=1, retired=frozenset({space}), current=frozenset({A}))
    first = device.push()
    assert isinstance(first.problem, Refused)
    service.asked.clear()
    report = device.push()
    assert isinstance(report.problem, SpaceRetired)
    assert (service.asked, service.uploads, report.refused) == (["GET /v1/spaces"], [], 0)
    service.asked.clear()
    with pytest.raises(SpaceRetired, match=f"expected one that is current \\({A}\\)") as caught:
        device.pull()
    assert "get the new bundle" in with_advice(caught.value)
    assert [path.rpartition("/")[2] for path in service.asked] == ["spaces"]
    with device.open_cache() as cache:
        assert [one.samples for one in cache.uploads.unfinished()] == [2]


def test_a_space_that_is_current_again_gets_what_waited(device: Device, service: StubService, space: str) -> None:
    correct(device, ["Ada"])
    service.retired.add(space)
    service.list_spaces(serial=1, retired=frozenset({space}))
    device.push()
    service.retired.clear()
    service.list_spaces(serial=2, current=frozenset({space}))
    device.pull()
    assert device.push().samples == 1


def test_a_push_alone_finds_out_that_a_space_was_restored(device: Device, service: StubService, space: str) -> None:
    """As where it is that of an older bundle, which no pull asks about."""
    correct(device, ["Ada"])
    service.retired.add(space)
    service.list_spaces(serial=1, retired=frozenset({space}))
    device.push()
    service.retired.clear()
    service.list_spaces(serial=2, current=frozenset({space}))
    assert device.push().samples == 1
    service.asked.clear()
    device.push()
    assert service.asked == []


def test_a_push_goes_by_what_is_known_where_the_list_cannot_be_had(
    device: Device, service: StubService, space: str
) -> None:
    correct(device, ["Ada"])
    service.retired.add(space)
    service.list_spaces(serial=1, retired=frozenset({space}))
    device.push()
    service.spaces = None
    assert isinstance(device.push().problem, SpaceRetired)


def test_a_retirement_is_noticed_also_behind_another_problem(device: Device, service: StubService, space: str) -> None:
    small = Device(replace(device.settings, upload_samples=1))
    correct(small, ["Ada", "Ben"])
    answers = iter([refuse(Problem.WRONG_SPACE)])
    service.faults[f"/v1/spaces/{space}/uploads"] = lambda: next(answers, None)
    service.retired.add(space)
    service.list_spaces(serial=1, retired=frozenset({space}))
    report = small.push()
    assert isinstance(report.problem, Refused)
    assert report.problem.problem is Problem.WRONG_SPACE
    assert small.space_watch(small.identity()).known().retired == {space}


def test_uploads_of_a_retired_space_keep_no_device_from_becoming_another(
    device: Device, service: StubService, space: str
) -> None:
    correct(device, ["Ada"])
    service.retired.add(space)
    device.push()
    assert device.has_unsent(device.identity())
    service.list_spaces(serial=1, retired=frozenset({space}))
    device.push()
    assert not device.has_unsent(device.identity())


def test_the_status_says_what_waits_for_a_retired_space(device: Device, service: StubService, space: str) -> None:
    correct(device, ["Ada", "Ben"])
    service.retired.add(space)
    service.list_spaces(serial=1, retired=frozenset({space}))
    device.push()
    status = read_status(device)
    assert status.cache is not None
    assert (status.cache.waiting, status.cache.retired) == (0, 2)
    assert any("2 of a retired space" in line for line in status_texts(status))


def test_a_refusal_that_no_signed_list_supports_stops_a_device_for_now_only(
    device: Device, service: StubService, space: str
) -> None:
    """Whoever stands in between could otherwise end a device for good."""
    correct(device, ["Ada"])
    service.retired.add(space)
    assert isinstance(device.push().problem, Refused)
    with pytest.raises(Refused):
        device.pull()
    service.list_spaces(serial=1, current=frozenset({space}))
    with pytest.raises(Refused):
        device.pull()
    service.retired.clear()
    assert device.push().samples == 1


def test_a_list_of_a_newer_key_is_followed_to_it(device: Device, service: StubService, space: str) -> None:
    """Before any release of that key: a device whose space is retired asks for the list alone."""
    service.retired.add(space)
    service.list_spaces(serial=1, retired=frozenset({space}))
    with pytest.raises(SpaceRetired):
        device.pull()
    service.rotate(links=2)
    service.retired.clear()
    service.list_spaces(serial=2, current=frozenset({space}))
    device.pull()
    assert device.space_watch(device.identity()).known().serial == 2
    assert device.identity().key == service.public_key


def test_a_list_of_another_key_stops_nothing(device: Device, service: StubService, space: str) -> None:
    forged = SpaceList("family", 1, ISSUED, EXPIRES, frozenset(), frozenset({space})).encode()
    service.spaces = sign(Ed25519PrivateKey.generate(), forged, payload_type=SPACES_PAYLOAD_TYPE)
    service.retired.add(space)
    with pytest.raises(Forged):
        device.pull()
    service.retired.clear()
    correct(device, ["Ada"])
    assert device.push().samples == 1


def test_what_was_known_of_another_group_does_not_count(device: Device, service: StubService, space: str) -> None:
    service.retired.add(space)
    service.list_spaces(serial=1, retired=frozenset({space}))
    with pytest.raises(SpaceRetired):
        device.pull()
    keep_identity(device.settings.home, Identity(service.url, "d" * 16, TOKEN, "work", service.public_key))
    assert device.space_watch(device.identity()).known() == KnownSpaces()


def test_what_was_known_of_another_service_does_not_count(device: Device, service: StubService, space: str) -> None:
    """Its group may have the same name, and its list a lower serial."""
    service.retired.add(space)
    service.list_spaces(serial=5, retired=frozenset({space}))
    with pytest.raises(SpaceRetired):
        device.pull()
    service.key = Ed25519PrivateKey.generate()
    keep_identity(device.settings.home, Identity(service.url, "e" * 16, TOKEN, "family", service.public_key))
    watch = device.space_watch(device.identity())
    assert watch.known() == KnownSpaces()
    service.list_spaces(serial=1, current=frozenset({space}))
    with closing(device.client(device.identity())) as client:
        assert watch.refresh(client).serial == 1


def test_every_request_says_which_formats_are_read(device: Device, service: StubService, space: str) -> None:
    correct(device, ["Ada"])
    device.push()
    device.pull()
    assert READ_FORMATS == "manifest=1, spaces=1"
    assert service.formats == {READ_FORMATS}


@pytest.fixture
def judge(identity: Identity, service: StubService) -> Callable[..., SpaceList]:
    def judge(
        envelope: bytes | None = None,
        *,
        known: KnownSpaces | None = None,
        now: float = ISSUED,
        date: int | None = None,
    ) -> SpaceList:
        answer = ReleaseAnswer(envelope or service.spaces or b"", "", date)
        known = known or KnownSpaces("family@key", 3, ISSUED - 9)
        return judge_spaces(answer, key=identity.key, group=identity.group, known=known, now=now)

    return judge


def test_a_right_list_is_believed_also_the_one_that_is_known(
    service: StubService, judge: Callable[..., SpaceList]
) -> None:
    for serial in (3, 4):
        service.list_spaces(serial=serial, retired=frozenset({A}))
        assert judge().retired == {A}
    service.list_spaces(serial=3)
    assert judge(now=EXPIRES + GRACE_S + 1.0).serial == 3


@pytest.mark.parametrize(
    ("changes", "error"),
    [({"group": "strangers"}, Misplaced), ({"serial": 2}, Replayed), ({"issued": 5, "expires": 6}, Expired)],
    ids=lambda one: str(one),
)
def test_a_list_that_is_not_to_be_believed_is_refused_by_name(
    service: StubService, judge: Callable[..., SpaceList], changes: dict[str, object], error: type[Untrusted]
) -> None:
    service.list_spaces(**{"serial": 4, **changes})  # type: ignore[arg-type]  # a test names fields freely
    with pytest.raises(error):
        judge()


@pytest.mark.parametrize(
    ("current", "said"), [({"b" * 64}, f"current ({'b' * 64})"), ((), "current (the group has none)")]
)
def test_a_retired_space_is_told_with_those_that_are_current(current: Collection[str], said: str) -> None:
    known = KnownSpaces(current=frozenset(current), retired=frozenset({A}))
    with pytest.raises(
        SpaceRetired, match=re.escape(f"space {A}: expected one that is {said}, got one that is retired")
    ):
        refuse_retired(known, A)


def test_a_clock_that_is_ahead_is_told_from_a_list_that_is_old(
    service: StubService, judge: Callable[..., SpaceList]
) -> None:
    service.list_spaces(serial=4)
    with pytest.raises(ClockAhead, match="the service's: 2027-01-15 08:00 UTC, newest"):
        judge(now=EXPIRES + GRACE_S + 1.0, date=ISSUED)


def test_a_signed_manifest_is_no_list_and_a_list_no_manifest(
    service: StubService, judge: Callable[..., SpaceList]
) -> None:
    payload = SpaceList("family", 4, ISSUED, EXPIRES, frozenset(), frozenset({A})).encode()
    with pytest.raises(Forged, match=r"expected payload type application/vnd\.fedex\.spaces"):
        judge(sign(service.key, payload, payload_type=MANIFEST_PAYLOAD_TYPE))
    with pytest.raises(ProtocolViolation, match="spaces"):
        judge(sign(service.key, b"{}", payload_type=SPACES_PAYLOAD_TYPE))


@pytest.mark.parametrize("garbled", [b"", b"{}", b'{"format":1,"group":"family","retired":7}', b"\xff"])
def test_a_garbled_file_is_asked_for_anew(
    device: Device, service: StubService, space: str, garbled: bytes, tmp_path: Path
) -> None:
    (device.settings.home / "spaces.json").write_bytes(garbled)
    assert device.space_watch(device.identity()).known() == KnownSpaces()
    assert device.pull().serial == 0
