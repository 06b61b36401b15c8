"""Another token takes the place of an old one by itself, and whatever is killed, a token that counts is kept."""

import dataclasses
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Response

from contract import routes
from contract.problems import Problem
from device.assembly import Device
from device.errors import Refused, TryLater
from device.service.identity import Identity, keep_identity, require_identity
from device.service.tokens import TOKEN_LIFE_S, is_token_old
from tests.device.serving import TOKEN, StubService, refuse
from tests.device.test_cli import Run
from tests.device.test_cli import run as run  # a fixture

MakePhoto = Callable[..., Path]

RENEWAL = f"POST {routes.TOKEN}"


@pytest.fixture
def home(device: Device) -> Path:
    return device.settings.home


@pytest.fixture
def old(device: Device, home: Path) -> Identity:
    """The device is enrolled, and its token has had its day."""
    identity = dataclasses.replace(device.enrol().identity, token_since=int(time.time()) - TOKEN_LIFE_S)
    keep_identity(home, identity)
    return identity


def test_a_token_is_old_thirty_days_from_when_it_came_either_way(old: Identity) -> None:
    """One that came while the clock was in another decade was never replaced."""
    since = 1_800_000_000
    young = dataclasses.replace(old, token_since=since)
    assert not is_token_old(young, now=since + 29 * 86_400)
    assert is_token_old(young, now=since + 30 * 86_400)
    assert not is_token_old(young, now=since - 29 * 86_400)
    assert is_token_old(young, now=since - 30 * 86_400)
    assert is_token_old(young, now=0)
    assert not is_token_old(dataclasses.replace(old, token_since=None), now=since)


def test_a_young_token_is_left(device: Device, service: StubService) -> None:
    device.enrol()
    device.push()
    device.pull()
    assert RENEWAL not in service.asked


@pytest.mark.parametrize("ask", ["push", "pull"])
def test_a_push_or_pull_replaces_an_old_token_and_the_next_one_uses_the_new(
    device: Device, service: StubService, old: Identity, home: Path, ask: str
) -> None:
    getattr(device, ask)()
    kept = require_identity(home)
    assert (kept.token, service.token) == (service.next_token, TOKEN)
    assert dataclasses.replace(kept, token=old.token, token_since=old.token_since) == old
    assert device.client(kept).is_known()
    assert (service.token, service.next_token) == (kept.token, None)
    assert not device.client(old).is_known()
    device.push()
    assert service.asked.count(RENEWAL) == 1


def test_a_token_that_came_while_the_clock_was_far_ahead_is_replaced(
    device: Device, service: StubService, old: Identity, home: Path
) -> None:
    keep_identity(home, dataclasses.replace(old, token_since=int(time.time()) + 24 * 365 * 86_400))
    device.push()
    kept = require_identity(home)
    assert (kept.token, is_token_old(kept, now=time.time())) == (service.next_token, False)


@pytest.mark.parametrize("problem", [Problem.UNKNOWN_PATH, Problem.UNAVAILABLE, Problem.INTERNAL])
def test_a_service_that_gives_no_other_token_stops_neither_push_nor_pull(
    device: Device, service: StubService, old: Identity, home: Path, problem: Problem
) -> None:
    service.faults[routes.TOKEN] = lambda: refuse(problem)
    assert device.push().problem is None
    device.pull()
    assert require_identity(home) == old
    service.faults.clear()
    device.push()
    assert require_identity(home).token == service.next_token


def test_killed_before_the_new_token_is_kept_the_old_one_counts(
    device: Device, service: StubService, old: Identity, home: Path, environment: dict[str, str]
) -> None:
    program = """
import os
import device.service.tokens
from device import Device, Settings
device.service.tokens.keep_identity = lambda *_: os._exit(9)
Device(Settings.from_environment(os.environ)).push()
"""
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=False)
    assert (done.returncode, require_identity(home)) == (9, old)
    lost = service.next_token
    assert lost is not None
    assert device.push().problem is None
    kept = require_identity(home)
    assert kept.token == service.next_token != lost
    assert device.client(kept).is_known()


def test_a_token_that_another_process_replaces_meanwhile_is_no_refusal(
    run: Run, make_photo: MakePhoto, device: Device, service: StubService, old: Identity, home: Path
) -> None:
    """It said that the device has to enrol again, and all was well a moment later."""
    assert run("infer", make_photo(0)).code == 0
    assert run("feedback", 1, "--label", "Zoe").code == 0

    def replaced() -> Response:
        keep_identity(home, dataclasses.replace(old, token="n" * 43))
        return refuse(Problem.UNAUTHENTICATED)

    service.faults["/v1/spaces/"] = replaced
    assert isinstance(device.push().problem, TryLater)
    keep_identity(home, old)
    with pytest.raises(TryLater):
        device.pull()
    service.faults["/v1/spaces/"] = lambda: refuse(Problem.UNAUTHENTICATED)
    assert isinstance(device.push().problem, Refused)
    with pytest.raises(Refused):
        device.pull()


def test_a_program_that_runs_for_months_goes_on_with_the_token_of_another_process(
    device: Device, service: StubService, old: Identity, home: Path
) -> None:
    rounds = device.rounds()
    assert rounds.push().problem is None
    first = require_identity(home).token
    rounds.pull()
    assert service.token == first
    keep_identity(home, dataclasses.replace(require_identity(home), token_since=0))
    device.pull()
    device.pull()
    assert service.token == require_identity(home).token != first
    rounds.pull()
    assert rounds.push().problem is None
    assert service.tokens == {None, *(f"Bearer {token}" for token in (TOKEN, first, service.token))}


def test_a_service_at_a_new_address_proves_itself_to_a_device_that_has_not_used_its_new_token(
    device: Device, service: StubService, old: Identity, home: Path
) -> None:
    device.push()
    elsewhere = Device(dataclasses.replace(device.settings, url=service.url.replace("127.0.0.1", "localhost")))
    assert service.next_token is not None
    assert elsewhere.push().problem is None
    elsewhere.pull()
    assert service.token == require_identity(home).token
