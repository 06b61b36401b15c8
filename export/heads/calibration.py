"""The calibration of a head: what `export.heads.calibrate` fits and trials report. Plain numbers, without Keras."""

from __future__ import annotations

from dataclasses import dataclass


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
    """The share of them above the threshold."""
    strangers: int = 0
    """How many photos of strangers."""
    strangers_refused: float = 0.0
    """The share of them below it."""
