import os
import stat
from pathlib import Path

import pytest

from device.availability.policy import Conditions, Decision, Policy, decide
from device.availability.probes import LinuxConditions, is_charging, is_unmetered, parse_metered


def test_everything_that_is_needed_has_to_hold() -> None:
    assert decide(Policy(), Conditions(True, True, True)).is_available
    assert decide(Policy(), Conditions(False, True, False)) == Decision(("charging", "unmetered"))
    assert decide(Policy(), Conditions(True, False, True)) == Decision(("idle",))


def test_what_is_not_needed_does_not_matter() -> None:
    assert decide(Policy(False, False, False), Conditions(False, False, False)).is_available


def test_what_nobody_knows_does_not_forbid() -> None:
    assert decide(Policy(), Conditions(None, None, None)).is_available


def supply(folder: Path, name: str, **attributes: str) -> None:
    (folder / name).mkdir(parents=True)
    for attribute, value in attributes.items():
        (folder / name / attribute).write_text(value + "\n")


def test_a_plug_that_is_in_is_charging(tmp_path: Path) -> None:
    supply(tmp_path, "AC", type="Mains", online="1")
    supply(tmp_path, "BAT0", type="Battery", status="Not charging")
    assert is_charging(tmp_path) is True


@pytest.mark.parametrize(
    ("status", "charging"), [("Charging", True), ("Full", True), ("Discharging", False), ("Unknown", False)]
)
def test_without_a_plug_the_battery_says(tmp_path: Path, status: str, charging: bool) -> None:
    supply(tmp_path, "AC", type="Mains", online="0")
    supply(tmp_path, "BAT0", type="Battery", status=status)
    assert is_charging(tmp_path) is charging


def test_a_machine_without_a_battery_is_on_mains(tmp_path: Path) -> None:
    assert is_charging(tmp_path) is True
    supply(tmp_path, "hidpp_battery_0", type="Battery", scope="Device", status="Discharging")
    assert is_charging(tmp_path) is True


def test_a_machine_that_does_not_say_is_unknown(tmp_path: Path) -> None:
    assert is_charging(tmp_path / "missing") is None


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


def test_load_a_core_decides_what_is_idle(tmp_path: Path) -> None:
    assert LinuxConditions(idle_load=1000.0, power_supplies=tmp_path).read().idle is True
    assert LinuxConditions(idle_load=0.0, power_supplies=tmp_path).read().idle is False
