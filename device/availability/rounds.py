"""Pushes and pulls by itself, round after round, whenever the device is available."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from contract.errors import ContractError
from device.availability.policy import Availability
from device.errors import DeviceError, TryLater
from device.pull.updater import PullReport
from device.push.sender import PushReport

Report = TypeVar("Report")


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did."""

    availability: Availability
    push: PushReport | None = None
    """None where the device was not available, or the push failed."""
    pull: PullReport | None = None
    """None where the device was not available, or the pull failed."""
    problems: tuple[DeviceError | ContractError, ...] = ()

    @property
    def is_put_off(self) -> bool:
        """Whether the service could not be asked, or said "later"."""
        return any(isinstance(one, TryLater) for one in self.problems)

    @property
    def retry_after_s(self) -> float:
        """The longest wait that the service asked for, in seconds; 0 where it asked for none."""
        return max((one.retry_after_s or 0.0 for one in self.problems if isinstance(one, TryLater)), default=0.0)


@dataclass(frozen=True, slots=True)
class Rounds:
    """The parts of a round; each is asked anew in every one."""

    check: Callable[[], Availability]
    push: Callable[[], PushReport]
    pull: Callable[[], PullReport]

    def once(self) -> Round:
        """Push and pull if the device is available. What fails is reported, and the other one is done all the same."""
        availability = self.check()
        if not availability.is_available:
            return Round(availability)
        problems: list[DeviceError | ContractError] = []
        pushed = _attempt(self.push, problems)
        if pushed is not None and pushed.problem is not None:
            problems.append(pushed.problem)
        pulled = _attempt(self.pull, problems)
        return Round(availability, pushed, pulled, tuple(problems))


def _attempt(act: Callable[[], Report], problems: list[DeviceError | ContractError]) -> Report | None:
    try:
        return act()
    except (DeviceError, ContractError) as error:
        problems.append(error)
        return None
