"""Draws boxes with texts into a copy of a photo: which face of it an answer is about."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from contract.boxes import Box
from contract.files import atomic_write
from contract.labels import UNKNOWN
from device.errors import storage_errors
from device.recognise.recognizer import Inference

Colour = tuple[int, int, int]
SUBJECT, OTHER, TEXT = (20, 122, 60), (33, 88, 170), (255, 255, 255)
SHARE, SMALLEST = 36, 12
"""The photo's longer side over the height of its largest text, and the height that no text is below, in pixels."""
LEAST_SHARE, FACE_SHARE, PADDING = 100, 4, 3
"""That side over the height of its smallest, a box's width over that of its text, and pixels around a text."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One box."""

    box: Box
    text: str
    colour: Colour
    short: str = ""
    """What is said in place of the text where that has no room; nothing: the text itself."""


@dataclass(frozen=True, slots=True)
class Caption:
    """One text, and where it stands with the room around it: left, top, right, bottom, all within the photo."""

    text: str
    size: int
    place: Box


Measure = Callable[[str, int], tuple[int, int]]
"""How wide and high a text of one size is, with the room around it."""


def draw_marks(photo: Image.Image, marks: Sequence[Mark]) -> Image.Image:
    """Return a copy of a photo, RGB, with boxes in it and each one's text beside it, none over another."""
    drawn = photo.convert("RGB")
    pen = ImageDraw.Draw(drawn)

    def measure(text: str, size: int) -> tuple[int, int]:
        left, top, right, bottom = pen.textbbox((0, 0), text, font=_font(size))
        return math.ceil(right - left) + 2 * PADDING, math.ceil(bottom - top) + 2 * PADDING

    for mark in marks:
        pen.rectangle(mark.box, outline=mark.colour, width=max(1, _largest(mark.box, drawn.size) // 6))
    for mark, caption in zip(marks, lay_out(marks, drawn.size, measure), strict=True):  # none is hidden by a box
        x, y, _, _ = caption.place
        left, top, _, _ = pen.textbbox((0, 0), caption.text, font=_font(caption.size))
        pen.rectangle(caption.place, fill=mark.colour)
        pen.text((x + PADDING - left, y + PADDING - top), caption.text, TEXT, font=_font(caption.size))
    return drawn


def lay_out(marks: Sequence[Mark], size: tuple[int, int], measure: Measure) -> list[Caption]:
    """Choose for each box what is said of it, how large and where: whole and large where there is room. Pure.

    Args:
        marks: the boxes; those that come first have the choice.
        size: width and height of the photo.
        measure: how much room a text takes.
    """
    captions: list[Caption] = []
    for place, mark in enumerate(marks):
        others = [one.box for one in (*marks[:place], *marks[place + 1 :])]
        captions.append(_caption(mark, others, [one.place for one in captions], size=size, measure=measure))
    return captions


def _caption(
    mark: Mark, others: Sequence[Box], taken: Sequence[Box], *, size: tuple[int, int], measure: Measure
) -> Caption:
    """Choose for one box: what covers no face of another; in the last resort a short text wherever there is room."""
    largest, least = _largest(mark.box, size), _least(size)
    short = mark.short or mark.text
    wanted = [(text, height) for text in (mark.text, short) for height in (largest, (largest + least) // 2, least)]
    sized = [(text, height, measure(text, height)) for text, height in wanted]
    for text, height, room in sized:
        for place in _beside(mark.box, room, size):
            if not _meets(place, [*others, *taken]):
                return Caption(text, height, place)
    places = [*_beside(mark.box, room, size), *_anywhere(mark.box, room, size)]  # for the last: short and small
    return Caption(text, height, next((one for one in places if not _meets(one, taken)), places[0]))


def _beside(box: Box, room: tuple[int, int], size: tuple[int, int]) -> list[Box]:
    """List the places above a box, below it and in it; at its left, its right and its middle."""
    left, top, right, bottom = box
    wide, high = room
    return [
        _within(x, y, room, size)
        for y in (top - high, bottom + 1, top, bottom - high)
        for x in (left, right - wide, (left + right - wide) // 2)
    ]


def _anywhere(box: Box, room: tuple[int, int], size: tuple[int, int]) -> list[Box]:
    """List places all over the photo, those near the middle of a box first."""
    middle = ((box[0] + box[2] - room[0]) // 2, (box[1] + box[3] - room[1]) // 2)
    rows = range(0, max(1, size[1] - room[1] + 1), room[1] + 1)
    places = [(x, y) for y in rows for x in range(0, max(1, size[0] - room[0] + 1), room[0] + 1)]
    return [_within(x, y, room, size) for x, y in sorted(places, key=lambda place: math.dist(place, middle))]


def _within(x: int, y: int, room: tuple[int, int], size: tuple[int, int]) -> Box:
    left, top = max(0, min(x, size[0] - room[0] - 1)), max(0, min(y, size[1] - room[1] - 1))
    return left, top, left + room[0], top + room[1]


def _meets(place: Box, others: Iterable[Box]) -> bool:
    left, top, right, bottom = place
    return any(left <= one[2] and one[0] <= right and top <= one[3] and one[1] <= bottom for one in others)


def _largest(box: Box, size: tuple[int, int]) -> int:
    """Return how high the text of a box may be: as its face, within the bounds of the photo."""
    return max(_least(size), min(max(size) // SHARE, (box[2] - box[0]) // FACE_SHARE))


def _least(size: tuple[int, int]) -> int:
    return max(SMALLEST, max(size) // LEAST_SHARE)


@lru_cache(maxsize=64)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def write_drawn(pixels: NDArray[np.uint8], inferences: Sequence[Inference], path: Path) -> None:
    """Write a photo as PNG, uint8 (height, width, 3), RGB, with the answers on it.

    Its folder is made where there is none.

    Raises:
        Storage: it cannot be written.
    """
    height, width, _ = pixels.shape
    marks = [_mark(one, whole=(0, 0, width - 1, height - 1)) for one in inferences]
    stream = io.BytesIO()
    draw_marks(Image.fromarray(pixels), marks).save(stream, "PNG", compress_level=1)
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, stream.getvalue())


def _mark(inference: Inference, *, whole: Box) -> Mark:
    best = inference.answer.results[0]
    said = UNKNOWN if inference.answer.unknown else f"{best.label} {best.probability:.0%}"
    number = "" if inference.id is None else f"#{inference.id}"
    colour = SUBJECT if inference.is_subject else OTHER
    return Mark(inference.box or whole, f"{number} {said}".strip(), colour, short=number)
