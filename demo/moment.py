"""The only home of what differs from photo to photo of one drawn person: pose, light and expression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the head is and how it is held: pixels of the photo, factor, degrees, ratio, and pixels of turning."""

    shift_x: float
    shift_y: float
    scale: float
    rotation: float
    shear: float
    turn: float


@dataclass(frozen=True, slots=True)
class Light:
    """How the scene is lit: a gradient's strength and direction (radians), gamma, and a tint for each channel."""

    gradient: float
    direction: float
    gamma: float
    tint: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Expression:
    """What the face does: smile (-1 to 1), mouth open (0 to 1), brows raised (-1 to 1), lids closed (0 to 1)."""

    smile: float
    mouth_open: float
    brows: float
    lids: float
    gaze: float


def draw_pose(rng: np.random.Generator) -> Pose:
    """Return how one photo is held: up to 4 pixels and 6 degrees away from the middle."""
    return Pose(
        shift_x=rng.uniform(-4, 4),
        shift_y=rng.uniform(-3, 3),
        scale=rng.uniform(0.95, 1.05),
        rotation=rng.uniform(-6, 6),
        shear=rng.uniform(-0.06, 0.06),
        turn=rng.uniform(-5, 5),
    )


def draw_light(rng: np.random.Generator) -> Light:
    """Return the light of one photo."""
    red, green, blue = rng.uniform(0.95, 1.05, 3)
    return Light(
        gradient=rng.uniform(0.0, 0.25),
        direction=rng.uniform(0, 2 * np.pi),
        gamma=rng.uniform(0.9, 1.12),
        tint=(float(red), float(green), float(blue)),
    )


def draw_expression(rng: np.random.Generator) -> Expression:
    """Return what the face does in one photo."""
    return Expression(
        smile=rng.uniform(-0.6, 1.0),
        mouth_open=max(0.0, rng.uniform(-1.0, 1.0)),
        brows=rng.uniform(-1, 1),
        lids=max(0.0, rng.uniform(-0.7, 0.6)),
        gaze=rng.uniform(-1, 1),
    )
