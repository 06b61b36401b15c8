"""Synthetic people: who differs, what is the same, and that the same seed draws the same photos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from demo.drawing.people import draw_people, main, write_people
from demo.drawing.person import MAX_PEOPLE, invent_person, person_name
from demo.drawing.portrait import draw_photo


def test_the_same_seed_draws_the_same_photos() -> None:
    first = list(draw_people(people=2, photos=2, seed=3))
    again = list(draw_people(people=2, photos=2, seed=3))
    assert [name for name, _ in first] == [name for name, _ in again]
    assert all(np.array_equal(left, right) for (_, left), (_, right) in zip(first, again, strict=True))


def test_another_seed_draws_other_people() -> None:
    assert invent_person(0, seed=0) != invent_person(0, seed=1)


def test_two_photos_of_a_person_differ() -> None:
    (_, first), (_, second) = draw_people(people=1, photos=2, seed=0)
    assert not np.array_equal(first, second)


def test_with_little_variation_two_photos_of_a_person_are_nearly_alike() -> None:
    (_, first), (_, second) = draw_people(people=1, photos=2, seed=0, variation=0.0)
    assert np.abs(first.astype(int) - second).mean() < 5


def test_a_photo_is_rgb_of_two_hundred_pixels_a_side() -> None:
    photo = draw_photo(invent_person(0, seed=0), np.random.default_rng(0))
    assert photo.shape == (200, 200, 3)
    assert photo.dtype == np.uint8


def test_no_two_people_share_a_name() -> None:
    assert len({person_name(index) for index in range(MAX_PEOPLE)}) == MAX_PEOPLE


def test_a_person_beyond_the_names_is_refused() -> None:
    with pytest.raises(ValueError, match="person number: expected 0 to"):
        person_name(MAX_PEOPLE)


def test_every_person_has_a_folder_with_their_photos(tmp_path: Path) -> None:
    assert write_people(tmp_path, people=3, photos=2, seed=0) == 6
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(person_name(index) for index in range(3))
    with Image.open(tmp_path / person_name(0) / "02.png") as photo:
        assert (photo.mode, photo.size) == ("RGB", (200, 200))


def test_the_command_says_what_it_drew(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, [str(tmp_path), "--people", "1", "--photos", "1"])
    assert result.exit_code == 0
    assert "drew 1 photos of 1 people" in result.output
