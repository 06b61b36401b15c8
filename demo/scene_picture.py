"""The demo's picture of scenes: each with boxes and what a device said, before at the left and after at the right."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from demo.picture import FAINT, FONT_SIZE, INK, MARGIN, PAPER, TITLE_HEIGHT, TITLE_SIZE, colour_of, readable
from demo.running.devices import Recognised, SeenFace
from device.drawing import Mark, draw_marks

WIDTH, CAPTION_HEIGHT = 620, 34
"""Of one scene, and of the line below it."""
LEGEND = "green: right; red: wrong; brown: unknown; grey: nobody who counts"


@dataclass(frozen=True, slots=True)
class ShownScene:
    """One scene and what was said of it."""

    before: Recognised
    after: Recognised
    new: frozenset[str]
    """Who in it is new to the first head."""

    @property
    def people(self) -> frozenset[str]:
        """Who in it counts."""
        return frozenset(sitter.name for sitter in self.before.shot.sitters)


def choose_scenes(
    before: Sequence[Recognised], after: Sequence[Recognised], *, new: Collection[str], count: int = 5
) -> list[ShownScene]:
    """Return scenes in which a face was found; first those of a new person, and of the most people, not shown yet."""
    shown = [
        ShownScene(early, late, frozenset({sitter.name for sitter in early.shot.sitters} & set(new)))
        for early, late in zip(before, after, strict=True)
        if early.faces and late.faces
    ]
    chosen: list[ShownScene] = []
    seen: set[str] = set()
    while shown and len(chosen) < count:
        best = max(shown, key=lambda scene: (not scene.new <= seen, len(scene.people - seen)))
        shown.remove(best)
        chosen.append(best)
        seen |= best.people
    return chosen


def draw_scenes(shown: Sequence[ShownScene], *, title: str) -> Image.Image:
    """Return the picture, RGB, a scene a row; who is in it stands below."""
    rows = [[_marked(one, scene) for one in (scene.before, scene.after)] for scene in shown]
    tops = [TITLE_HEIGHT]
    for row in rows:
        tops.append(tops[-1] + row[0].height + CAPTION_HEIGHT)
    sheet = Image.new("RGB", (3 * MARGIN + 2 * WIDTH, tops[-1] + MARGIN), PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(FONT_SIZE)
    pen.text((MARGIN, MARGIN), title, INK, font=ImageFont.load_default(TITLE_SIZE))
    for scene, row, top in zip(shown, rows, tops[:-1], strict=True):
        for column, image in enumerate(row):
            sheet.paste(image, (MARGIN + column * (WIDTH + MARGIN), top))
        pen.text((MARGIN, top + row[0].height + 4), _caption(scene), INK, font=font)
    pen.text((MARGIN, tops[-1] - 6), LEGEND, FAINT, font=font)
    return sheet


def save_scenes(shown: Sequence[ShownScene], path: Path, *, title: str) -> None:
    """Write the picture as PNG."""
    draw_scenes(shown, title=title).save(path)


def _marked(recognised: Recognised, scene: ShownScene) -> Image.Image:
    names = {face: sitter.name for sitter, face in recognised.found if face is not None}
    marks = [_mark(face, names.get(face)) for face in recognised.faces if face.box is not None]
    with Image.open(recognised.shot.path) as photo:
        drawn = draw_marks(photo, marks)
    return drawn.resize((WIDTH, round(WIDTH * drawn.height / drawn.width)), Image.Resampling.LANCZOS)


def _mark(face: SeenFace, name: str | None) -> Mark:
    assert face.box is not None  # those without are not marked
    said = f"unknown ({readable(face.best)}?)" if face.unknown else f"{face.probability:.0%} {readable(face.best)}"
    colour = FAINT if name is None else colour_of(is_right=face.best == name, unknown=face.unknown)
    return Mark(face.box, said, colour, short=f"{face.probability:.0%}")


def _caption(scene: ShownScene) -> str:
    people = sorted(scene.before.shot.sitters, key=lambda sitter: sitter.spot.left if sitter.spot else 0)
    missed = {sitter.name for sitter, face in scene.before.found if face is None}
    return "from left to right: " + ", ".join(
        readable(sitter.name)
        + (" (new)" if sitter.name in scene.new else "")
        + (" (not found)" if sitter.name in missed else "")
        for sitter in people
    )
