"""Likeness: with what each photo is compared, and how like it is. Photos are directions, told by their degrees."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from cloud.training import directions
from cloud.training.directions import Rows
from cloud.training.likeness import Likeness, compare
from cloud.training.sources import BASE


@dataclass(frozen=True)
class Photo:
    degrees: float
    label: int
    source: int
    counts: bool = True


def compared(*photos: Photo, classes: int = 4, chronology: list[int] | None = None) -> Likeness:
    """Compare all photos, which came in this order if no other is given."""
    angles = np.radians([photo.degrees for photo in photos])
    lengths = 1 + np.arange(len(photos))
    embeddings = (lengths * np.stack([np.cos(angles), np.sin(angles)])).T.astype(np.float32)
    labels, sources = (np.array([getattr(photo, name) for photo in photos]) for name in ("label", "source"))
    places = np.array(chronology or range(len(photos)))
    rows = Rows.of(embeddings, labels, sources, chronology=places, classes=classes)
    usable = np.ones(len(photos), np.bool_)
    counting = np.array([photo.counts for photo in photos])
    return compare(rows, counting=counting, usable=usable, chosen=np.arange(len(photos)))


def degrees(cosine: NDArray[np.float32]) -> list[float]:
    """Return angles, NaN where there is none."""
    return [float(angle) for angle in np.degrees(np.arccos(np.clip(cosine, -1, 1))).round(1)]


def test_each_source_has_one_vote_however_many_photos_it_sends() -> None:
    flood = [Photo(60, 0, 1)] * 9
    found = compared(Photo(0, 0, BASE), Photo(30, 0, 2), *flood)
    assert (degrees(found.own)[1], found.beside[1]) == (0, 10)


def test_a_source_is_compared_with_what_others_say_of_its_label() -> None:
    found = compared(Photo(0, 0, BASE), Photo(80, 0, 1), Photo(80, 0, 1))
    assert (degrees(found.own[1:]), found.beside[1:].tolist()) == ([80, 80], [1, 1])


def test_the_founder_of_a_label_is_compared_with_its_own_other_photos_and_others_with_the_founder() -> None:
    found = compared(Photo(0, 0, 1), Photo(20, 0, 1), Photo(90, 0, 2), Photo(90, 0, 2), Photo(90, 0, 2))
    assert degrees(found.own) == [20, 20, 80, 80, 80]
    assert found.beside.tolist() == [1, 1, 2, 2, 2]
    assert found.founding.tolist() == [True, True, False, False, False]


def test_the_founder_is_who_came_first_whatever_the_order_of_rows() -> None:
    found = compared(Photo(0, 0, 1), Photo(20, 0, 1), Photo(90, 0, 2), Photo(90, 0, 2), chronology=[8, 9, 3, 4])
    assert found.founding.tolist() == [False, False, True, True]
    assert degrees(found.own) == [90, 70, 0, 0]


def test_whose_first_photo_does_not_count_founded_nothing() -> None:
    found = compared(Photo(0, 0, 1, counts=False), Photo(10, 0, 2), Photo(30, 0, 1), Photo(20, 0, 2))
    assert found.founding.tolist() == [False, True, False, True]


def test_a_photo_with_nothing_beside_it_is_not_compared_with_its_label() -> None:
    found = compared(Photo(0, 0, BASE), Photo(50, 1, 1))
    assert np.isnan(found.own).all()
    assert found.beside.tolist() == [0, 0]


def test_what_a_device_says_of_others_labels_does_not_pull_them_towards_its_own_photos() -> None:
    """A device that puts its photo of one person under two names would make both look alike to itself."""
    base = Photo(0, 0, BASE), Photo(90, 1, BASE)
    found = compared(*base, Photo(0, 1, 1), Photo(10, 0, 1), Photo(10, 0, 2))
    assert degrees(found.other[3:]) == [80, 35]
    assert found.nearest[3:].tolist() == [1, 1]


def test_a_label_that_a_device_founded_is_what_all_say_of_it() -> None:
    base = Photo(0, 0, BASE), Photo(-90, 1, BASE)
    found = compared(*base, Photo(50, 2, 1), Photo(70, 2, 2), Photo(10, 0, 1), Photo(10, 0, 2))
    assert degrees(found.other[4:]) == [50, 40]
    assert found.nearest[4:].tolist() == [2, 2]


def test_the_nearest_label_is_another_one_and_the_nearest_older_one_came_before() -> None:
    base = Photo(0, 0, BASE), Photo(30, 1, BASE), Photo(100, 2, BASE)
    found = compared(*base, Photo(25, 0, 1), Photo(80, 1, 1), Photo(40, 2, 1))
    assert (degrees(found.other[3:]), found.nearest[3:].tolist()) == ([5, 20, 10], [1, 2, 1])
    assert (degrees(found.older[4:]), found.nearest_older[3:].tolist()) == ([80, 10], [-1, 0, 1])
    assert found.older[3] == 0


def test_labels_of_which_no_photo_counts_are_nobodys_nearest() -> None:
    found = compared(Photo(180, 0, BASE), Photo(0, 1, BASE, counts=False), Photo(0, 0, 1))
    assert (found.nearest[2], found.other[2], found.nearest_older[2]) == (-1, 0, -1)
    assert found.nearest[1] == 0


def test_a_founders_photo_is_compared_with_those_that_count_whether_it_counts_or_not() -> None:
    found = compared(Photo(0, 0, 1), Photo(10, 0, 1), Photo(80, 0, 1, counts=False))
    assert degrees(found.own) == [10, 10, 75]
    assert found.beside.tolist() == [1, 1, 2]


@pytest.mark.parametrize("others", [[], [Photo(0, 1, BASE)]], ids=["alone", "beside a base"])
def test_where_none_of_a_sources_photos_counts_they_are_compared_with_each_other(others: list[Photo]) -> None:
    """Otherwise what was set aside once could never come back."""
    aside = [Photo(angle, 0, 1, counts=False) for angle in (0, 10, 80)]
    found = compared(*aside, *others)
    assert degrees(found.own[:3]) == [45, 30, 75]
    assert found.beside[:3].tolist() == [2, 2, 2]


def test_photos_that_cancel_each_other_out_are_like_nothing() -> None:
    found = compared(Photo(0, 0, BASE), Photo(180, 0, BASE), Photo(40, 0, 1))
    assert found.own[2] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("value", [0, 1e-40, np.inf, np.nan, 1e38])
def test_only_what_has_a_finite_length_has_a_direction(value: float) -> None:
    embeddings = np.array([[value, value]], np.float32)
    one = np.zeros(1, np.int64)
    rows = Rows.of(embeddings, one, one, chronology=one, classes=1)
    expected = [0.7071, 0.7071] if value == 1e38 else [0, 0]
    assert rows.directions(one)[0].round(4).tolist() == pytest.approx(expected, abs=1e-4)


def test_rows_come_source_by_source_and_a_large_source_comes_alone() -> None:
    sources = np.array([3, 1, 2, 1, 3, 3, 2, 0])
    nothing = np.zeros(8, np.int64)
    labels = np.array([1, 1, 0, 0, 0, 0, 0, 0])
    rows = Rows.of(np.ones((8, 2), np.float32), labels, sources, chronology=nothing, classes=2)
    assert [part.tolist() for part in rows.by_source(most=2)] == [[7], [3, 1], [2, 6], [4, 5, 0]]
    assert [part.tolist() for part in rows.by_source(most=5)] == [[7, 3, 1, 2, 6], [4, 5, 0]]


def test_sources_that_are_compared_together_see_what_each_would_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each sees its own labels as others say; with a product for all of them, those columns are put in afterwards."""
    photos = [Photo(float(angle), place % 3, place % 4) for place, angle in enumerate(range(0, 360, 17))]
    together = compared(*photos)
    monkeypatch.setattr(directions, "CHUNK_CELLS", 8)  # two rows of four labels: no two sources fit
    alone = compared(*photos)
    np.testing.assert_array_equal(together.nearest, alone.nearest)
    np.testing.assert_allclose(together.own, alone.own, atol=1e-6)
    np.testing.assert_allclose(together.other, alone.other, atol=1e-6)
