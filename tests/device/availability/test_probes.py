"""What the machine tells: a test says what psutil finds, sysfs is a folder, NetworkManager is a script."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from device.availability.probes import MachineProbe, is_charging, is_idle, is_unmetered, parse_metered


@pytest.fixture
def psutil_finds(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes psutil find a battery with a plug that is in or out, or none at all."""

    def find(*, plugged: bool | None, battery: bool = True) -> None:
        found = SimpleNamespace(percent=50.0, secsleft=3600, power_plugged=plugged) if battery else None
        monkeypatch.setattr(psutil, "sensors_battery", lambda: found)

    return find


def add_battery(folder: Path, name: str, scope: str) -> None:
    (folder / name).mkdir()
    (folder / name / "type").write_text("Battery\n")
    (folder / name / "scope").write_text(f"{scope}\n")


@pytest.mark.parametrize("plugged", [True, False, None])
def test_a_machine_with_a_battery_charges_while_it_is_plugged_in(
    tmp_path: Path, psutil_finds: Callable[..., None], plugged: bool | None
) -> None:
    psutil_finds(plugged=plugged)
    assert is_charging(tmp_path) is plugged


def test_a_machine_without_a_battery_is_on_mains(tmp_path: Path, psutil_finds: Callable[..., None]) -> None:
    psutil_finds(plugged=None, battery=False)
    assert is_charging(tmp_path) is True


def test_the_battery_of_a_mouse_is_not_the_machines(tmp_path: Path, psutil_finds: Callable[..., None]) -> None:
    """Psutil takes it for the machine's, and a desktop would have waited for a mouse to be charged."""
    psutil_finds(plugged=False)
    add_battery(tmp_path, "hidpp_battery_0", "Device")
    assert is_charging(tmp_path) is True
    add_battery(tmp_path, "BAT0", "System")
    assert is_charging(tmp_path) is False


@pytest.mark.parametrize("error", [AttributeError, OSError, TypeError, ValueError])
def test_a_system_or_driver_that_psutil_does_not_know_tells_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fail() -> None:
        raise error("unknown")

    monkeypatch.setattr(psutil, "sensors_battery", fail)
    assert is_charging(tmp_path) is None


def test_load_a_core_decides_what_is_idle() -> None:
    assert is_idle(1000.0) is True
    assert is_idle(0.0) is False


def test_all_three_are_asked_of_this_machine() -> None:
    found = MachineProbe(idle_load=1000.0).read()
    assert found.idle is True
    assert {found.charging, found.unmetered} <= {True, False, None}


NMCLI = """GENERAL.STATE:100 (connected)
GENERAL.METERED:{first}

GENERAL.STATE:30 (disconnected)
GENERAL.METERED:yes
"""


@pytest.mark.parametrize(
    ("first", "unmetered"),
    [("no", True), ("no (guessed)", True), ("yes", False), ("yes (guessed)", False), ("unknown", None)],
)
def test_connected_devices_say_whether_they_are_metered(first: str, unmetered: bool | None) -> None:
    assert parse_metered(NMCLI.format(first=first)) is unmetered


def test_one_metered_connection_is_enough() -> None:
    assert parse_metered(NMCLI.format(first="no") + NMCLI.format(first="yes")) is False


@pytest.mark.parametrize("text", ["", "nonsense", "GENERAL.METERED:no", ":::\n\x00"])
def test_an_answer_that_makes_no_sense_is_unknown(text: str) -> None:
    assert parse_metered(text) is None


@pytest.mark.parametrize(
    ("script", "unmetered"),
    [
        ("echo GENERAL.STATE:100; echo GENERAL.METERED:no", True),
        ('echo GENERAL.STATE:100; test "$LC_ALL" = C && echo GENERAL.METERED:yes || echo GENERAL.METERED:ja', False),
        ("exit 8", None),
    ],
    ids=["unmetered", "metered-and-translated", "broken"],
)
def test_network_manager_is_asked_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, unmetered: bool | None
) -> None:
    nmcli = tmp_path / "nmcli"
    nmcli.write_text(f"#!/bin/sh\n{script}\n")
    nmcli.chmod(nmcli.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert is_unmetered() is unmetered
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert is_unmetered() is None
