"""The demo's picture: some photos or tensors, with what a device said of each before and after."""

import textwrap
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from demo.example_files import is_tensor
from demo.scoring import PhotoAnswer
from demo.tensor_picture import draw_tensor

PHOTO_SIDE, MARGIN, TITLE_HEIGHT, LINE_HEIGHT, INDENT, COLUMNS = 200, 14, 44, 15, 44, 6
FONT_SIZE, TITLE_SIZE = 12, 16
PAPER, INK, FAINT = (255, 255, 255), (30, 30, 34), (120, 120, 126)
RIGHT, WRONG, UNSURE = (20, 122, 60), (190, 40, 40), (150, 105, 0)
Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Shown:
    """One photo of the picture and its two answers."""

    before: PhotoAnswer
    after: PhotoAnswer
    is_new: bool


def choose_photos(
    before: Sequence[PhotoAnswer], after: Sequence[PhotoAnswer], *, new: Collection[str], count: int = 18
) -> list[Shown]:
    """Return photos of `count` people, the first tested one of each: half of them new people where there are enough."""
    first: dict[str, Shown] = {}
    for early, late in zip(before, after, strict=True):
        first.setdefault(early.truth, Shown(early, late, is_new=early.truth in new))
    newcomers = [shown for shown in first.values() if shown.is_new][: count // 2]
    others = [shown for shown in first.values() if not shown.is_new][: count - len(newcomers)]
    return newcomers + others


def draw_picture(shown: Sequence[Shown], *, title: str) -> Image.Image:
    """Return the picture, RGB, six photos a row; green is right, red is wrong, brown is "unknown". No name is cut."""
    rows = [[_Tile(item, _caption(item)) for item in shown[at : at + COLUMNS]] for at in range(0, len(shown), COLUMNS)]
    heights = [max(tile.height for tile in row) for row in rows]
    sheet = Image.new("RGB", (MARGIN + COLUMNS * (PHOTO_SIDE + MARGIN), TITLE_HEIGHT + sum(heights)), PAPER)
    ImageDraw.Draw(sheet).text((MARGIN, MARGIN), title, INK, font=ImageFont.load_default(TITLE_SIZE))
    for number, row in enumerate(rows):
        for column, tile in enumerate(row):
            _paste(sheet, tile, x=MARGIN + column * (PHOTO_SIDE + MARGIN), y=TITLE_HEIGHT + sum(heights[:number]))
    return sheet


def save_picture(shown: Sequence[Shown], path: Path, *, title: str) -> None:
    """Write the picture as PNG."""
    draw_picture(shown, title=title).save(path)


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a caption; its word, if any, stands before the text."""

    text: str
    colour: Colour
    indent: int = 0
    word: str = ""


@dataclass(frozen=True, slots=True)
class _Tile:
    """A photo and the lines below it."""

    item: Shown
    lines: Sequence[_Line]

    @property
    def height(self) -> int:
        return PHOTO_SIDE + LINE_HEIGHT * len(self.lines) + 2 * MARGIN


def _paste(sheet: Image.Image, tile: _Tile, *, x: int, y: int) -> None:
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(FONT_SIZE)
    sheet.paste(_thumbnail(tile.item.before.photo), (x, y))
    for number, line in enumerate(tile.lines):
        height = y + PHOTO_SIDE + 3 + LINE_HEIGHT * number
        pen.text((x, height), line.word, FAINT, font=font)
        pen.text((x + line.indent, height), line.text, line.colour, font=font)


def _thumbnail(path: Path) -> Image.Image:
    if is_tensor(path):
        return draw_tensor(np.load(path, allow_pickle=False), side=PHOTO_SIDE)
    with Image.open(path) as photo:
        upright = ImageOps.exif_transpose(photo).convert("RGB")
    return ImageOps.fit(upright, (PHOTO_SIDE, PHOTO_SIDE))


def _caption(item: Shown) -> list[_Line]:
    """Return who it is and both answers, each on as many lines as it takes."""
    who = readable(item.before.truth) + (" (new)" if item.is_new else "")
    return [
        *(_Line(text, INK) for text in wrap(who, room=PHOTO_SIDE)),
        *_answer_lines("before", item.before),
        *_answer_lines("after", item.after),
    ]


def _answer_lines(word: str, answer: PhotoAnswer) -> Iterator[_Line]:
    for number, text in enumerate(wrap(_said(answer), room=PHOTO_SIDE - INDENT)):
        yield _Line(text, _colour(answer), INDENT, "" if number else word)


def _said(answer: PhotoAnswer) -> str:
    if answer.best is None:
        return "no face found"
    if answer.unknown:
        return f"unknown ({readable(answer.best)}?)"
    return f"{100 * answer.probability:.0f} % {readable(answer.best)}"


def _colour(answer: PhotoAnswer) -> Colour:
    return colour_of(is_right=answer.is_right, unknown=answer.unknown)


def colour_of(*, is_right: bool, unknown: bool) -> Colour:
    """Return the colour of an answer."""
    if unknown:
        return UNSURE
    return RIGHT if is_right else WRONG


def readable(label: str) -> str:
    """Return a label as people read it."""
    return label.replace("_", " ")


def wrap(text: str, *, room: int) -> list[str]:
    """Return the text as few lines of at most `room` pixels; a word that is wider than that is broken."""
    font = ImageFont.load_default(FONT_SIZE)
    choices = (textwrap.wrap(text, width) for width in range(len(text), 0, -1))
    return next(lines for lines in choices if all(font.getlength(line) <= room for line in lines))
