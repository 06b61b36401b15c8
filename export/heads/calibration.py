"""The calibration of a head: what `export.heads.calibrate` fits and trials report. Plain numbers, without Keras."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FittedOn(StrEnum):
    """Whose photos a threshold was fitted on."""

    BOTH = "both"
    """Photos of people whom the head knows, and of strangers."""
    STRANGERS = "strangers"
    """Of strangers alone: too few of the known were left out, as with one photo a label."""
    DEFAULT = "default"
    """Nobody's: a stated threshold that may be far from a good one."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Temperature and threshold, with the photos they were fitted on and what they do to those."""

    temperature: float
    """Above 0."""
    threshold: float
    """0 to 1."""
    known: int = 0
    """How many photos of people the head knows."""
    known_accepted: float = 1.0
    """The share of them above the threshold; 1 without any."""
    strangers: int = 0
    """How many photos of strangers."""
    strangers_refused: float = 0.0
    """The share of them below it; 0 without any."""
    fitted_on: FittedOn = FittedOn.DEFAULT

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
