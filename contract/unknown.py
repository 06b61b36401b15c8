"""The three stated points of "unknown": how many strangers an app lets in, for how many of those it knows.

A head's threshold can be set anywhere. These three are measured with every head, so that an operator chooses one by its
two numbers, and a device may choose another without a new head.

{"threshold": 0.41, "points": {"strict":   {"threshold": 0.58, "known_ppm": 912000, "strangers_ppm": 9800},
                               "balanced": {"threshold": 0.41, "known_ppm": 957000, "strangers_ppm": 24900},
                               "friendly": {"threshold": 0.33, "known_ppm": 971000, "strangers_ppm": 49700}}}
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType
from typing import TypeAlias

from contract.documents import Fields, Json
from contract.errors import Impossible
from contract.self_test import PPM


class Strictness(StrEnum):
    """How many strangers are let in; from fewest to most."""

    STRICT = "strict"
    BALANCED = "balanced"
    FRIENDLY = "friendly"


STRANGERS_LET_IN: Mapping[Strictness, float] = MappingProxyType(
    {Strictness.STRICT: 0.01, Strictness.BALANCED: 0.025, Strictness.FRIENDLY: 0.05}
)
"""The share of strangers, by estimate, who are answered with a label at each point."""


@dataclass(frozen=True, slots=True)
class UnknownPoint:
    """A threshold and what it does, by estimate; both shares count each label and each stranger once.

    The shares are whole millionths, as they are written: what is given is rounded.
    """

    threshold: float
    """0 to 1."""
    known_accepted: float | None
    """The share of samples of known labels that are answered with their own label; None where too few tell."""
    strangers_accepted: float
    """The share of strangers' samples that are answered with any label."""

    def __post_init__(self) -> None:
        """Round both shares."""
        if self.known_accepted is not None:
            object.__setattr__(self, "known_accepted", _ppm(self.known_accepted) / PPM)
        object.__setattr__(self, "strangers_accepted", _ppm(self.strangers_accepted) / PPM)

    @classmethod
    def parse(cls, fields: Fields) -> "UnknownPoint":
        """Read what `document` wrote. Raises a `ContractError`."""
        known = fields.integer("known_ppm", low=0, high=PPM) if "known_ppm" in fields else None
        return cls(
            threshold=fields.number("threshold", low=0.0, high=1.0),
            known_accepted=None if known is None else known / PPM,
            strangers_accepted=fields.integer("strangers_ppm", low=0, high=PPM) / PPM,
        )

    def document(self) -> dict[str, Json]:
        """Write it as part of a bundle's or a manifest's document."""
        known = None if self.known_accepted is None else _ppm(self.known_accepted)
        return {"threshold": self.threshold, "known_ppm": known, "strangers_ppm": _ppm(self.strangers_accepted)}

    def __str__(self) -> str:
        """Say for people what it does."""
        strangers = f"{self.strangers_accepted:.1%} of strangers"
        return strangers if self.known_accepted is None else f"{self.known_accepted:.1%} of the known and {strangers}"


Points: TypeAlias = Mapping[Strictness, UnknownPoint]
"""All three, or none where nothing was fitted. Thresholds do not rise from strict to friendly."""


def parse_points(fields: Fields) -> Points:
    """Read `points` of a document, of whose `threshold` it must be one; none where they are missing or null.

    Raises:
        Malformed: one of the three is missing, or a part of it.
        Impossible: a number beyond its bounds, thresholds that rise, or a `threshold` that is none of theirs.
    """
    if "points" not in fields:
        return {}
    named = fields.document("points")
    points = {point: UnknownPoint.parse(named.document(point)) for point in Strictness}
    for stricter, other in pairwise(Strictness):
        most, got = points[stricter].threshold, points[other].threshold
        if got > most:
            expected = f"{most} at most, as of {stricter}"
            raise Impossible(f"{named.place(other)}.threshold", expected=expected, got=str(got))
    threshold = fields.number("threshold", low=0.0, high=1.0)
    if point_of(threshold, points) is None:
        raise Impossible(fields.place("threshold"), expected="that of one of the points", got=str(threshold))
    return points


def points_document(points: Points) -> dict[str, Json] | None:
    """Write what `parse_points` reads as `points`."""
    return {point.value: one.document() for point, one in points.items()} or None


def point_of(threshold: float, points: Points) -> Strictness | None:
    """Name the point that a threshold is of; None: of none. Of several it is balanced, or else the strictest."""
    named = [point for point, one in points.items() if one.threshold == threshold]
    return Strictness.BALANCED if Strictness.BALANCED in named else next(iter(named), None)


def threshold_at(choice: Strictness | None, *, threshold: float, points: Points) -> float:
    """Return the threshold of the point that somebody chose; where nobody did, or it is not there, `threshold`."""
    return threshold if choice is None or choice not in points else points[choice].threshold


def _ppm(share: float) -> int:
    return round(share * PPM)
