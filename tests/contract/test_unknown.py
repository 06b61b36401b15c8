"""The three points of "unknown": read strictly, written in one way, and chosen among."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.documents import Fields, encode_json, parse_document
from contract.errors import ContractError, Impossible, Malformed
from contract.unknown import (
    Points,
    Strictness,
    UnknownPoint,
    parse_points,
    point_of,
    points_document,
    threshold_at,
)
from tests.contract.client_vectors import POINTS


def points(strict: float, balanced: float, friendly: float) -> Points:
    thresholds = zip(Strictness, (strict, balanced, friendly), strict=True)
    return {point: UnknownPoint(threshold, 0.9, 0.025) for point, threshold in thresholds}


def read(threshold: float, named: Any) -> Points:
    return parse_points(Fields({"threshold": threshold, "points": named}, where="manifest"))


@given(
    st.lists(st.floats(0, 1), min_size=3, max_size=3),
    st.none() | st.floats(0, 1),
    st.floats(0, 1),
    st.sampled_from(Strictness),
)
def test_points_are_read_back_as_they_were(
    thresholds: list[float], known: float | None, strangers: float, chosen: Strictness
) -> None:
    written = {
        point: UnknownPoint(threshold, known, strangers)
        for point, threshold in zip(Strictness, sorted(thresholds, reverse=True), strict=True)
    }
    document = {"threshold": written[chosen].threshold, "points": points_document(written)}
    assert parse_points(parse_document(encode_json(document), where="", max_bytes=1000)) == written


@pytest.mark.parametrize("document", [{}, {"points": None}, {"points": None, "threshold": 0.5}])
def test_where_nothing_was_fitted_there_are_no_points(document: dict[str, Any]) -> None:
    assert parse_points(Fields(document, where="")) == {}
    assert points_document({}) is None


@pytest.mark.parametrize(
    ("threshold", "changes", "error", "message"),
    [
        (0.5, {"friendly": None}, Malformed, "manifest.points.friendly: expected an object, got None"),
        (
            0.5,
            {"balanced": {"threshold": 0.8, "strangers_ppm": 1}},
            Impossible,
            "manifest.points.balanced.threshold: expected 0.75 at most, as of strict, got 0.8",
        ),
        (0.5, {"strict": {"threshold": 1.5}}, Impossible, "points.strict.threshold: expected a number from 0.0 to 1.0"),
        (0.6, {}, Impossible, "manifest.threshold: expected that of one of the points, got 0.6"),
    ],
)
def test_what_is_wrong_with_points_is_said(
    threshold: float, changes: dict[str, Any], error: type[ContractError], message: str
) -> None:
    with pytest.raises(error, match=message):
        read(threshold, {**POINTS, **changes})


def test_the_choice_counts_where_the_head_has_that_point() -> None:
    known = points(0.7, 0.5, 0.3)
    assert [threshold_at(one, threshold=0.5, points=known) for one in Strictness] == [0.7, 0.5, 0.3]
    assert threshold_at(None, threshold=0.3, points=known) == 0.3
    assert [threshold_at(one, threshold=0.55, points={}) for one in Strictness] == [0.55] * 3


def test_a_threshold_names_its_point_and_of_equal_ones_the_usual_one() -> None:
    assert [point_of(one, points(0.7, 0.5, 0.3)) for one in (0.7, 0.5, 0.3)] == list(Strictness)
    assert point_of(0.5, points(0.5, 0.5, 0.5)) is Strictness.BALANCED
    assert point_of(0.5, points(0.5, 0.4, 0.4)) is Strictness.STRICT
    assert point_of(0.6, points(0.7, 0.5, 0.3)) is None
    assert point_of(0.6, {}) is None


def test_a_point_says_its_two_numbers_to_people() -> None:
    assert str(UnknownPoint(0.5, 0.957, 0.025)) == "95.7% of the known and 2.5% of strangers"
    assert str(UnknownPoint(0.5, None, 0.025)) == "2.5% of strangers"


def test_shares_travel_in_whole_millionths() -> None:
    point = UnknownPoint(1 / 3, 2 / 3, 1 / 7)
    assert json.loads(encode_json(point.document())) == {
        "threshold": 1 / 3,
        "known_ppm": 666_667,
        "strangers_ppm": 142_857,
    }
    assert (point.known_accepted, point.strangers_accepted) == (0.666667, 0.142857)
