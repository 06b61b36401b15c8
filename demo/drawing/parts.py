"""The parts of a drawn face: hair, skin, eyes, brows, nose, mouth, beard, glasses.

Positions are in units of a canvas of 200 x 200, y downwards, the face's middle at (100, 104).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from PIL import ImageDraw

from demo.drawing.person import Beard, Colour, Glasses, HairStyle, SyntheticPerson
from demo.drawing.variation import Expression

MIDDLE_X, MIDDLE_Y = 100.0, 104.0
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Pen:
    """A drawing in canvas units around the face's middle."""

    canvas: ImageDraw.ImageDraw
    scale: float
    turn: float = 0.0
    """Moves what is inside the outline sideways."""

    def ellipse(
        self, middle: Point, radii: Point, *, fill: Colour | None, line: Colour | None = None, width: float = 0
    ) -> None:
        """Draw an ellipse about `middle`."""
        (x, y), (a, b) = middle, radii
        self.canvas.ellipse([self._at((x - a, y - b)), self._at((x + a, y + b))], fill, line, self._long(width))

    def polygon(self, points: Iterable[Point], *, fill: Colour) -> None:
        """Draw a filled polygon."""
        self.canvas.polygon([self._at(point) for point in points], fill)

    def line(self, points: Iterable[Point], *, fill: Colour, width: float) -> None:
        """Draw a line with round ends."""
        spots = [self._at(point) for point in points]
        self.canvas.line(spots, fill, self._long(width), joint="curve")
        for x, y in (spots[0], spots[-1]):
            half = self._long(width) / 2
            self.canvas.ellipse((x - half, y - half, x + half, y + half), fill)

    def _at(self, point: Point) -> Point:
        return (MIDDLE_X + self.turn + point[0]) * self.scale, (MIDDLE_Y + point[1]) * self.scale

    def _long(self, length: float) -> int:
        return max(1, round(length * self.scale)) if length else 0


def draw_person(
    canvas: ImageDraw.ImageDraw,
    who: SyntheticPerson,
    *,
    expression: Expression,
    turn: float,
    clothes: Colour,
    scale: float,
) -> None:
    """Draw the person's head and shoulders; `turn` is how far the face looks to a side."""
    head, inner = Pen(canvas, scale), Pen(canvas, scale, turn)
    _hair_behind(head, who)
    _body(head, who, clothes)
    _head(head, who)
    _beard(inner, who)
    _freckles(inner, who)
    for side in (-1, 1):
        _eye(inner, who, expression, side)
        _brow(inner, who, expression, side)
    _nose(inner, who)
    _mouth(inner, who, expression)
    _hair_before(head, who)
    _glasses(inner, who)


def outline(who: SyntheticPerson, *, grow: float = 0.0) -> list[Point]:
    """Return the face's outline, clockwise from its right; a small `jaw` narrows the lower half."""
    angles = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    x, y = np.cos(angles), np.sin(angles)
    squeeze = 1 - 0.7 * (1 - who.jaw) * np.maximum(y, 0) ** 1.5
    wide = (who.face_width + grow) * np.sign(x) * np.abs(x) ** 0.85 * squeeze
    return list(zip(wide.tolist(), ((who.face_height + grow) * y).tolist(), strict=True))


def _darker(colour: Colour, factor: float) -> Colour:
    red, green, blue = (int(min(255, channel * factor)) for channel in colour)
    return red, green, blue


def _hair_behind(pen: Pen, who: SyntheticPerson) -> None:
    wide, high, back = who.face_width + who.hair_volume, who.face_height, _darker(who.hair, 0.85)
    if who.hair_style is HairStyle.LONG:
        pen.ellipse((0, -8), (wide, high + 6), fill=back)
        pen.polygon([(-wide, -8), (wide, -8), (wide + 4, 86), (-wide - 4, 86)], fill=back)
    elif who.hair_style is HairStyle.BOB:
        pen.ellipse((0, -8), (wide + 2, high + 4), fill=back)
        pen.polygon([(-wide - 2, -8), (wide + 2, -8), (wide + 2, 40), (-wide - 2, 40)], fill=back)
    elif who.hair_style is HairStyle.BUN:
        pen.ellipse((0, -high - 12), (16 + who.hair_volume / 2, 15), fill=back)
    elif who.hair_style is HairStyle.CURLY:
        for angle in np.linspace(np.pi * 0.9, np.pi * 2.1, 13):
            spot = (float(np.cos(angle)) * who.face_width, float(np.sin(angle)) * high)
            pen.ellipse(spot, (11 + who.hair_volume, 11 + who.hair_volume), fill=back)


def _body(pen: Pen, who: SyntheticPerson, clothes: Colour) -> None:
    shade = _darker(who.skin, 0.82)
    pen.polygon([(-18, 30), (18, 30), (20, 90), (-20, 90)], fill=shade)
    pen.ellipse((0, 112), (76, 42), fill=clothes)
    pen.ellipse((0, 74), (20, 14), fill=shade)


def _head(pen: Pen, who: SyntheticPerson) -> None:
    for side in (-1, 1):
        pen.ellipse(
            (side * who.face_width * 0.98, 0), (who.ear_size * 0.7, who.ear_size * 1.3), fill=_darker(who.skin, 0.88)
        )
    pen.polygon(outline(who, grow=1.2), fill=_darker(who.skin, 0.8))
    pen.polygon(outline(who), fill=who.skin)


def _eye(pen: Pen, who: SyntheticPerson, expression: Expression, side: int) -> None:
    x, y, size = side * who.eye_spacing, who.eye_height, who.eye_size
    open_share = 1 - expression.lids
    pen.ellipse((x, y), (size + 1.2, size * 0.72 + 1.2), fill=_darker(who.skin, 0.72))
    pen.ellipse((x, y), (size, size * 0.68 * open_share), fill=(246, 246, 244))
    look, iris = x + expression.gaze * size * 0.25, size * 0.56
    pen.ellipse((look, y), (iris, min(iris, size * 0.68 * open_share)), fill=who.iris)
    pen.ellipse((look, y), (iris * 0.5, min(iris * 0.5, size * 0.6 * open_share)), fill=(16, 14, 16))
    pen.ellipse((look - iris * 0.3, y - iris * 0.3 * open_share), (1.2, 1.2 * open_share), fill=(255, 255, 255))


def _brow(pen: Pen, who: SyntheticPerson, expression: Expression, side: int) -> None:
    x, y = side * who.eye_spacing, who.eye_height - who.brow_gap - 2.0 * expression.brows
    half, slope = who.eye_size + 2.5, who.brow_slope
    points = [(x - side * half, y + slope), (x, y - 2), (x + side * half, y - slope + 1.5)]
    pen.line(points, fill=_darker(who.hair, 0.75), width=who.brow_weight)


def _nose(pen: Pen, who: SyntheticPerson) -> None:
    top, tip, half = who.eye_height + 6, who.eye_height + 6 + who.nose_length, who.nose_width
    pen.polygon([(-2, top), (2, top), (half * 0.8, tip), (-half * 0.8, tip)], fill=_darker(who.skin, 0.92))
    pen.ellipse((0, tip), (half * 0.85, half * 0.5), fill=_darker(who.skin, 0.88))
    for side in (-1, 1):
        pen.ellipse((side * half * 0.45, tip + half * 0.18), (half * 0.2, half * 0.14), fill=_darker(who.skin, 0.45))


def _mouth(pen: Pen, who: SyntheticPerson, expression: Expression) -> None:
    y, half, rise = who.mouth_height, who.mouth_width * (1 + 0.12 * expression.smile), 4.5 * expression.smile
    across = np.linspace(-1, 1, 15)
    upper = [(float(u * half), float(y - rise * u * u)) for u in across]
    gape = 9.0 * expression.mouth_open
    lower = [(float(u * half), float(y - rise * u * u + gape * (1 - u * u))) for u in across]
    if gape > 1:
        pen.polygon(upper + lower[::-1], fill=(70, 24, 28))
        pen.line(upper[4:11], fill=(240, 238, 230), width=min(3.0, gape * 0.5))
    pen.line(upper, fill=who.lips, width=who.lip_weight * 0.7)
    pen.line(lower, fill=who.lips, width=who.lip_weight)


def _freckles(pen: Pen, who: SyntheticPerson) -> None:
    spread = np.random.default_rng(who.freckles)
    for _ in range(who.freckles):
        spot = (float(spread.uniform(-28, 28)), float(spread.uniform(4, 18)))
        pen.ellipse(spot, (0.9, 0.9), fill=_darker(who.skin, 0.72))


def _beard(pen: Pen, who: SyntheticPerson) -> None:
    colour = _darker(who.hair, 0.9)
    if who.beard is Beard.FULL:
        lower = [(x * 0.99, y) for x, y in outline(who, grow=2) if y > 12]
        ordered = sorted(lower, key=lambda point: -point[0])
        pen.polygon([*ordered, (-who.face_width * 0.6, 20), (0, 16), (who.face_width * 0.6, 20)], fill=colour)
    if who.beard is Beard.GOATEE:
        pen.ellipse((0, who.mouth_height + 8), (who.mouth_width * 0.9, 15), fill=colour)
    if who.beard in (Beard.MOUSTACHE, Beard.FULL):
        y = who.mouth_height - 6
        pen.line([(-who.mouth_width, y + 2), (0, y - 2), (who.mouth_width, y + 2)], fill=_darker(colour, 0.85), width=6)


def _hair_before(pen: Pen, who: SyntheticPerson) -> None:
    if who.hair_style is HairStyle.BALD:
        return
    crown = [(x, y) for x, y in outline(who, grow=who.hair_volume * 0.7) if y < -who.face_height * 0.25]
    crown.sort(key=lambda point: point[0])
    pen.polygon([*crown, *_hairline(who)], fill=who.hair)
    if who.hair_style is HairStyle.SPIKY:
        for x in np.linspace(-who.face_width * 0.8, who.face_width * 0.8, 8):
            base = -float(np.sqrt(max(0.0, 1 - (x / who.face_width) ** 2))) * who.face_height
            pen.polygon([(float(x) - 7, base + 6), (float(x), base - 16), (float(x) + 7, base + 6)], fill=who.hair)


def _hairline(who: SyntheticPerson) -> list[Point]:
    """Return where hair meets forehead, from right to left."""
    wide, top = who.face_width * 0.92, -who.face_height
    if who.hair_style in (HairStyle.FRINGE, HairStyle.BOB):
        return [(wide, top * 0.2), (wide * 0.8, top * 0.42), (-wide * 0.8, top * 0.42), (-wide, top * 0.2)]
    if who.hair_style in (HairStyle.PARTED, HairStyle.LONG):
        return [
            (wide, top * 0.2),
            (wide * 0.72, top * 0.55),
            (wide * 0.25, top * 0.82),
            (-wide * 0.7, top * 0.5),
            (-wide, top * 0.2),
        ]
    return [
        (wide, top * 0.3),
        (wide * 0.75, top * 0.66),
        (0, top * 0.74),
        (-wide * 0.75, top * 0.66),
        (-wide, top * 0.3),
    ]


def _glasses(pen: Pen, who: SyntheticPerson) -> None:
    if who.glasses is Glasses.NONE:
        return
    y, radius = who.eye_height, min(who.eye_size + 5, who.eye_spacing - 1.5)
    dark = (34, 34, 40) if who.glasses is Glasses.DARK else None
    for side in (-1, 1):
        x = side * who.eye_spacing
        if who.glasses is Glasses.SQUARE:
            corners = [
                (x - radius, y - radius * 0.75),
                (x + radius, y - radius * 0.75),
                (x + radius, y + radius * 0.75),
            ]
            pen.line([*corners, (x - radius, y + radius * 0.75), corners[0]], fill=who.frames, width=2.4)
        else:
            pen.ellipse((x, y), (radius, radius * 0.9), fill=dark, line=who.frames, width=2.4)
        pen.line([(x + side * radius, y), (side * who.face_width, y - 3)], fill=who.frames, width=2)
    pen.line([(-who.eye_spacing + radius, y - 1), (who.eye_spacing - radius, y - 1)], fill=who.frames, width=2.4)
