"""Scenes: drawn places with people in them, as in the photos that people take: whole ones, not crops of faces.

    place, W x H: a sky or a wall, a floor, things        +--------------------+
    portraits, each at a place of its own, soft edges     |  ( )        ( )    |
                                                          |       ( )          |
                                                          +--------------------+

Portraits are square photos of one person each, drawn (`demo.drawing.portrait`) or real. One seed gives one scene.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from demo.drawing.person import Colour

WIDTH, HEIGHT = 1280, 960
FACE_SHARE = 0.45
"""How wide the face is in a drawn portrait, in shares of its side, as detectors see it."""
SOFT_SHARE = 0.08
"""How much of a portrait's side its edge takes to fade."""
TRIES = 1000
COARSE = 4
"""Places are drawn smaller by this, and blurred by enlarging them."""
GRAIN = 5
"""Bits by which random bytes are shifted to become the noise: -4 to 3 grey levels."""

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Spot:
    """The square of a scene that a portrait fills."""

    left: int
    top: int
    side: int

    @property
    def middle(self) -> tuple[float, float]:
        """Where the portrait's middle is, x and y."""
        return self.left + self.side / 2, self.top + self.side / 2

    def is_clear_of(self, other: Spot) -> bool:
        """Tell whether two squares have nothing in common."""
        across = self.left + self.side <= other.left or other.left + other.side <= self.left
        return across or self.top + self.side <= other.top or other.top + other.side <= self.top


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One drawn photo of a place and people."""

    pixels: Pixels
    """(height, width, 3), RGB."""
    spots: tuple[Spot, ...]
    """Where each portrait is, in their order."""


def draw_scene(
    portraits: Sequence[Pixels],
    random: np.random.Generator,
    *,
    sides: Sequence[int],
    width: int = WIDTH,
    height: int = HEIGHT,
) -> Scene:
    """Return a scene with portraits at places of their own.

    Args:
        portraits: uint8 (n, n, 3), RGB; of any n.
        random: all that is chosen comes from it.
        sides: of the square that each portrait fills, in pixels.
        width: of the scene, in pixels.
        height: of the scene.

    Raises:
        ValueError: the portraits do not fit in, or are not as many as the sides.
    """
    spots = choose_spots(random, sides=sides, width=width, height=height)
    scene = draw_place(random, width=width, height=height)
    for portrait, spot in zip(portraits, spots, strict=True):
        resized = Image.fromarray(portrait).resize((spot.side, spot.side), Image.Resampling.BICUBIC)
        scene.paste(resized, (spot.left, spot.top), _fading(spot.side))
    grain = np.frombuffer(random.bytes(height * width), np.int8).reshape(height, width, 1) >> GRAIN
    return Scene(np.clip(np.asarray(scene, np.int16) + grain, 0, 255).astype(np.uint8), tuple(spots))


def choose_spots(random: np.random.Generator, *, sides: Sequence[int], width: int, height: int) -> list[Spot]:
    """Return a square of each side, all within the scene and clear of one another.

    Raises:
        ValueError: no room was found for one.
    """
    spots: dict[int, Spot] = {}
    for index in sorted(range(len(sides)), key=lambda index: -sides[index]):  # what is large finds room first
        spots[index] = _find_room(random, sides[index], list(spots.values()), width=width, height=height)
    return [spots[index] for index in range(len(sides))]


def draw_place(random: np.random.Generator, *, width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """Return a place without people: a wall or a sky, a floor, and things that stand, hang and lie about."""
    wide, high = width // COARSE, height // COARSE
    place = Image.new("RGB", (wide, high), _colour(random))
    pen = ImageDraw.Draw(place)
    floor = int(random.uniform(0.55, 0.9) * high)
    pen.rectangle((0, floor, wide, high), fill=_colour(random))
    for _ in range(int(random.integers(8, 16))):
        x, y = random.uniform(0, wide), random.uniform(0, high)
        across, down = random.uniform(0.02, 0.2, 2) * high
        corners = (x - across, y - down, x + across, y + down)
        draw = (pen.rectangle, pen.ellipse)[int(random.integers(2))]
        draw(corners, fill=_colour(random))
    soft = place.filter(ImageFilter.GaussianBlur(1.5))
    return soft.resize((width, height), Image.Resampling.BICUBIC)


def _find_room(random: np.random.Generator, side: int, taken: Sequence[Spot], *, width: int, height: int) -> Spot:
    if side <= min(width, height):
        for _ in range(TRIES):
            left, top = random.integers(0, width - side + 1), random.integers(0, height - side + 1)
            spot = Spot(int(left), int(top), side)
            if all(spot.is_clear_of(other) for other in taken):
                return spot
    expected = f"room for a square of {side} pixels in {width} x {height}"
    raise ValueError(f"scene: expected {expected}, got none beside {len(taken)} others")


def _colour(random: np.random.Generator) -> Colour:
    red, green, blue = (int(value) for value in random.integers(40, 216, 3))
    return red, green, blue


def _fading(side: int) -> Image.Image:
    """Return how much of a portrait shows, (side, side): all of its middle, less and less of its edge."""
    edge = np.minimum(np.arange(side) + 0.5, side - 0.5 - np.arange(side)) / max(1.0, SOFT_SHARE * side)
    line = np.clip(edge, 0, 1)
    return Image.fromarray((255 * np.minimum(line[:, None], line)).round().astype(np.uint8))
