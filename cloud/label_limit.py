"""The operator's choice of how many labels one device may bring alone: names that nobody else in its group uses."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LIMIT = re.compile(r"(?P<labels>[0-9]{1,6})(?:,(?P<percent>[0-9]{1,3})%)?")
MAX_PERCENT = 100


@dataclass(frozen=True, slots=True)
class LabelLimit:
    """The most of a device; written as LABELS or LABELS,PERCENT%, of which the greater counts."""

    labels: int = 10
    percent: int = 5
    """Of the labels of the group that the bundle, two devices or an operator stand for."""

    @classmethod
    def parse(cls, text: str) -> LabelLimit:
        """Read what an operator writes.

        Raises:
            ValueError: says what was expected.
        """
        match = _LIMIT.fullmatch(text.replace(" ", ""))
        if match is None or int(match["percent"] or 0) > MAX_PERCENT:
            raise ValueError(f"LABELS or LABELS,PERCENT% such as 10,5%, with at most {MAX_PERCENT} %")
        return cls(int(match["labels"]), int(match["percent"] or 0))

    def of(self, backed: int) -> int:
        """Return how many one device may bring alone, in a group with so many labels that others stand for."""
        return max(self.labels, backed * self.percent // 100)

    def __str__(self) -> str:
        """Write what `parse` reads."""
        return f"{self.labels},{self.percent}%"


USUAL = LabelLimit()
