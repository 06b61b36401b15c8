"""What a check of a service finds: what is well, what an operator may want to know, and what is wrong. Pure."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

MAX_SKEW_S = 60.0
"""So far may the clocks of two machines be apart without a word."""


class Level(StrEnum):
    """How much a finding matters."""

    WELL = "well"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line about one thing."""

    level: Level
    about: str
    """settings, state, store, key, clock or cluster."""
    said: str

    def __str__(self) -> str:
        """Make it a line."""
        return f"{self.level:5}  {self.about}: {self.said}"


def judge_clock(*, now: float, signed: Mapping[str, int], synchronised: bool | None) -> Iterator[Finding]:
    """Judge a machine's clock.

    Args:
        now: what it says, Unix seconds.
        signed: when what stands in the store was signed, by its name, Unix seconds. All of that is past.
        synchronised: what the system says of it; None if it says nothing.
    """
    ahead = {name: at - now for name, at in signed.items() if at - now > MAX_SKEW_S}
    if ahead:
        name = max(ahead, key=lambda one: ahead[one])
        yield Finding(
            Level.WRONG,
            "clock",
            f"it is {_shown(now)}, and {name} was signed {_shown_span(ahead[name])} later: "
            "this clock is behind, or the worker's was ahead",
        )
    if synchronised is False:
        yield Finding(Level.NOTE, "clock", "the system does not keep it right (NTP); devices judge releases by time")
    elif not ahead:
        yield Finding(Level.WELL, "clock", _shown(now) + (", kept right by the system" if synchronised else ""))


def _shown(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))


def _shown_span(seconds: float) -> str:
    for unit, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} seconds"
