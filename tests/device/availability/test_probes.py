"""What the machine tells: psutil reads a sysfs that a test wrote, NetworkManager is a script."""

import os
import stat
from pathlib import Path

import psutil
import pytest

from device.availability.probes import MachineProbe, is_charging, is_idle, is_unmetered, parse_metered


@pytest.fixture
def supplies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where psutil looks for batteries and plugs; there are none yet."""
    folder = tmp_path / "power_supply"
    folder.mkdir()
    monkeypatch.setattr("psutil._pslinux.POWER_SUPPLY_PATH", str(folder))
    return folder


def supply(folder: Path, name: str, **attributes: str) -> None:
    (folder / name).mkdir(parents=True)
    for attribute, value in attributes.items():
        (folder / name / attribute).write_text(value + "\n")


def battery(folder: Path, name: str = "BAT0", **attributes: str) -> None:
    supply(folder, name, type="Battery", capacity="50", **attributes)


def test_a_plug_that_is_in_is_charging(supplies: Path) -> None:
    supply(supplies, "AC", type="Mains", online="1")
    battery(supplies, status="Not charging")
    assert is_charging(supplies) is True


def test_a_plug_that_is_out_is_not(supplies: Path) -> None:
    supply(supplies, "AC", type="Mains", online="0")
    battery(supplies, status="Discharging")
    assert is_charging(supplies) is False


@pytest.mark.parametrize(
    ("status", "charging"), [("Charging", True), ("Full", True), ("Discharging", False), ("Unknown", None)]
)
def test_without_a_plug_the_battery_tells(supplies: Path, status: str, charging: bool | None) -> None:
    battery(supplies, status=status)
    assert is_charging(supplies) is charging


def test_a_machine_without_a_battery_is_on_mains(supplies: Path) -> None:
    assert is_charging(supplies) is True


def test_the_battery_of_a_mouse_is_not_the_machines(supplies: Path) -> None:
    """Psutil takes it for the machine's, and a desktop would have waited for a mouse to be charged."""
    battery(supplies, "hidpp_battery_0", scope="Device", status="Discharging")
    assert psutil.sensors_battery() is not None
    assert is_charging(supplies) is True
    battery(supplies, "BAT0", scope="System", status="Discharging")
    assert is_charging(supplies) is False


@pytest.mark.parametrize("attributes", [{"energy_now": "a", "energy_full": "9"}, {"capacity": "many"}])
def test_a_driver_that_makes_no_sense_tells_nothing(supplies: Path, attributes: dict[str, str]) -> None:
    supply(supplies, "BAT0", type="Battery", **attributes)
    assert is_charging(supplies) is None


def test_a_machine_that_does_not_tell_is_unknown(supplies: Path) -> None:
    supplies.rmdir()
    assert is_charging(supplies) is None


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
