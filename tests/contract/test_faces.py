"""From the detector's numbers to squares of a photo: every step on numbers that a person can follow."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.documents import Fields
from contract.errors import ContractError
from contract.face_parameters import BACK, FaceParameters
from contract.faces import (
    FACE_NUMBERS,
    MAX_FACES,
    Face,
    Letterbox,
    Square,
    bound_faces,
    choose_subject,
    find_faces,
    second_look,
    seen_again,
    sort_faces,
    square_of,
)

UPRIGHT = ((0.4, 0.45), (0.6, 0.45), (0.5, 0.5), (0.5, 0.6), (0.3, 0.5), (0.7, 0.5))


def numbers(score: float, x: float, y: float, size: float) -> list[float]:
    """One row of the detector: a square box with its points where UPRIGHT has them."""
    points = [value for px, py in UPRIGHT for value in (x + (px - 0.5) * size, y + (py - 0.5) * size)]
    return [score, x, y, size, size, *points]


def face_at(x: float, y: float, width: float, *, tilt: float = 0.0) -> Face:
    turned = Square(x, y, width, tilt)
    return Face(0.9, (x, y), (width, width), tuple(turned.in_photo(px, py) for px, py in UPRIGHT))


def test_parameters_are_written_and_read_back() -> None:
    assert FaceParameters.parse(Fields(BACK.document(), where="faces")) == BACK


@pytest.mark.parametrize(
    "change",
    [
        {"input": 0},
        {"input": 256.0},
        {"score": 1.1},
        {"overlap": -0.1},
        {"margin": 5},
        {"subject": True},
        {"tilt": None},
        {"look": 0},
        {"near": "0.25"},
        {"side": 17},
        {"middle": [0.5, 0.575]},
        {"middle": {"x": 0.5}},
    ],
)
def test_a_parameter_out_of_bounds_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ContractError):
        FaceParameters.parse(Fields({**BACK.document(), **change}, where="faces"))  # type: ignore[dict-item]  # hostile


def test_nothing_above_the_least_score_is_no_face() -> None:
    rows = np.array([numbers(0.4999, 0.5, 0.5, 0.2), [0.9, 0.5, 0.5, 0.0, 0.2, *[0.5] * 12]])
    assert find_faces(rows, BACK) == []
    assert find_faces(np.empty((0, FACE_NUMBERS), np.float32), BACK) == []


def test_candidates_that_overlap_are_one_face_weighted_by_score_with_the_best_score() -> None:
    [face] = find_faces(np.array([numbers(0.6, 0.50, 0.5, 0.2), numbers(0.9, 0.53, 0.5, 0.2)]), BACK)
    assert face.score == 0.9
    assert face.centre == pytest.approx(((0.6 * 0.50 + 0.9 * 0.53) / 1.5, 0.5))
    assert face.size == pytest.approx((0.2, 0.2))
    assert face.points[0] == pytest.approx((face.centre[0] - 0.02, 0.49))


def test_candidates_apart_are_faces_of_their_own_best_first() -> None:
    faces = find_faces(np.array([numbers(0.6, 0.2, 0.5, 0.1), numbers(0.9, 0.8, 0.5, 0.1)]), BACK)
    assert [face.score for face in faces] == [0.9, 0.6]


def test_a_candidate_is_merged_with_the_best_one_only() -> None:
    """The third overlaps the second, which is merged into the first: it stays a face of its own."""
    rows = np.array([numbers(0.9, 0.50, 0.5, 0.2), numbers(0.8, 0.58, 0.5, 0.2), numbers(0.7, 0.66, 0.5, 0.2)])
    assert [face.score for face in find_faces(rows, BACK)] == [0.9, 0.7]


@given(
    width=st.integers(1, 5000),
    height=st.integers(1, 5000),
    margin=st.sampled_from([0.0, 0.25]),
    x=st.floats(0, 1),
    y=st.floats(0, 1),
)
def test_the_letterbox_holds_the_whole_photo_and_leads_back_to_it(
    width: int, height: int, margin: float, x: float, y: float
) -> None:
    box = Letterbox.of(width, height, side=256, margin=margin)
    assert max(box.inner) <= 256
    assert all(place >= 0 and place + inner <= 256 for place, inner in zip(box.place, box.inner, strict=True))
    shares = [(place + share * inner) / 256 for place, inner, share in zip(box.place, box.inner, (x, y), strict=True)]
    back = box.in_photo(Face(0.9, (shares[0], shares[1]), (0.1, 0.1), ((shares[0], shares[1]),) * 6))
    assert back.centre == pytest.approx((x * width, y * height), abs=1e-6 * max(width, height))


def test_of_very_many_faces_the_widest_are_kept_in_their_order() -> None:
    narrow, wide = [face_at(x, 10, 5) for x in range(200)], [face_at(x, 50, 9) for x in range(200)]
    assert bound_faces([*narrow, *wide]) == [*narrow[: MAX_FACES - 200], *wide]
    assert bound_faces([*wide, *narrow]) == [*wide, *narrow[: MAX_FACES - 200]]
    assert bound_faces(narrow) == narrow
    assert bound_faces([]) == []


def test_a_face_in_a_face_is_dropped_and_the_widest_comes_first() -> None:
    small, large, inside = face_at(50, 50, 20), face_at(150, 50, 40), face_at(160, 55, 10)
    assert sort_faces([small, inside, large]) == [large, small]


def test_the_subject_is_the_most_central_of_the_wide_faces() -> None:
    faces = [face_at(20, 50, 20), face_at(60, 50, 16.5), face_at(100, 50, 15.9)]
    assert choose_subject(faces, width=200, height=100, parameters=BACK) == 1


@pytest.mark.parametrize(("degrees", "again"), [(0, False), (9.9, False), (-9.9, False), (10.1, True), (-30, True)])
def test_a_tilted_face_is_looked_at_again(degrees: float, again: bool) -> None:
    face = face_at(100, 100, 40, tilt=math.radians(degrees))
    square = second_look(face, BACK)
    assert (square is not None) == again
    if square is not None:
        assert (square.x, square.y, square.side) == pytest.approx((100, 100, 2.35 * 40))
        assert math.degrees(square.angle) == pytest.approx(degrees)


def test_a_second_look_turns_the_face_back_into_the_photo() -> None:
    tilt = math.radians(30)
    first = face_at(100, 100, 40, tilt=tilt)
    square = second_look(first, BACK)
    assert square is not None
    seen = seen_again(first, square, find_faces(np.array([numbers(0.8, 0.5, 0.5, 1 / 2.35)]), BACK), BACK)
    assert seen.score == 0.8
    assert seen.size == pytest.approx((40, 40))
    assert np.allclose(seen.points, first.points)


def test_a_second_look_that_finds_nothing_near_changes_nothing() -> None:
    first = face_at(100, 100, 40, tilt=1.0)
    square = second_look(first, BACK)
    assert square is not None
    far = find_faces(np.array([numbers(0.8, 0.76, 0.5, 0.4)]), BACK)
    assert seen_again(first, square, [], BACK) is first
    assert seen_again(first, square, far, BACK) is first


def test_the_square_has_the_middle_of_eyes_and_mouth_at_its_place_however_it_is_turned() -> None:
    for degrees in (0, 20, -75):
        face = face_at(300, 200, 40, tilt=math.radians(degrees))
        square = square_of(face, BACK)
        middle = Square(300, 200, 40, face.tilt).in_photo(0.5, (0.45 + 0.6) / 2)
        assert square.side == pytest.approx(1.35 * 40)
        assert square.in_photo(0.5, 0.575) == pytest.approx(middle)


def test_other_parameters_give_other_squares() -> None:
    face = face_at(300, 200, 40)
    assert square_of(face, replace(BACK, side=2.0)).side == 80
