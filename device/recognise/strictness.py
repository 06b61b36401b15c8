"""When answers are "unknown" now: the threshold in use, who chose it, and what else may be chosen. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from contract.errors import shown
from contract.unknown import Points, Strictness, point_of, threshold_at
from device.errors import BadInput

__all__ = ["Strictness", "UnknownStatus", "chosen", "not_there", "unknown_status"]


@dataclass(frozen=True, slots=True)
class UnknownStatus:
    """The threshold in use."""

    threshold: float
    """Below this probability the answer is "unknown"."""
    point: Strictness | None
    """Which of the points it is of; None: of none, as the head has no points."""
    is_own_choice: bool
    """Whether this device has chosen it; otherwise it is as the head came, by the choice of the group's operator."""
    points: Points
    """All three, with what each does; none where the head has no points."""


def chosen(choice: Strictness | str | None) -> Strictness | None:
    """Return the point that a program chose, by its name too.

    Raises:
        BadInput: there is no such point.
    """
    if choice is None:
        return None
    try:
        return Strictness(choice)
    except ValueError:
        expected = f"{', '.join(Strictness)} or None"
        raise BadInput(f"unknown: expected {expected}, got {shown(choice)}") from None


def unknown_status(choice: Strictness | None, *, threshold: float, points: Points) -> UnknownStatus:
    """Apply the choice of a device, None where it has made none, to what a head says."""
    used = threshold_at(choice, threshold=threshold, points=points)
    if choice is not None and choice in points:
        return UnknownStatus(used, choice, is_own_choice=True, points=points)
    return UnknownStatus(used, point_of(threshold, points), is_own_choice=False, points=points)


def not_there(choice: Strictness | None, status: UnknownStatus) -> str | None:
    """Say that a choice does not count, where it does not."""
    if choice is None or status.is_own_choice:
        return None
    got = f"one without points; it asks for {status.threshold:.3f}"
    return f'"unknown": expected a head with the point {choice}, got {got}'
