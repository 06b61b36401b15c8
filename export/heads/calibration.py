"""The calibration of a head: what `export.heads.calibrate` fits and trials report. Plain numbers, without Keras."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from contract.documents import Fields, Json
from contract.unknown import Strictness, UnknownPoint, parse_points, points_document


class FittedOn(StrEnum):
    """Whose photos a threshold was fitted on."""

    BOTH = "both"
    """Photos of people whom the head knows, and of strangers."""
    STRANGERS = "strangers"
    """Of strangers alone: too few of the known were left out, as with one photo a label."""
    DEFAULT = "default"
    """Nobody's: a stated threshold that may be far from a good one."""


SAID_MORE = 0.005
"""Of all labels: by so much more a recipe that takes longer must say."""
RIGHT_MORE = 0.02
"""Or, where it says as much, be right: of few labels thresholds are so high that hardly anything is said."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Temperature and thresholds, and how many photos they were fitted on."""

    temperature: float
    """Above 0."""
    threshold: float
    """0 to 1; that of the balanced point, where there are points."""
    points: Mapping[Strictness, UnknownPoint] = field(default_factory=dict)
    """All three, or none where nothing was fitted."""
    known: int = 0
    """How many photos of people the head knows."""
    strangers: int = 0
    """How many photos of strangers."""
    right: float = 0.0
    """The share of the known whose most probable label is their own, each label once."""
    fitted_on: FittedOn = FittedOn.DEFAULT

    @property
    def said(self) -> float | None:
        """The share of the known that is answered with its own label at the balanced point; None where nobody knows."""
        return self.points[Strictness.BALANCED].known_accepted if self.points else None

    def document(self) -> dict[str, Json]:
        """Write what `parse` reads, for records and reports."""
        return {
            "temperature": self.temperature,
            "threshold": self.threshold,
            "points": points_document(self.points),
            "known": self.known,
            "strangers": self.strangers,
            "right": self.right,
            "fitted_on": self.fitted_on,
        }

    @classmethod
    def parse(cls, fields: Fields) -> Calibration:
        """Read what `document` wrote.

        Raises:
            ContractError: a field is missing, or of another kind.
        """
        return cls(
            temperature=fields.number("temperature", low=0.0, high=math.inf),
            threshold=fields.number("threshold", low=0.0, high=1.0),
            points=parse_points(fields),
            known=fields.integer("known"),
            strangers=fields.integer("strangers"),
            right=fields.number("right", low=0.0, high=1.0),
            fitted_on=fields.choice("fitted_on", FittedOn),
        )

    def statement(self, *, labels: int) -> str:
        """Say in one plain line when a head of so many labels answers "unknown", and what is missing to say it well."""
        if labels == 1:
            return '"unknown" never: the one label is the answer to everything'
        below = f'"unknown" below {self.threshold:.3f}'
        reason = self._reason()
        return f"{below}: {reason}" if reason else below

    def _reason(self) -> str:
        match self.fitted_on:
            case FittedOn.BOTH:
                return ""
            case FittedOn.STRANGERS:
                return "fitted on strangers alone, as too few labels have a second sample"
            case FittedOn.DEFAULT if self.strangers:
                return "a default, as the head answers everything alike"
            case FittedOn.DEFAULT:
                return "a default, as there are no samples of three labels or more to fit it on"


def can_say_more(calibration: Calibration) -> bool:
    """Tell whether another recipe could be chosen instead, whatever it says."""
    return calibration.said is not None and calibration.said + SAID_MORE < 1


def says_most(calibrations: Sequence[Calibration]) -> int:
    """Return the place of the head that says most, or of an earlier one that says hardly less and is as often right.

    Heads that do not tell lose to those that do; where none tells it is the first.
    """
    chosen = 0
    for place, calibration in enumerate(calibrations):
        if _is_better(calibration, calibrations[chosen]):
            chosen = place
    return chosen


def _is_better(calibration: Calibration, than: Calibration) -> bool:
    if calibration.said is None:
        return False
    if than.said is None:
        return True
    more = calibration.said - than.said
    return more > SAID_MORE or (more >= -SAID_MORE and calibration.right > than.right + RIGHT_MORE)
