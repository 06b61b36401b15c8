"""A device takes back all that it ever sent: here first, then at the service."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from contract.problems import Problem
from contract.routes import SAMPLES
from device import Device
from device.errors import EnrolmentError, Storage, TryLater
from tests.device.serving import StubService, refuse
from tests.device.test_cli import Run, fails
from tests.device.test_cli import run as run  # a fixture

MakePhoto = Callable[..., Path]


def test_what_is_here_and_there_goes_and_the_device_stays(
    run: Run, make_photo: MakePhoto, service: StubService
) -> None:
    run("enrol")
    run("infer", make_photo(0), make_photo(1))
    run("feedback", 1, "--label", "Zoe")
    run("push")
    run("feedback", 2, "--label", "Zoe")
    erased = run("erase", "--yes", "--json")
    assert (erased.code, erased.rows) == (0, [{"erasure": "3c" * 16}])
    assert service.uploads == []
    shown = run("status", "--json").rows[0]
    assert "Zoe" not in json.dumps(shown)
    pushed = run("push", "--json")
    assert (pushed.code, service.uploads) == (0, [])
    fails(run("feedback", 1, "--label", "Zoe"), "inference 1", "in the cache")


def test_without_yes_nothing_is_erased(run: Run, service: StubService) -> None:
    run("enrol")
    fails(run("erase"), "expected --yes")
    assert not [one for one in service.asked if SAMPLES in one]


def test_a_service_that_is_away_is_asked_again(device: Device, service: StubService) -> None:
    device.enrol()
    service.faults[SAMPLES] = lambda: refuse(Problem.UNAVAILABLE)
    with pytest.raises(TryLater):
        device.erase()
    service.faults.clear()
    assert device.erase() == "3c" * 16


def let_erasure_settle(device: Device) -> None:
    path = device.settings.home / "erasure.json"
    document = json.loads(path.read_bytes())
    path.write_text(json.dumps(document | {"answered_ms": document["answered_ms"] - 30_000}))


def teach(run: Run, photo: Path) -> None:
    assert run("infer", photo).code == 0
    assert run("feedback", 1, "--label", "Zoe").code == 0


def test_what_is_given_after_an_erasure_is_sent_when_the_erasure_is_over(
    run: Run, make_photo: MakePhoto, device: Device, service: StubService
) -> None:
    """What was acknowledged here at once was erased there with all that was before, without a word."""
    device.enrol()
    device.erase()
    teach(run, make_photo(0))
    problem = device.push().problem
    assert isinstance(problem, TryLater)
    assert 25 <= (problem.retry_after_s or 0) <= 30
    assert service.uploads == []
    let_erasure_settle(device)
    assert (device.push().samples, len(service.uploads)) == (1, 1)


def test_an_erasure_that_the_service_missed_is_asked_for_by_the_next_push(
    run: Run, make_photo: MakePhoto, device: Device, service: StubService
) -> None:
    """Nobody remembered it: what the user wanted to be gone stayed there, unless he asked again."""
    device.enrol()
    service.faults[SAMPLES] = lambda: refuse(Problem.UNAVAILABLE)
    with pytest.raises(TryLater):
        device.erase()
    teach(run, make_photo(0))
    assert isinstance(device.push().problem, TryLater)
    assert service.uploads == []
    service.faults.clear()
    device.push()
    let_erasure_settle(device)
    assert device.push().samples == 1
    assert [one for one in service.asked if SAMPLES in one or one.startswith("PUT")][3:] == [
        f"PUT /v1/spaces/{service.uploads[0][0]}/uploads/{service.uploads[0][1]}"
    ]


def test_the_service_is_asked_even_where_nothing_can_be_forgotten_here(device: Device, service: StubService) -> None:
    device.enrol()
    device.cache_path.mkdir()
    with pytest.raises(Storage):
        device.erase()
    assert len([one for one in service.asked if SAMPLES in one]) == 1


KILLED = """
import os, signal, sys
from pathlib import Path
from contract.files import atomic_write
os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
atomic_write(Path(sys.argv[1]), b"the names of people", mode=0o600)
"""


def kill_writing(path: Path) -> None:
    """Leave what a process leaves that is killed as it writes a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert unfinished_in(path.parent)


def unfinished_in(folder: Path) -> list[Path]:
    return list(folder.rglob(".*"))


@pytest.mark.parametrize("file", ["identity.json", "spaces.json", "heads/current", "heads/objects/" + "3c" * 32])
def test_what_killed_processes_were_writing_goes_with_an_erasure_whatever_else_fails(
    device: Device, service: StubService, file: str
) -> None:
    """It stayed for ever: a token, or names of the group's people."""
    device.enrol()
    kill_writing(device.settings.home / file)
    device.cache_path.mkdir()
    with pytest.raises(Storage):
        device.erase()
    assert unfinished_in(device.settings.home) == []


def test_what_another_device_wanted_erased_keeps_nobody_waiting(device: Device, service: StubService) -> None:
    device.enrol()
    device.erase()
    path = device.settings.home / "erasure.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"device": "f" * 32, "answered_ms": 0}))
    device.push()
    assert len([one for one in service.asked if SAMPLES in one]) == 1


def test_a_device_that_is_not_enrolled_forgets_nothing(device: Device, service: StubService) -> None:
    with pytest.raises(EnrolmentError):
        device.erase()
    assert not device.cache_path.exists()
