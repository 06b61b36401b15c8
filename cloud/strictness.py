"""The operator's choice of a point of "unknown" for each group: how many strangers its devices let in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from contract.patterns import GROUP_PATTERN
from contract.unknown import Strictness


@dataclass(frozen=True, slots=True)
class GroupStrictness:
    """The point of each group; written as POINT for all, GROUP=POINT for one of them, with commas between."""

    default: Strictness = Strictness.BALANCED
    groups: Mapping[str, Strictness] = field(default_factory=dict)
    """Of groups with a point of their own."""

    @classmethod
    def parse(cls, text: str) -> GroupStrictness:
        """Read what an operator writes; where no entry is for all, balanced is.

        Raises:
            ValueError: says what was expected.
        """
        points: dict[str, Strictness] = {}
        for number, part in enumerate((part for part in text.split(",") if part.strip()), start=1):
            group, equals, name = (one.strip() for one in part.rpartition("="))
            if equals and not GROUP_PATTERN.fullmatch(group):
                raise ValueError(f"a group of lower-case letters, digits and hyphens before = in entry {number}")
            if name not in list(Strictness):
                raise ValueError(f"{', '.join(Strictness)}, or GROUP= and one of them, as entry {number}")
            if group in points:
                raise ValueError(f"one point for {group or 'all groups'} (entry {number} repeats it)")
            points[group] = Strictness(name)
        return cls(points.pop("", Strictness.BALANCED), points)

    def of(self, group: str) -> Strictness:
        """Return the point of a group."""
        return self.groups.get(group, self.default)

    def __str__(self) -> str:
        """Write what `parse` reads."""
        return ",".join([self.default.value, *(f"{group}={point.value}" for group, point in self.groups.items())])
