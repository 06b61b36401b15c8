"""Draws boxes with texts into a copy of a photo: which face of it an answer is about."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from contract.boxes import Box
from contract.files import atomic_write
from contract.labels import UNKNOWN
from device.recognise.recognizer import Inference

Colour = tuple[int, int, int]
SUBJECT, OTHER, TEXT = (20, 122, 60), (33, 88, 170), (255, 255, 255)
SHARE, SMALLEST, PADDING = 36, 12, 3
"""The photo's longer side over the height of a text, that height's least, and the room around the text, in pixels."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One box."""

    box: Box
    text: str
    colour: Colour


def draw_marks(photo: Image.Image, marks: Sequence[Mark]) -> Image.Image:
    """Return a copy of a photo, RGB, with boxes in it and each one's text above it, all within the photo."""
    drawn = photo.convert("RGB")
    size = max(SMALLEST, max(drawn.size) // SHARE)
    pen, font, width = ImageDraw.Draw(drawn), ImageFont.load_default(size), max(1, size // 6)
    for mark in marks:
        pen.rectangle(mark.box, outline=mark.colour, width=width)
    for mark in marks:  # after all boxes, so that none hides a text
        left, top, right, bottom = pen.textbbox((0, 0), mark.text, font=font)
        wide, high = right - left + 2 * PADDING, bottom - top + 2 * PADDING
        x = max(0, min(mark.box[0], drawn.width - wide))
        y = max(0, min(mark.box[1] - high, drawn.height - high))
        pen.rectangle((x, y, x + wide, y + high), fill=mark.colour)
        pen.text((x + PADDING - left, y + PADDING - top), mark.text, TEXT, font=font)
    return drawn


def write_drawn(pixels: NDArray[np.uint8], inferences: Sequence[Inference], path: Path) -> None:
    """Write a photo as PNG, uint8 (height, width, 3), RGB, with the answers on it.

    Raises:
        OSError: it cannot be written.
    """
    height, width, _ = pixels.shape
    marks = [
        Mark(one.box or (0, 0, width - 1, height - 1), _text(one), SUBJECT if one.is_subject else OTHER)
        for one in inferences
    ]
    stream = io.BytesIO()
    draw_marks(Image.fromarray(pixels), marks).save(stream, "PNG", compress_level=1)
    atomic_write(path, stream.getvalue())


def _text(inference: Inference) -> str:
    best = inference.answer.results[0]
    number = "" if inference.id is None else f"#{inference.id} "
    return f"{number}{UNKNOWN if inference.answer.unknown else f'{best.label} {best.probability:.0%}'}"
