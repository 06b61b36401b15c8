"""Captions of faces are kept apart, and each shows at least its number."""

import random

import pytest

from contract.boxes import Box
from device.drawing import OTHER, SMALLEST, Caption, Mark, lay_out

SIDE_BY_SIDE: list[Box] = [(left, 300, left + 190, 520) for left in (110, 380, 690, 980)]
CROWD: list[Box] = [(left, top, left + 78, top + 90) for top in range(80, 900, 150) for left in range(20, 1200, 95)]
_draw = random.Random(5)
PILE: list[Box] = [
    (left, top, left + 120, top + 140)
    for left, top in [(_draw.randrange(340, 900), _draw.randrange(200, 700)) for _ in range(60)]
]
BEYOND: list[Box] = [(-90, -60, 110, 160), (1200, 800, 1400, 1100), (-50, 850, 90, 1020)]


def measure(text: str, size: int) -> tuple[int, int]:
    """Take as much room as usual letters do."""
    return len(text) * size * 6 // 10, size + 6


def mark(number: int, box: Box) -> Mark:
    return Mark(box, f"#{number} Katherine Johnson 95%", OTHER, f"#{number}")


def laid_out(boxes: list[Box]) -> list[Caption]:
    return lay_out([mark(number, box) for number, box in enumerate(boxes)], (1280, 960), measure)


def overlap(one: Box, other: Box) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


@pytest.mark.parametrize("boxes", [SIDE_BY_SIDE, CROWD, PILE, BEYOND], ids=["side by side", "crowd", "pile", "beyond"])
def test_no_caption_covers_another_and_each_number_can_be_read(boxes: list[Box]) -> None:
    """Four faces side by side had captions one over the other."""
    captions = laid_out(boxes)
    for number, one in enumerate(captions):
        assert one.text in (f"#{number}", f"#{number} Katherine Johnson 95%")
        assert one.size >= SMALLEST
        assert one.place[2:] == tuple(map(sum, zip(one.place[:2], measure(one.text, one.size), strict=True)))
        assert min(one.place) >= 0
        assert one.place[2] < 1280
        assert one.place[3] < 960
        assert not any(overlap(one.place, other.place) for other in captions[:number])


@pytest.mark.parametrize("boxes", [SIDE_BY_SIDE, CROWD], ids=["side by side", "crowd"])
def test_no_caption_covers_the_face_of_another(boxes: list[Box]) -> None:
    for number, one in enumerate(laid_out(boxes)):
        assert not any(overlap(one.place, box) for place, box in enumerate(boxes) if place != number)


def test_all_is_said_of_faces_side_by_side_and_the_number_in_a_crowd() -> None:
    assert all(one.text.endswith("%") for one in laid_out(SIDE_BY_SIDE))
    crowd = laid_out(CROWD)
    assert any(one.text.endswith("%") for one in crowd)
    assert any(not one.text.endswith("%") for one in crowd)


def test_a_text_is_as_large_as_its_face() -> None:
    large, small = laid_out([(100, 200, 500, 600), (800, 400, 880, 490)])
    assert (large.size, small.size) == (1280 // 36, 20)
    assert large.place[3] == 200  # above its box
    assert large.place[0] == 100
