"""The only home of when a device may use its power and network: a policy, and a pure decision over what is known.

What nobody knows does not forbid: a board without a battery or a network manager would otherwise never upload anything.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """What has to hold before a device pushes and pulls by itself."""

    need_charging: bool = True
    need_idle: bool = True
    need_unmetered: bool = True


@dataclass(frozen=True, slots=True)
class Conditions:
    """What holds now; None where the machine does not say."""

    charging: bool | None
    idle: bool | None
    unmetered: bool | None


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether the device is available, and if not, what is missing."""

    missing: tuple[str, ...]

    @property
    def is_available(self) -> bool:
        """Nothing is missing."""
        return not self.missing


def decide(policy: Policy, conditions: Conditions) -> Decision:
    """Compare what has to hold with what holds. Pure."""
    required = (
        ("charging", policy.need_charging, conditions.charging),
        ("idle", policy.need_idle, conditions.idle),
        ("unmetered", policy.need_unmetered, conditions.unmetered),
    )
    return Decision(tuple(name for name, is_needed, holds in required if is_needed and holds is False))
