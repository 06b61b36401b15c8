"""Moments: which photos count as one, and what each of them counts for."""

import numpy as np
import pytest
from numpy.typing import NDArray

from cloud.training import moments
from cloud.training.moments import Moments, find_moments

Floats = NDArray[np.float32]


def directions(*degrees: float) -> Floats:
    """Return embeddings (n, 2) of any length: within 11.5 degrees of each other their cosine is above the bound."""
    angles = np.radians(degrees)
    embeddings: Floats = np.stack([7 * np.cos(angles), 7 * np.sin(angles)], axis=1).astype(np.float32)
    return embeddings


def find(
    embeddings: Floats,
    *,
    labels: list[int] | None = None,
    sources: list[int] | None = None,
    chronology: list[int] | None = None,
    look_back: int = moments.LOOK_BACK,
) -> list[int]:
    """Return the moments of rows, which are of one label and one device unless something else is said."""
    count = len(embeddings)
    found = find_moments(
        embeddings,
        np.array(labels or [3] * count, np.int64),
        np.array(sources or [1] * count, np.int64),
        chronology=np.array(chronology or range(count), np.int64),
        look_back=look_back,
    )
    return [int(moment) for moment in found.moments]


def test_a_burst_is_one_moment_and_other_photos_are_their_own() -> None:
    assert find(directions(0, 40, 3, 80, 6)) == [0, 1, 0, 3, 0]


@pytest.mark.parametrize(("degrees", "one"), [(11, True), (12, False)])
def test_the_bound_is_a_cosine_of_098(degrees: float, one: bool) -> None:
    assert (find(directions(0, degrees))[1] == 0) is one


def test_a_face_that_turns_slowly_is_one_moment() -> None:
    """Its last frame is nothing like its first, but each is like the one before."""
    assert find(directions(*range(0, 90, 5))) == [0] * 18


def test_photos_of_two_labels_or_two_devices_are_two_moments() -> None:
    same = directions(0, 0, 0, 0)
    assert find(same, labels=[3, 4, 3, 4]) == [0, 1, 0, 1]
    assert find(same, sources=[1, 2, 1, 2]) == [0, 1, 0, 1]


def test_the_base_has_no_moments() -> None:
    assert find(directions(0, 0, 0), sources=[0, 0, 1]) == [0, 1, 2]


def test_a_moment_begins_with_its_first_photo_whatever_the_order_of_rows() -> None:
    assert find(directions(0, 40, 3, 6), chronology=[30, 20, 10, 40]) == [2, 1, 2, 2]


def test_rows_without_a_direction_are_alone() -> None:
    embeddings = directions(0, 0, 0, 0, 0)
    embeddings[[1, 2, 3]] = [[0, 0], [np.nan, 1], [np.inf, 1]]
    assert find(embeddings) == [0, 1, 2, 3, 0]


def test_only_so_many_photos_before_are_looked_at() -> None:
    embeddings = directions(0, 30, 60, 90, 0)
    assert find(embeddings, look_back=4) == [0, 1, 2, 3, 0]
    assert find(embeddings, look_back=3) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("block", [1, 2, 7, 1000])
def test_blocks_of_any_size_find_the_same(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    random = np.random.default_rng(0)
    embeddings = directions(*random.uniform(0, 360, 60))
    labels, sources = random.integers(0, 3, 60).tolist(), random.integers(0, 3, 60).tolist()
    whole = find(embeddings, labels=labels, sources=sources, look_back=8)
    assert len(set(whole)) < 60
    monkeypatch.setattr(moments, "BLOCK", block)
    assert find(embeddings, labels=labels, sources=sources, look_back=8) == whole


def test_no_rows_have_no_moments() -> None:
    assert find(directions()) == []


def shares(of: list[int], *, counting: list[int], trained: int | None = None) -> list[float]:
    found, counts = Moments(np.array(of)), np.array(counting, np.bool_)
    values = found.shares(counts) if trained is None else found.split_shares(counts, trained=trained)
    return [round(value, 3) for value in values.tolist()]


def test_the_photos_of_a_moment_share_one_vote() -> None:
    assert shares([0, 1, 0, 0], counting=[1, 1, 1, 1]) == [0.333, 1.0, 0.333, 0.333]


def test_photos_that_are_set_aside_have_no_share_and_take_none() -> None:
    assert shares([0, 1, 0, 0], counting=[0, 0, 1, 1]) == [0.0, 0.0, 0.5, 0.5]


def test_a_held_out_photo_of_a_moment_that_trains_judges_nothing_and_takes_no_share() -> None:
    assert shares([0, 0, 2, 0, 4], counting=[1] * 5, trained=3) == [0.5, 0.5, 1.0, 0.0, 1.0]
    assert shares([0, 0], counting=[1] * 2, trained=1) == [1.0, 0.0]


def test_a_moment_that_is_held_out_as_a_whole_judges_once() -> None:
    assert shares([0, 1, 1, 3], counting=[1] * 4, trained=1) == [1.0, 0.5, 0.5, 1.0]


def test_a_photo_that_is_set_aside_does_not_keep_its_moment_from_judging() -> None:
    assert shares([0, 0, 0], counting=[0, 1, 1], trained=1) == [0.0, 0.5, 0.5]
