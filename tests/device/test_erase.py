"""A device takes back all that it ever sent: here first, then at the service."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from contract.problems import Problem
from contract.routes import SAMPLES
from device import Device
from device.errors import EnrolmentError, TryLater
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


def test_a_device_that_is_not_enrolled_forgets_nothing(device: Device, service: StubService) -> None:
    with pytest.raises(EnrolmentError):
        device.erase()
    assert not device.cache_path.exists()
