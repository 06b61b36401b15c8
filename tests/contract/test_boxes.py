"""Boxes in whole pixels, and which of two looks at a photo are of one face."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.boxes import Box, match_boxes, overlap, whole_box

EDGES = st.integers(-50, 50)
SIDES = st.integers(1, 40)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    left, top = draw(EDGES), draw(EDGES)
    return left, top, left + draw(SIDES), top + draw(SIDES)


def test_edges_go_to_the_nearest_pixel_and_halves_up() -> None:
    assert whole_box((0.5, -0.5, 1.49, -1.51)) == (1, 0, 1, -2)


def test_overlap_is_intersection_over_union() -> None:
    assert overlap((0, 0, 2, 2), (1, 0, 3, 2)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 1, 1), (2, 2, 3, 3)) == 0
    assert overlap((0, 0, 1, 1), (0, 0, 1, 1)) == 1


def test_boxes_without_an_area_overlap_nothing() -> None:
    assert overlap((5, 5, 5, 5), (5, 5, 5, 5)) == 0
    assert match_boxes([(5, 5, 5, 5)], [(5, 5, 5, 5)]) == [None]


@given(st.lists(boxes(), max_size=6), st.lists(boxes(), max_size=6))
def test_each_box_is_in_one_pair_at_most_and_only_with_one_that_it_overlaps(new: list[Box], known: list[Box]) -> None:
    matches = match_boxes(new, known)
    pairs = [(box, match) for box, match in zip(new, matches, strict=True) if match is not None]
    assert len({match for _, match in pairs}) == len(pairs)
    assert all(overlap(box, known[match]) >= 0.5 for box, match in pairs)


@given(st.lists(boxes(), max_size=6, unique=True))
def test_boxes_seen_where_they_were_are_the_same(known: list[Box]) -> None:
    assert match_boxes(known, known) == list(range(len(known)))


def test_the_greatest_overlap_wins_whatever_the_order() -> None:
    near, nearer, known = (0, 0, 100, 100), (5, 0, 105, 100), (4, 0, 104, 100)
    assert match_boxes([near, nearer], [known]) == [None, 0]
    assert match_boxes([nearer, near], [known]) == [0, None]


def test_of_equal_overlaps_the_earlier_one_wins() -> None:
    assert match_boxes([(0, 0, 100, 100)], [(10, 0, 110, 100), (-10, 0, 90, 100)]) == [0]
    assert match_boxes([(10, 0, 110, 100), (-10, 0, 90, 100)], [(0, 0, 100, 100)]) == [0, None]
