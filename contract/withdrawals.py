"""Withdrawals: which releases of a line must not serve any more. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from contract.documents import Fields, Json

MAX_RANGES = 64


@dataclass(frozen=True, slots=True)
class Withdrawals:
    """The serials of releases that were withdrawn: what a release says, and every later one of its line after it."""

    ranges: tuple[tuple[int, int], ...] = ()
    """First and last serial of each, both withdrawn; rising, none overlapping, at most `MAX_RANGES`."""

    @classmethod
    def parse(cls, documents: Sequence[Fields], *, before: int) -> "Withdrawals":
        """Read what `document` wrote into the release of serial `before`. Raises `Malformed` or `Impossible`."""
        ranges: list[tuple[int, int]] = []
        lowest = 1
        for fields in documents:
            first = fields.integer("first", low=lowest, high=before - 1)
            last = fields.integer("last", low=first, high=before - 1)
            ranges.append((first, last))
            lowest = last + 1
        return cls(tuple(ranges))

    def document(self) -> list[Json]:
        """Write them as part of a manifest."""
        return [{"first": first, "last": last} for first, last in self.ranges]

    def __bool__(self) -> bool:
        """Tell whether anything is withdrawn."""
        return bool(self.ranges)

    def __contains__(self, serial: int) -> bool:
        """Tell whether the release of a serial is withdrawn."""
        return any(first <= serial <= last for first, last in self.ranges)

    def adding(self, first: int, last: int) -> "Withdrawals":
        """Return these and one range more.

        Where they become too many, the two oldest become one, with all that lies between: no release that was withdrawn
        ever serves again, and what is withdrawn with it was replaced long ago.
        """
        merged: list[tuple[int, int]] = []
        for one in sorted((*self.ranges, (first, last))):
            if merged and one[0] <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(merged[-1][1], one[1]))
            else:
                merged.append(one)
        while len(merged) > MAX_RANGES:
            merged[:2] = [(merged[0][0], merged[1][1])]
        return Withdrawals(tuple(merged))
