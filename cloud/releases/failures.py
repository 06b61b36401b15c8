"""Training cycles in a row that published nothing, as a registry keeps them, and when the next one is tried. Pure.

A failure of later than now was noted by a clock that has been set back since. How long ago it was nobody knows, so it
keeps nobody waiting: no wait is longer than the longest backoff.
"""

from __future__ import annotations

from dataclasses import dataclass

from contract.documents import Fields, Json

FIRST_BACKOFF_S = 60
LONGEST_BACKOFF_S = 6 * 3600


@dataclass(frozen=True, slots=True)
class FailedCycles:
    """Training cycles in a row that published nothing."""

    commit: str
    """Of the dataset, in the last of them."""
    times: int
    at: int
    """Unix seconds of the last one."""
    reason: str = ""
    """Of the last one, for an operator; nobody else reads a registry."""

    @classmethod
    def parse(cls, fields: Fields) -> FailedCycles:
        """Read what `document` wrote. Raises a `ContractError`."""
        return cls(
            fields.text("dataset"),
            fields.integer("times"),
            fields.integer("at"),
            fields.text("reason") if "reason" in fields else "",
        )

    def document(self) -> dict[str, Json]:
        """Write it as part of the registry's pointer."""
        return {"dataset": self.commit, "times": self.times, "at": self.at, "reason": self.reason}

    def not_before(self, now: float) -> int | None:
        """Return until when no further cycle is tried, Unix seconds; None where one may be tried now."""
        until = self.at + cycle_backoff_s(self.times)
        return until if self.at <= now < until else None


def cycle_backoff_s(times: int) -> int:
    """Return how long to wait after so many failures in a row: a minute, doubled by each further one, to six hours."""
    return int(min(FIRST_BACKOFF_S << min(times - 1, 20), LONGEST_BACKOFF_S))
