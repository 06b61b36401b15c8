"""Faces: from the detector's numbers to the squares of a photo that the prefix is about. Pure; in double precision.

    photo W x H -> letterbox, S x S -> detector.tflite -> (n, 17) -> candidates -> merged -> in the photo's pixels
        -> the widest 256 -> without faces in faces, widest first -> the subject -> a square each

A photo without a face is looked at once more with a black margin. A face whose eyes are tilted is looked at once more
in a square that is turned with it. Numbers are the bundle's (`contract.face_parameters`), not this module's. Pixel i of
a photo covers [i, i + 1).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.face_parameters import FaceParameters

DETECTOR_SIGNATURE = "detector"
"""TFLite signature: input "photo" uint8 [1, S, S, 3], output "faces" float32 [1, n, 17]."""
DETECTOR_INPUT = "photo"
DETECTOR_OUTPUT = "faces"
FACE_NUMBERS = 17
"""Score, centre x, centre y, width, height, and x, y of six points; but for the score in shares of S."""

MAX_ANCHORS = 16_384
"""The most rows of numbers, n."""
MAX_FACES = 256
"""Of one photo; more are left out, the narrowest."""
SMALLEST, FARTHEST = 2.0**-10, 16.0
"""In shares of S. A width or height below the first, or a number farther from 0 than the second, is of no face."""

POINTS = 6
LEFT_EYE, RIGHT_EYE, NOSE, MOUTH = 0, 1, 2, 3
"""The first points, as they stand in the photo; ears follow."""

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Letterbox:
    """Where a photo lies in the detector's input: all of it, in its proportions, on black."""

    photo: tuple[int, int]
    """Width and height of the photo."""
    side: int
    """Of the input."""
    inner: tuple[int, int]
    """Width and height of the photo in it."""
    place: tuple[int, int]
    """Left and top of the photo in it."""

    @classmethod
    def of(cls, width: int, height: int, *, side: int, margin: float) -> Letterbox:
        """Place a photo, with a margin on each side in shares of its longer side. Halves are rounded to even."""
        longer = max(width, height) * (1 + 2 * margin)
        inner = max(1, round(width * side / longer)), max(1, round(height * side / longer))
        return cls((width, height), side, inner, ((side - inner[0]) // 2, (side - inner[1]) // 2))

    def in_photo(self, face: Face) -> Face:
        """Return a face, given in shares of the input, in the photo's pixels."""
        scales = [photo / inner for photo, inner in zip(self.photo, self.inner, strict=True)]

        def moved(x: float, y: float) -> tuple[float, float]:
            return (x * self.side - self.place[0]) * scales[0], (y * self.side - self.place[1]) * scales[1]

        return Face(
            face.score,
            moved(*face.centre),
            (face.size[0] * self.side * scales[0], face.size[1] * self.side * scales[1]),
            tuple(moved(*point) for point in face.points),
        )


@dataclass(frozen=True, slots=True)
class Face:
    """A face that was found."""

    score: float
    centre: tuple[float, float]
    """Of its box: x, y."""
    size: tuple[float, float]
    """Of its box: width, height."""
    points: tuple[tuple[float, float], ...]
    """Six: eyes, nose, mouth, ears, as they stand in the photo."""

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        (x, y), (width, height) = self.centre, self.size
        return x - width / 2, y - height / 2, x + width / 2, y + height / 2

    @property
    def tilt(self) -> float:
        """The angle from one eye to the other, in radians, clockwise as one looks at the photo."""
        (left_x, left_y), (right_x, right_y) = self.points[LEFT_EYE], self.points[RIGHT_EYE]
        return math.atan2(right_y - left_y, right_x - left_x)

    def holds(self, x: float, y: float) -> bool:
        """Tell whether a point lies inside the box."""
        left, top, right, bottom = self.box
        return left <= x <= right and top <= y <= bottom


@dataclass(frozen=True, slots=True)
class Square:
    """A part of a photo that is looked at; it may reach beyond the photo, where all is black."""

    x: float
    """Of its centre."""
    y: float
    side: float
    angle: float
    """By which it is turned, in radians, clockwise as one looks at the photo."""

    def in_photo(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point lies that is given in shares of the square."""
        right, down = (x - 0.5) * self.side, (y - 0.5) * self.side
        cosine, sine = math.cos(self.angle), math.sin(self.angle)
        return self.x + right * cosine - down * sine, self.y + right * sine + down * cosine


def find_faces(numbers: NDArray[Any], parameters: FaceParameters) -> list[Face]:
    """Return the faces of one look, best first, in shares of the input; `numbers` are the detector's, (n, 17), finite.

    Candidates have at least the least score, a size that can be, and no number too far away. The best of them (of equal
    ones the first) is merged with all that overlap it: each number is their mean weighted by score; the score stays the
    best one's. So on with the rest.
    """
    values = numbers.astype(np.float64)
    has_size = (values[:, 3:5] >= SMALLEST).all(axis=1)
    is_near = (np.abs(values[:, 1:]) <= FARTHEST).all(axis=1)
    waiting = values[(values[:, 0] >= parameters.score) & has_size & is_near]
    waiting = waiting[np.argsort(-waiting[:, 0], kind="stable")]
    found = []
    while len(waiting):
        together = _overlap(waiting[0], waiting) > parameters.overlap
        together[0] = True
        found.append(_merged(waiting[together]))
        waiting = waiting[~together]
    return found


def bound_faces(faces: Sequence[Face]) -> list[Face]:
    """Return at most `MAX_FACES` of a look's faces, the widest (of equal ones the first), in the order given.

    Every one that is kept may be looked at once more, so a photo or a detector of very many must not set the work.
    """
    widest = sorted(range(len(faces)), key=lambda place: -faces[place].size[0])[:MAX_FACES]
    return [faces[place] for place in sorted(widest)]


def sort_faces(faces: Sequence[Face]) -> list[Face]:
    """Return the faces of a photo, widest first, without those whose centre lies inside the box of a wider one."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda face: -face.size[0]):
        if not any(wider.holds(*face.centre) for wider in kept):
            kept.append(face)
    return kept


def choose_subject(faces: Sequence[Face], *, width: int, height: int, parameters: FaceParameters) -> int:
    """Return which of a photo's faces, widest first, it is of: among the wide ones, the one nearest the middle."""
    wide = [place for place, face in enumerate(faces) if face.size[0] >= parameters.subject * faces[0].size[0]]

    def distance(place: int) -> float:
        x, y = faces[place].centre
        return math.hypot(x - width / 2, y - height / 2)

    return min(wide, key=distance)


def second_look(face: Face, parameters: FaceParameters) -> Square | None:
    """Return the square in which a tilted face is looked at once more; None if it is not tilted."""
    if abs(math.degrees(face.tilt)) <= parameters.tilt:
        return None
    return Square(*face.centre, parameters.look * face.size[0], face.tilt)


def seen_again(face: Face, square: Square, found: Sequence[Face], parameters: FaceParameters) -> Face:
    """Return a tilted face as a second look saw it: of `found`, in shares of the square, the one nearest its centre.

    Where none is near enough, the face stays as it was. The box stays upright.
    """

    def distance(one: Face) -> float:
        return math.hypot(one.centre[0] - 0.5, one.centre[1] - 0.5)

    best = min(found, key=distance, default=None)
    if best is None or distance(best) > parameters.near:
        return face
    return Face(
        best.score,
        square.in_photo(*best.centre),
        (best.size[0] * square.side, best.size[1] * square.side),
        tuple(square.in_photo(*point) for point in best.points),
    )


def square_of(face: Face, parameters: FaceParameters) -> Square:
    """Return the part of the photo that the prefix takes: around the middle of eyes and mouth, turned by the eyes."""
    (left_x, left_y), (right_x, right_y) = face.points[LEFT_EYE], face.points[RIGHT_EYE]
    mouth_x, mouth_y = face.points[MOUTH]
    x, y = ((left_x + right_x) / 2 + mouth_x) / 2, ((left_y + right_y) / 2 + mouth_y) / 2
    side = parameters.side * face.size[0]
    turned = Square(x, y, side, face.tilt)
    middle_x, middle_y = parameters.middle
    centre = turned.in_photo(1 - middle_x, 1 - middle_y)
    return Square(*centre, side, face.tilt)


def _overlap(best: Doubles, others: Doubles) -> Doubles:
    """Return the intersection over union (n,) of the best one's box with those of others (n, 17)."""
    low, high = others[:, 1:3] - others[:, 3:5] / 2, others[:, 1:3] + others[:, 3:5] / 2
    own_low, own_high = best[1:3] - best[3:5] / 2, best[1:3] + best[3:5] / 2
    shared = np.maximum(np.minimum(high, own_high) - np.maximum(low, own_low), 0).prod(axis=1)
    areas = others[:, 3:5].prod(axis=1) + best[3:5].prod()
    result: Doubles = shared / (areas - shared)
    return result


def _merged(candidates: Doubles) -> Face:
    """Return one face of its candidates (n, 17), best first. Boxes are merged by their corners."""
    weights = candidates[:, 0] / candidates[:, 0].sum()
    corners = np.concatenate(
        [candidates[:, 1:3] - candidates[:, 3:5] / 2, candidates[:, 1:3] + candidates[:, 3:5] / 2], 1
    )
    left, top, right, bottom = (weights @ corners).tolist()
    points = (weights @ candidates[:, 5:]).reshape(POINTS, 2).tolist()
    return Face(
        float(candidates[0, 0]),
        ((left + right) / 2, (top + bottom) / 2),
        (right - left, bottom - top),
        tuple((x, y) for x, y in points),
    )
