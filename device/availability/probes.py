"""Asks the machine about power, load and network. What it does not tell is None.

psutil tells power and load. Whether a network is metered, NetworkManager tells; whether a battery is a mouse's or a
headset's, its entry in sysfs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil

from device.availability.policy import Conditions

NMCLI_TIMEOUT_S = 5.0
POWER_SUPPLIES = Path("/sys/class/power_supply")


@dataclass(frozen=True, slots=True)
class MachineProbe:
    """Reads the conditions of this machine."""

    idle_load: float
    """The load of one minute a core below which it counts as idle."""

    def read(self) -> Conditions:
        """Ask for all three; takes a moment where NetworkManager is asked."""
        return Conditions(charging=is_charging(), idle=is_idle(self.idle_load), unmetered=is_unmetered())


def is_idle(idle_load: float) -> bool | None:
    """Tell whether the load of one minute a core is below a bound."""
    try:
        load = psutil.getloadavg()[0]
    except OSError:
        return None
    return load / (psutil.cpu_count() or 1) < idle_load


def is_charging(power_supplies: Path = POWER_SUPPLIES) -> bool | None:
    """Tell whether the machine is on external power, as one without a battery of its own is."""
    try:
        battery = psutil.sensors_battery()
    except (AttributeError, OSError, TypeError, ValueError):  # a system or a driver that psutil does not know
        return None
    if battery is None or _are_peripherals(power_supplies):
        return True
    return battery.power_plugged


def is_unmetered() -> bool | None:
    """Ask NetworkManager whether any connected device is metered; None without it."""
    nmcli = shutil.which("nmcli")
    if nmcli is None:
        return None
    command = [nmcli, "--terse", "--fields", "GENERAL.STATE,GENERAL.METERED", "device", "show"]
    untranslated = os.environ | {"LC_ALL": "C"}
    try:
        asked = subprocess.run(
            command, capture_output=True, text=True, timeout=NMCLI_TIMEOUT_S, check=True, env=untranslated
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return parse_metered(asked.stdout)


def parse_metered(text: str) -> bool | None:
    """Read nmcli's lines, a block a device: true if a connected one says no, and none says yes. Pure."""
    connected, metered = False, []
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name == "GENERAL.STATE":
            connected = value.startswith("100")
        elif name == "GENERAL.METERED" and connected:
            metered.append(value.split(" ")[0])
    if "yes" in metered:
        return False
    return True if "no" in metered else None


def _are_peripherals(power_supplies: Path) -> bool:
    """Tell whether all batteries are those of a mouse or the like, which psutil takes for the machine's."""
    supplies = power_supplies.iterdir() if power_supplies.is_dir() else ()
    scopes = [_attribute(one, "scope") for one in supplies if _attribute(one, "type") == "Battery"]
    return bool(scopes) and set(scopes) == {"Device"}


def _attribute(supply: Path, name: str) -> str:
    try:
        return (supply / name).read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
