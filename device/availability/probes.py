"""The only home of asking Linux about power, load and network. What it does not say is None."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from device.availability.policy import Conditions

NMCLI_TIMEOUT_S = 5.0
EXTERNAL_POWER = frozenset({"Mains", "USB", "UPS", "Wireless"})


@dataclass(frozen=True, slots=True)
class LinuxConditions:
    """Reads the conditions of this machine. ``idle_load``: load of one minute a core below which it counts as idle."""

    idle_load: float
    power_supplies: Path = Path("/sys/class/power_supply")

    def read(self) -> Conditions:
        """Ask for all three; takes a moment where NetworkManager is asked."""
        return Conditions(charging=is_charging(self.power_supplies), idle=self._is_idle(), unmetered=is_unmetered())

    def _is_idle(self) -> bool | None:
        try:
            load = os.getloadavg()[0]
        except OSError:
            return None
        return load / (os.cpu_count() or 1) < self.idle_load


def is_charging(power_supplies: Path) -> bool | None:
    """Tell whether there is external power: a plug that is in, a battery that charges, or no battery at all."""
    if not power_supplies.is_dir():
        return None
    supplies = list(power_supplies.iterdir())
    kinds = {supply: _attribute(supply, "type") for supply in supplies}
    batteries = [one for one, kind in kinds.items() if kind == "Battery" and _attribute(one, "scope") != "Device"]
    plugs = [one for one, kind in kinds.items() if kind in EXTERNAL_POWER]
    if any(_attribute(one, "online") == "1" for one in plugs):
        return True
    if not batteries:
        return True
    return any(_attribute(one, "status") in ("Charging", "Full") for one in batteries)


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
    connected, said = False, []
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name == "GENERAL.STATE":
            connected = value.startswith("100")
        elif name == "GENERAL.METERED" and connected:
            said.append(value.split(" ")[0])
    if "yes" in said:
        return False
    return True if "no" in said else None


def _attribute(supply: Path, name: str) -> str:
    try:
        return (supply / name).read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
