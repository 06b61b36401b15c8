"""What differs from photo to photo of one synthetic person: pose, light and expression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.drawing.person import Colour


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the head is and how it is held."""

    shift_x: float
    """Pixels of the photo, as is `shift_y`."""
    shift_y: float
    scale: float
    rotation: float
    """Degrees."""
    shear: float
    """Pixels sideways for each pixel down."""
    turn: float
    """How far the face looks to a side, in units of the canvas."""


@dataclass(frozen=True, slots=True)
class Light:
    """How the scene is lit."""

    gradient: float
    """How much brighter one side is."""
    direction: float
    """Of the gradient, in radians."""
    gamma: float
    tint: tuple[float, float, float]
    """A factor for each channel."""


@dataclass(frozen=True, slots=True)
class Expression:
    """What the face does."""

    smile: float
    """-1 to 1."""
    mouth_open: float
    """0 to 1."""
    brows: float
    """How far they are raised, -1 to 1."""
    lids: float
    """How far they are closed, 0 to 1."""
    gaze: float
    """To a side, -1 to 1."""


@dataclass(frozen=True, slots=True)
class Chance:
    """Seeded chance whose spread shrinks with the variation."""

    rng: np.random.Generator
    variation: float
    """From 1 (photos differ freely) to 0 (all alike)."""

    def around(self, middle: float, spread: float) -> float:
        """Return a number at most `spread` away from `middle`, and nearer with less variation."""
        return middle + self.variation * float(self.rng.uniform(-spread, spread))

    def colour(self) -> Colour:
        """Return a muted colour, of a wall or of clothes."""
        red, green, blue = (int(self.around(135, 30)) for _ in range(3))
        return red, green, blue


def draw_pose(chance: Chance) -> Pose:
    """Return how one photo is held: up to 4 pixels and 6 degrees away from the middle."""
    return Pose(
        shift_x=chance.around(0, 4),
        shift_y=chance.around(0, 3),
        scale=chance.around(1, 0.05),
        rotation=chance.around(0, 6),
        shear=chance.around(0, 0.06),
        turn=chance.around(0, 5),
    )


def draw_light(chance: Chance) -> Light:
    """Return the light of one photo."""
    return Light(
        gradient=chance.around(0.125, 0.125),
        direction=chance.around(0, np.pi),
        gamma=chance.around(1.01, 0.11),
        tint=(chance.around(1, 0.05), chance.around(1, 0.05), chance.around(1, 0.05)),
    )


def draw_expression(chance: Chance) -> Expression:
    """Return what the face does in one photo."""
    return Expression(
        smile=chance.around(0.2, 0.8),
        mouth_open=max(0.0, chance.around(0, 1)),
        brows=chance.around(0, 1),
        lids=max(0.0, chance.around(-0.05, 0.65)),
        gaze=chance.around(0, 1),
    )
