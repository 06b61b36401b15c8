"""The picture at the demo's end: whose photos it shows, and that every name is there in full."""

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import ImageFont

from demo.drawing.people import write_people
from demo.picture import FONT_SIZE, PHOTO_SIDE, Shown, choose_photos, draw_picture, wrap
from demo.scoring import PhotoAnswer

LONG = "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh Willoughby"


@pytest.fixture
def answers(tmp_path: Path) -> list[PhotoAnswer]:
    """One answer for each of three synthetic people."""
    write_people(tmp_path, people=3, photos=1, seed=0)
    return [
        PhotoAnswer(path, path.parent.name, "Ada Alder", 0.7, unknown=False) for path in sorted(tmp_path.glob("*/*"))
    ]


def test_new_people_come_first(answers: list[PhotoAnswer]) -> None:
    shown = choose_photos(answers, answers, new={"Bo Birch"}, count=2)
    assert [item.is_new for item in shown] == [True, False]


@pytest.mark.parametrize("text", ["Bo Birch (new)", "unknown (Arnold Schwarzenegger?)", f"100 % {LONG}", "W" * 64])
def test_a_text_that_is_too_wide_goes_on_below_and_loses_nothing(text: str) -> None:
    """Names were cut at the width of a photo: "unknown (Arnold Schwarz..."."""
    lines = wrap(text, room=PHOTO_SIDE)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert max(ImageFont.load_default(FONT_SIZE).getlength(line) for line in lines) <= PHOTO_SIDE


def test_a_row_is_as_high_as_its_longest_caption(answers: list[PhotoAnswer]) -> None:
    short = [Shown(answer, answer, is_new=False) for answer in answers]
    long = [*short[1:], Shown(answers[0], replace(answers[0], best=LONG, unknown=True), is_new=True)]
    plain, wrapped = draw_picture(short, title="three people"), draw_picture(long, title="three people")
    assert plain.width == wrapped.width
    assert plain.height < wrapped.height
