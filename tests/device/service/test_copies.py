"""A device stays the same one however often it enrols; a copy of it on another machine is found out."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from device.advice import with_advice
from device.assembly import Device
from device.errors import CopiedIdentity
from device.feedback import give_feedback
from device.service import machine
from device.service.identity import CACHE_TAG, find_identity, identity_path
from device.service.machine import mark_machine
from device.service.pending import pending_path, pending_secret
from device.status import read_status
from tests.device.photos import draw_photo
from tests.device.serving import StubService
from tests.device.tables import pass_self_tests

Move = Callable[[bytes], None]


@pytest.fixture
def move(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Move:
    """Makes this another machine, by its id."""

    def to(machine_id: bytes) -> None:
        (tmp_path / "machine-id").write_bytes(machine_id)
        monkeypatch.setattr(machine, "ID_FILES", (tmp_path / "none", tmp_path / "machine-id"))

    to(b"1" * 32 + b"\n")
    return to


def test_an_answer_that_was_lost_makes_no_other_device(
    device: Device, service: StubService, environment: dict[str, str]
) -> None:
    program = """
import os
import device.service.enrolment
from device import Device, Settings
device.service.enrolment.keep_identity = lambda *_: os._exit(9)
Device(Settings.from_environment(os.environ)).enrol()
"""
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=False)
    assert (done.returncode, find_identity(device.settings.home)) == (9, None)
    identity = device.enrol().identity
    assert list(service.device_of) == [identity.secret]
    assert service.asked.count("POST /v1/devices") == 2
    assert not pending_path(device.settings.home).exists()


def test_a_secret_that_waits_is_for_one_address_and_its_owner(device: Device) -> None:
    home = device.settings.home
    home.mkdir()
    secret = pending_secret(home, url="https://one.example")
    assert pending_path(home).stat().st_mode & 0o077 == 0
    assert pending_secret(home, url="https://one.example") == secret
    assert pending_secret(home, url="https://other.example") != secret
    pending_path(home).write_text("garbage")
    assert pending_secret(home, url="https://one.example") != secret


def test_enrolling_again_at_the_same_service_keeps_the_device_its_heads_and_its_feedback(
    device: Device, service: StubService
) -> None:
    """It was another device then, and a photo that was corrected again counted twice."""
    first = device.enrol().identity
    device.heads.pointer_path.write_bytes(b"{}")
    service.token = "u" * 43
    again = device.enrol(again=True)
    assert (again.identity.device, again.identity.secret, again.is_new) == (first.device, first.secret, False)
    assert again.has_new_token
    assert again.identity.token != first.token
    assert device.heads.pointer_path.exists()


def test_a_copy_on_another_machine_is_found_out_and_says_what_to_do(
    device: Device, service: StubService, move: Move
) -> None:
    device.enrol()
    move(b"2" * 32)
    service.asked.clear()
    with pytest.raises(CopiedIdentity, match=r"identity\.json: expected an identity of this machine") as found:
        device.push()
    assert "fedex-device enrol; if both are used, enrol --again here" in with_advice(found.value)
    with pytest.raises(CopiedIdentity):
        device.pull()
    assert service.asked == []
    assert [type(problem) for problem in read_status(device).problems] == [CopiedIdentity]


def test_a_device_that_moved_keeps_its_id_and_takes_the_token_from_the_other_machine(
    device: Device, service: StubService, move: Move
) -> None:
    first = device.enrol().identity
    move(b"2" * 32)
    service.token = "u" * 43  # what it gives out from now on
    moved = device.enrol().identity
    assert (moved.device, moved.secret, moved.token) == (first.device, first.secret, "u" * 43)
    assert device.push().problem is None


def test_a_copy_that_is_used_beside_the_first_becomes_a_device_of_its_own(
    device: Device, service: StubService, move: Move
) -> None:
    first = device.enrol().identity
    move(b"2" * 32)
    service.device = "e" * 16
    copy = device.enrol(again=True)
    assert (copy.identity.device, copy.is_new) == ("e" * 16, True)
    assert copy.identity.secret != first.secret
    assert device.push().problem is None


def test_a_copy_with_sealed_uploads_becomes_a_device_of_its_own_and_leaves_them_to_the_first(
    device: Device, service: StubService, move: Move
) -> None:
    """It was told to enrol again by push, and to push first by `enrol --again`."""
    first = device.enrol().identity
    for shade, seal in ((0, True), (1, False)):
        with device.recognizer() as recognizer, device.open_cache() as cache:
            id_ = recognizer.infer(draw_photo(0, shade=shade))[0].id
            assert id_ is not None
            give_feedback(cache, id_, label="Ada", origin=first.origin, now_ms=0)
            pass_self_tests(cache.path)
            assert not seal or device.outbox(cache, first).seal() is not None
    move(b"2" * 32)
    service.device = "e" * 16
    copy = device.enrol(again=True).identity
    assert (copy.device, copy.origin) == ("e" * 16, first.origin)
    assert device.push().samples == 1
    with device.open_cache() as cache:
        assert [one.device for one in cache.uploads.unfinished()] == [first.device]


@pytest.mark.parametrize("machine_id", [b"", b"\n", b"uninitialized\n"])
def test_where_a_machine_cannot_be_told_from_others_nothing_is_refused(
    device: Device, move: Move, machine_id: bytes
) -> None:
    move(machine_id)
    assert mark_machine("d" * 16) == ""
    device.enrol()
    move(b"2" * 32)
    assert device.push().problem is None
    device.enrol(again=True)
    move(machine_id)
    assert device.push().problem is None


def test_the_id_of_a_machine_is_not_kept(device: Device, move: Move) -> None:
    device.enrol()
    kept = identity_path(device.settings.home).read_text()
    assert "1" * 32 not in kept
    assert json.loads(kept)["machine"] == mark_machine("d" * 16) != mark_machine("e" * 16)


def test_the_folder_asks_backup_programs_to_leave_it_out(device: Device) -> None:
    device.enrol()
    tag = device.settings.home / "CACHEDIR.TAG"
    assert tag.read_bytes() == CACHE_TAG
    assert tag.read_bytes().startswith(b"Signature: 8a477f597d28d172789f06886806bc55")
