"""Decides when a device may use its power and network: a policy, and a pure comparison with what is known.

What nobody knows does not forbid: a board without a battery or a network manager would otherwise never upload anything.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AvailabilityPolicy:
    """What has to hold before a device pushes and pulls by itself."""

    need_charging: bool = True
    need_idle: bool = True
    need_unmetered: bool = True


@dataclass(frozen=True, slots=True)
class Conditions:
    """What holds now; None where the machine does not tell."""

    charging: bool | None
    idle: bool | None
    unmetered: bool | None


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether the device is available, and if not, what is missing."""

    missing: tuple[str, ...]
    """The names of the conditions that have to hold and do not."""

    @property
    def is_available(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


def check_availability(policy: AvailabilityPolicy, conditions: Conditions) -> Availability:
    """Compare what has to hold with what holds. Pure."""
    required = (
        ("charging", policy.need_charging, conditions.charging),
        ("idle", policy.need_idle, conditions.idle),
        ("unmetered", policy.need_unmetered, conditions.unmetered),
    )
    return Availability(tuple(name for name, is_needed, holds in required if is_needed and holds is False))
