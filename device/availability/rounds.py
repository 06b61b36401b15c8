"""The only home of the loop that pushes and pulls by itself whenever the device is available."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from contract.errors import ContractError
from device.availability.policy import Decision
from device.errors import DeviceError, TryLater
from device.pull.updater import PullReport
from device.push.sender import PushReport

Report = TypeVar("Report")


@dataclass(frozen=True, slots=True)
class Round:
    """One round. ``push`` and ``pull`` are None where the device was not available or they failed."""

    decision: Decision
    push: PushReport | None = None
    pull: PullReport | None = None
    problems: tuple[DeviceError | ContractError, ...] = ()


@dataclass(frozen=True, slots=True)
class Rounds:
    """The parts of the loop; each is asked anew in every round."""

    decide: Callable[[], Decision]
    push: Callable[[], PushReport]
    pull: Callable[[], PullReport]

    def once(self) -> Round:
        """Push and pull if the device is available. What fails is reported, and the other one is done all the same."""
        decision = self.decide()
        if not decision.is_available:
            return Round(decision)
        problems: list[DeviceError | ContractError] = []
        pushed = _attempt(self.push, problems)
        if pushed is not None and pushed.problem is not None:
            problems.append(pushed.problem)
        pulled = _attempt(self.pull, problems)
        return Round(decision, pushed, pulled, tuple(problems))


def wait_s(last: Round, *, interval_s: float) -> float:
    """Tell how long to wait for the next round: the interval, or longer if the service asked for it. Pure."""
    asked = [one.retry_after_s or 0.0 for one in last.problems if isinstance(one, TryLater)]
    return max([interval_s, *asked])


def _attempt(act: Callable[[], Report], problems: list[DeviceError | ContractError]) -> Report | None:
    try:
        return act()
    except (DeviceError, ContractError) as error:
        problems.append(error)
        return None
