"""The golden vectors of faces: letterboxes, detector's numbers, second looks, squares, boxes that match, samples."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from contract.boxes import Box, match_boxes, whole_box
from contract.documents import Json
from contract.face_parameters import BACK, FaceParameters
from contract.faces import (
    Face,
    Letterbox,
    Square,
    choose_subject,
    find_faces,
    second_look,
    seen_again,
    sort_faces,
    square_of,
)
from tests.contract.drawn import draw, sample_slowly

Size = tuple[int, int]
Row = tuple[float, ...]

DIGITS = 6
"""Of what is computed, so that no libm's last bit is in a golden file."""

UPRIGHT = ((0.3, 0.35), (0.7, 0.35), (0.5, 0.55), (0.5, 0.75), (0.05, 0.45), (0.95, 0.45))
"""Eyes, nose, mouth, ears of a face that looks ahead, in shares of its box."""

PHOTO_SIZES = [(1, 1), (256, 256), (640, 480), (480, 640), (4000, 3000), (1000, 1), (1, 1000), (333, 250), (511, 2)]

LOOKS: Mapping[str, tuple[Size, float, list[Row]]] = {
    "no row reaches the least score": ((640, 480), 0.0, [(0.4, 0.5, 0.5, 0.2, 0.0)]),
    "one face of three rows": (
        (640, 480),
        0.0,
        [(0.625, 0.5, 0.5, 0.25, 0.0), (0.875, 0.515625, 0.5, 0.25, 0.0), (0.5, 0.484375, 0.4921875, 0.28125, 0.0)],
    ),
    "three faces, the widest not the subject, one in another one": (
        (1280, 960),
        0.0,
        [
            (0.75, 0.125, 0.5, 0.15625, 0.0),
            (0.9375, 0.5, 0.46875, 0.140625, 0.125),
            (0.625, 0.875, 0.5, 0.0625, -0.0625),
            (0.5625, 0.53125, 0.484375, 0.0625, 0.0),
        ],
    ),
    "equal scores, a chain of overlaps": (
        (480, 640),
        0.0,
        [(0.75, 0.375, 0.5, 0.25, 0.0), (0.75, 0.484375, 0.5, 0.25, 0.0), (0.75, 0.59375, 0.5, 0.25, 0.0)],
    ),
    "with a margin, beyond the photo": ((300, 300), 0.25, [(0.75, 0.25, 0.5, 0.375, 0.0)]),
    "too small, no size, too far away; and just not": (
        (256, 256),
        0.0,
        [
            (0.875, 0.5, 0.5, 0.0009765, 0.0),
            (0.875, 0.5, 0.5, -0.25, 0.0),
            (0.875, 17.0, 0.5, 0.25, 0.0),
            (0.5, 15.75, -15.75, 0.25, 0.0),
        ],
    ),
    "too low or too narrow; and just not, as far away as may be": (
        (256, 256),
        0.0,
        [
            (0.875, 0.25, 0.5, 0.25, 0.0, 0.0009765),
            (0.875, 0.5, 0.5, 0.0009765, 0.0, 0.25),
            (0.75, 0.75, 0.5, 0.25, 0.0, 2.0**-10),
            (0.5, 16.0, -16.0, 2.0**-10, 0.0),
        ],
    ),
    "boxes that are no squares: one face by their heights": (
        (640, 480),
        0.0,
        [(0.875, 0.5, 0.5, 0.25, 0.0, 0.5), (0.625, 0.5, 0.6875, 0.25, 0.0, 0.5)],
    ),
    "boxes that are no squares: the widest is not the largest, and holds nothing": (
        (1280, 960),
        0.0,
        [
            (0.875, 0.5, 0.5, 0.1875, 0.25, 0.5),
            (0.75, 0.25, 0.3125, 0.25, -0.25, 0.125),
            (0.625, 0.25, 0.4375, 0.0625, 0.0, 0.0625),
        ],
    ),
    "on the edges of a box, and beside one": (
        (256, 256),
        0.0,
        [
            (0.875, 0.5, 0.5, 0.25, 0.0, 0.375),
            (0.75, 0.625, 0.5, 0.0625, 0.0),
            (0.75, 0.375, 0.6875, 0.0625, 0.0),
            (0.75, 0.5, 0.3125, 0.0625, 0.0),
            (0.75, 0.6259765625, 0.40625, 0.0625, 0.0),
        ],
    ),
    "an overlap and a width that are just at their bounds": (
        (256, 256),
        0.0,
        [
            (0.875, 0.375, 0.25, 0.375, 0.0),
            (0.75, 0.5, 0.25, 0.375, 0.0),
            (0.625, 0.5, 0.75, 0.28125, 0.0),
        ],
    ),
}
"""Name -> the photo's size, the margin, and rows: score, x, y, size, tilt in radians; a height, if it is another."""

CHANGED: Mapping[str, Mapping[str, float]] = {
    "an overlap and a width that are just at their bounds": {"overlap": 0.5, "subject": 0.75},
}
"""The parameters of a look that are not those of the reference bundle."""

SECOND_LOOKS: Mapping[str, tuple[Size, Row, list[Row]]] = {
    "nothing near": ((640, 480), (0.75, 0.5, 0.5, 0.25, 0.5), [(0.75, 0.8125, 0.5, 0.375, 0.0)]),
    "a quarter of the side away": ((640, 480), (0.75, 0.5, 0.5, 0.25, 0.5), [(0.75, 0.75, 0.5, 0.375, 0.0)]),
    "the nearest, not the best": (
        (640, 480),
        (0.75, 0.5, 0.5, 0.25, -0.5),
        [(0.875, 0.6875, 0.5, 0.25, 0.0), (0.625, 0.5, 0.484375, 0.4375, 0.03125)],
    ),
    "boxes that are no squares": (
        (640, 480),
        (0.75, 0.25, 0.5, 0.25, 0.5, 0.125),
        [(0.75, 0.5625, 0.5, 0.25, 0.125, 0.4375)],
    ),
}
"""Name -> the photo's size, the first look's row, and the second one's."""

TILTS: list[tuple[float, Size]] = [
    *((10.0, (10_000, 1763)), (10.0, (10_000, 1764)), (10.0, (10_000, -1763)), (10.0, (10_000, -1764))),
    *((45.0, (64, 64)), (45.0, (64, -64)), (45.0, (64, 65)), (45.0, (64, -65))),
    *((0.0, (64, 0)), (0.0, (64, 1)), (135.0, (-64, 64)), (134.0, (-64, -64)), (180.0, (-64, 0)), (179.0, (-64, 0))),
]
"""`tilt`, and how far the eye at the right is from that at the left, in pixels: at the bound and just beside it."""

MIDDLES: list[tuple[float, float]] = [(0.5, 0.575), (0.375, 0.575), (0.625, 0.5), (0.0, 1.0)]
SQUARED: list[tuple[Size, Row]] = [
    ((640, 480), (0.75, 0.25, 0.5, 0.125, 0.0)),
    ((640, 480), (0.75, 0.75, 0.5, 0.125, 0.0, 0.1875)),
    ((480, 640), (0.75, 0.375, 0.25, 0.25, 0.5, 0.125)),
    ((480, 640), (0.75, 0.625, 0.25, 0.25, -2.5)),
]
"""Photos' sizes, and rows of faces left and right of their middle, upright and turned either way."""

MATCHES: list[tuple[list[Box], list[Box]]] = [
    ([(10, 10, 110, 110)], [(10, 10, 110, 110)]),
    ([(12, 9, 113, 111)], [(300, 10, 400, 110), (10, 10, 110, 110)]),
    ([(0, 0, 100, 100)], [(50, 0, 150, 100)]),
    ([(0, 0, 90, 60)], [(30, 0, 120, 60)]),
    ([(0, 0, 100, 100), (5, 0, 105, 100)], [(4, 0, 104, 100)]),
    ([(0, 0, 100, 100)], [(10, 0, 110, 100), (-10, 0, 90, 100)]),
    ([(200, 0, 300, 100), (0, 0, 100, 100)], [(0, 2, 100, 102), (200, 2, 300, 102)]),
    ([(5, 5, 5, 5)], [(5, 5, 5, 5)]),
    ([(-30, -30, 60, 60)], [(-28, -31, 62, 59)]),
    ([(0, 0, 10, 10)], []),
]

SAMPLES = [
    (Square(10.0, 9.0, 8.0, 0.0), 8),
    (Square(11.0, 8.5, 10.0, 0.0), 8),
    (Square(12.25, 9.0, 6.0, 0.5), 8),
    (Square(1.0, 2.0, 9.0, -0.75), 6),
    (Square(12.0, 9.0, 22.0, 0.25), 7),
]
"""Squares of a small drawn photo, and the side that each is sampled to."""
SMALL_PHOTO = (24, 18, [(12, 9, 2)])
TOLERANCE = 4
"""Of a golden sample, in 255ths."""


def golden_faces() -> Json:
    """Everything of the region stage that is numbers alone."""
    return {
        "parameters": BACK.document(),
        "letterboxes": [letterbox(*size, margin=margin) for size in PHOTO_SIZES for margin in (0.0, 0.25)],
        "looks": {name: look(*values, changed=CHANGED.get(name, {})) for name, values in LOOKS.items()},
        "tilts": [tilted(*values) for values in TILTS],
        "second_looks": {name: look_again(*values) for name, values in SECOND_LOOKS.items()},
        "squares": [squared(*values, middle=middle) for values in SQUARED for middle in MIDDLES],
        "matches": [{"boxes": new, "known": old, "matches": match_boxes(new, old)} for new, old in MATCHES],
    }


def golden_samples() -> Json:
    """Squares of a photo, sampled without rounding in between."""
    width, height, faces = SMALL_PHOTO
    pixels = draw(width, height, faces)
    return {
        "photo": {"width": width, "height": height, "faces": faces, "pixels": pixels.tobytes().hex()},
        "tolerance": TOLERANCE,
        "samples": [
            {
                "square": square_numbers(square),
                "size": size,
                "pixels": np.round(sample_slowly(pixels, square, size=size)).astype(np.uint8).tobytes().hex(),
            }
            for square, size in SAMPLES
        ],
    }


def letterbox(width: int, height: int, *, margin: float) -> Json:
    """One placement."""
    found = Letterbox.of(width, height, side=BACK.input, margin=margin)
    return {"photo": (width, height), "margin": margin, "inner": found.inner, "place": found.place}


def look(size: Size, margin: float, rows: list[Row], *, changed: Mapping[str, float]) -> Json:
    """From rows to faces, and what is done with them where none is looked at again."""
    numbers, parameters = numbers_of(rows), _with(**changed)
    box = Letterbox.of(*size, side=parameters.input, margin=margin)
    merged = [box.in_photo(face) for face in find_faces(numbers, parameters)]
    faces = sort_faces(merged)
    subject = choose_subject(faces, width=size[0], height=size[1], parameters=parameters) if faces else None
    return {
        **({"parameters": dict[str, Json](changed)} if changed else {}),
        "photo": size,
        "margin": margin,
        "numbers": numbers.tolist(),
        "merged": [face_numbers(face) for face in merged],
        "faces": [merged.index(face) for face in faces],
        "subject": subject,
        "boxes": [whole_box(face.box) for face in faces],
        "squares": [square_numbers(square_of(face, parameters)) for face in faces],
    }


def tilted(tilt: float, eyes: Size) -> Json:
    """A face, and the square in which it is looked at again; none where it is not tilted enough."""
    left, right = (320.0, 240.0), (320.0 + eyes[0], 240.0 + eyes[1])
    face = Face(0.75, (350.0, 260.0), (120.0, 160.0), (left, right, *UPRIGHT[2:]))
    again = second_look(face, _with(tilt=tilt))
    return {"tilt": tilt, "face": face_numbers(face), "look": None if again is None else square_numbers(again)}


def squared(size: Size, row: Row, *, middle: tuple[float, float]) -> Json:
    """A face, where the middle of eyes and mouth lies in its square, and the square."""
    face = _seen(size, row)
    square = square_of(face, replace(BACK, middle=middle))
    return {"middle": {"x": middle[0], "y": middle[1]}, "face": face_numbers(face), "square": square_numbers(square)}


def look_again(size: Size, first: Row, rows: list[Row]) -> Json:
    """A face that is tilted, the square of its second look, and the face that it is then."""
    face = _seen(size, first)
    square = second_look(face, BACK)
    assert square is not None
    numbers = numbers_of(rows)
    after = seen_again(face, square, find_faces(numbers, BACK), BACK)
    return {
        "face": face_numbers(face),
        "look": square_numbers(square),
        "numbers": numbers.tolist(),
        "after": face_numbers(after),
        "square": square_numbers(square_of(after, BACK)),
    }


def numbers_of(rows: list[Row]) -> np.ndarray:  # type: ignore[type-arg]  # float32 (n, 17)
    """Return the detector's numbers for faces that look ahead; in 1,024ths, which every float holds."""
    return np.array([row_of(*row) for row in rows], np.float32)


def row_of(score: float, x: float, y: float, width: float, tilt: float, height: float | None = None) -> list[float]:
    """One row, its points turned by the tilt about the centre."""
    height = width if height is None else height
    cosine, sine = math.cos(tilt), math.sin(tilt)
    points = []
    for across, down in UPRIGHT:
        right, below = (across - 0.5) * width, (down - 0.5) * height
        points += [x + right * cosine - below * sine, y + right * sine + below * cosine]
    return [score, x, y, width, height, *(round(1024 * point) / 1024 for point in points)]


def face_numbers(face: Face) -> list[float]:
    """Score, centre, size and points."""
    numbers = [face.score, *face.centre, *face.size, *(value for point in face.points for value in point)]
    return [round(number, DIGITS) for number in numbers]


def square_numbers(square: Square) -> list[float]:
    """Centre, side and angle."""
    return [round(number, DIGITS) for number in (square.x, square.y, square.side, square.angle)]


def _seen(size: Size, row: Row) -> Face:
    """The one face of a photo's first look."""
    [found] = find_faces(numbers_of([row]), BACK)
    return Letterbox.of(*size, side=BACK.input, margin=0.0).in_photo(found)


def _with(**changed: float) -> FaceParameters:
    return replace(BACK, **changed)  # type: ignore[arg-type]  # numbers of one name, all floats here
