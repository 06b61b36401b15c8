"""One photo of one synthetic person, seen in some pose, light and expression.

Drawn twice too large and shrunk, so that edges are smooth. The background, the clothes, the pose, the light and
the expression are independent of who is drawn.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from demo.drawing.parts import draw_person
from demo.drawing.person import SyntheticPerson
from demo.drawing.variation import Chance, Light, Pose, draw_expression, draw_light, draw_pose

PHOTO_SIDE = 200
"""Pixels along each side of a photo."""
OVERSAMPLING = 2
GRAIN = 2.0
"""Standard deviation of the noise, in grey levels."""


def draw_photo(person: SyntheticPerson, rng: np.random.Generator, *, variation: float = 1.0) -> NDArray[np.uint8]:
    """Return one photo of a person, uint8 (200, 200, 3) RGB; all that changes from photo to photo comes from `rng`.

    `variation` (0 to 1) says how much photos of one person differ.
    """
    chance = Chance(rng, variation)
    pose, light, expression = draw_pose(chance), draw_light(chance), draw_expression(chance)
    scene = _background(chance)
    layer = Image.new("RGBA", scene.size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(layer)
    draw_person(pen, person, expression=expression, turn=pose.turn, clothes=chance.colour(), scale=OVERSAMPLING)
    moved = _move(layer, pose)
    scene.paste(moved, (0, 0), moved)
    return _develop(np.asarray(scene.reduce(OVERSAMPLING), np.float32), light, rng=rng)


def _background(chance: Chance) -> Image.Image:
    """Return a blurred wall with a few soft shapes, as large as the drawing."""
    side, middle = PHOTO_SIDE, PHOTO_SIDE / 2
    wall = Image.new("RGB", (side, side), chance.colour())
    pen = ImageDraw.Draw(wall)
    for _ in range(5):
        x, y, radius = chance.around(middle, middle), chance.around(middle, middle), chance.around(45, 25)
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=chance.colour())
    soft = wall.filter(ImageFilter.GaussianBlur(16))
    return soft.resize((side * OVERSAMPLING, side * OVERSAMPLING), Image.Resampling.BILINEAR)


def _move(layer: Image.Image, pose: Pose) -> Image.Image:
    """Return the layer rotated, sheared, scaled and shifted about its middle."""
    angle, middle = np.deg2rad(pose.rotation), layer.width / 2
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    inverse = np.linalg.inv(pose.scale * turn @ np.array([[1.0, pose.shear], [0.0, 1.0]]))
    shift = np.array([pose.shift_x, pose.shift_y]) * OVERSAMPLING
    offset = middle - inverse @ (middle + shift)
    matrix = (inverse[0, 0], inverse[0, 1], offset[0], inverse[1, 0], inverse[1, 1], offset[1])
    return layer.transform(layer.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)


def _develop(scene: NDArray[np.float32], light: Light, *, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return the scene under the light, with a little grain."""
    across = np.linspace(-1, 1, PHOTO_SIDE, dtype=np.float32)
    slope = across * np.cos(light.direction) + across[:, None] * np.sin(light.direction)
    lit = scene / 255 * (1 + light.gradient * slope)[..., None] * np.asarray(light.tint, np.float32)
    toned = np.clip(lit, 0, 1) ** light.gamma * 255
    grain = rng.standard_normal(toned.shape, np.float32) * GRAIN
    photo: NDArray[np.uint8] = np.clip(toned + grain, 0, 255).astype(np.uint8)
    return photo
