"""The only home of the demo's picture: some photos, with what a device said of each before and after."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from demo.scoring import Answer

PHOTO_SIDE, MARGIN, TITLE_HEIGHT, CAPTION_HEIGHT, COLUMNS = 176, 14, 44, 66, 6
PAPER, INK, FAINT = (255, 255, 255), (30, 30, 34), (120, 120, 126)
RIGHT, WRONG, UNSURE = (20, 122, 60), (190, 40, 40), (150, 105, 0)
Colour = tuple[int, int, int]
Font = ImageFont.ImageFont | ImageFont.FreeTypeFont


@dataclass(frozen=True, slots=True)
class Shown:
    """One photo of the picture and its two answers."""

    before: Answer
    after: Answer
    is_new: bool


def choose_photos(
    before: Sequence[Answer], after: Sequence[Answer], *, new: Collection[str], count: int = 18
) -> list[Shown]:
    """Return photos of `count` people, the first tested one of each: half of them new people where there are enough."""
    first: dict[str, Shown] = {}
    for early, late in zip(before, after, strict=True):
        first.setdefault(early.truth, Shown(early, late, is_new=early.truth in new))
    newcomers = [shown for shown in first.values() if shown.is_new][: count // 2]
    others = [shown for shown in first.values() if not shown.is_new][: count - len(newcomers)]
    return newcomers + others


def draw_picture(shown: Sequence[Shown], *, title: str) -> Image.Image:
    """Return the picture, RGB, six photos a row; green is right, red is wrong, brown is "unknown"."""
    rows = -(-len(shown) // COLUMNS)
    width = MARGIN + COLUMNS * (PHOTO_SIDE + MARGIN)
    sheet = Image.new("RGB", (width, TITLE_HEIGHT + rows * (PHOTO_SIDE + CAPTION_HEIGHT) + MARGIN), PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((MARGIN, MARGIN), title, INK, font=ImageFont.load_default(16))
    for index, item in enumerate(shown):
        row, column = divmod(index, COLUMNS)
        corner = (MARGIN + column * (PHOTO_SIDE + MARGIN), TITLE_HEIGHT + row * (PHOTO_SIDE + CAPTION_HEIGHT))
        _show(sheet, item, corner)
    return sheet


def save_picture(shown: Sequence[Shown], path: Path, *, title: str) -> None:
    """Write the picture as PNG."""
    draw_picture(shown, title=title).save(path)


def _show(sheet: Image.Image, item: Shown, corner: tuple[int, int]) -> None:
    pen, small = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    with Image.open(item.before.photo) as photo:
        sheet.paste(ImageOps.fit(photo.convert("RGB"), (PHOTO_SIDE, PHOTO_SIDE)), corner)
    x, y = corner[0], corner[1] + PHOTO_SIDE + 3
    who = _readable(item.before.truth) + (" (new)" if item.is_new else "")
    pen.text((x, y), _cut(who, small), INK, font=small)
    for line, (word, answer) in enumerate((("before", item.before), ("after", item.after)), start=1):
        pen.text((x, y + 15 * line), word, FAINT, font=small)
        pen.text((x + 40, y + 15 * line), _cut(_said(answer), small, room=40), _colour(answer), font=small)


def _said(answer: Answer) -> str:
    if answer.unknown:
        return f"unknown ({_readable(answer.best)}?)"
    return f"{100 * answer.probability:.0f} % {_readable(answer.best)}"


def _colour(answer: Answer) -> Colour:
    if answer.unknown:
        return UNSURE
    return RIGHT if answer.is_right else WRONG


def _readable(label: str) -> str:
    return label.replace("_", " ")


def _cut(text: str, font: Font, *, room: int = 0) -> str:
    """Return the text, shortened to the width of a photo less `room` pixels."""
    while font.getlength(text) > PHOTO_SIDE - room:
        text = text[:-2].rstrip("…") + "…"
    return text
