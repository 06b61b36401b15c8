"""Scenes made of portraits: who is in them and where, and that nobody is in one twice."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from demo.album import CROPS, DRAWN, HEIGHT, WIDTH, Album, Scenery, cut_portrait, group_by_scene, plain_album
from demo.drawing.people import write_people, write_strangers
from demo.folders import list_photos
from demo.roles import Person, assign_roles, spare_photos

LEAST_WIDTH = 0.2


@pytest.fixture
def people(tmp_path: Path) -> tuple[Person, ...]:
    """Four synthetic people, one of them new."""
    write_people(tmp_path / "people", people=4, photos=10, seed=0)
    return assign_roles(list_photos(tmp_path / "people"), seed=0)


@pytest.fixture
def scenery(tmp_path: Path) -> Scenery:
    """With strangers."""
    others = write_strangers(tmp_path / "others", after=4, seed=0)
    return Scenery(tmp_path / "scenes", DRAWN, others[:6], seed=0)


@pytest.fixture
def album(scenery: Scenery, people: tuple[Person, ...]) -> Album:
    """Everybody's scenes."""
    return scenery.compose(people)


def test_everybody_is_tested_as_often_as_they_have_photos_and_never_twice_in_one(
    album: Album, people: tuple[Person, ...]
) -> None:
    names = [[sitter.name for sitter in shot.sitters] for shot in album.tests]
    assert all(len(set(one)) == len(one) for one in names)
    assert {len(one) for one in names} <= {1, 2, 3}
    assert sorted(name for one in names for name in one) == sorted(
        person.name for person in people for _ in person.tests
    )


def test_one_of_an_uploaded_scene_counts_and_the_first_head_knows_only_its_own(
    album: Album, people: tuple[Person, ...]
) -> None:
    assert [[sitter.name for sitter in shot.sitters] for shot in album.uploads] == [
        [person.name] for person in people for _ in person.uploads
    ]
    assert [len(person.base) for person in album.people] == [len(person.base) for person in people]
    assert all(photo.parent.name == person.name for person in album.people for photo in person.base)


def test_scenes_are_whole_photos_in_which_faces_are_large_enough(album: Album) -> None:
    for shot in (*album.uploads, *album.tests):
        with Image.open(shot.path) as photo:
            assert photo.size == (WIDTH, HEIGHT)
        assert all(sitter.spot and sitter.spot.side * DRAWN.face >= LEAST_WIDTH * HEIGHT for sitter in shot.sitters)


def test_no_photo_is_in_two_scenes_and_one_seed_gives_the_same(
    album: Album, scenery: Scenery, people: tuple[Person, ...], tmp_path: Path
) -> None:
    paths = [shot.path for shot in (*album.uploads, *album.tests)]
    assert len(set(paths)) == len(paths) == len({path.read_bytes() for path in paths})
    again = replace(scenery, folder=tmp_path / "again").compose(people)
    assert [shot.path.read_bytes() for shot in again.tests] == [shot.path.read_bytes() for shot in album.tests]
    assert [shot.sitters for shot in again.tests] == [shot.sitters for shot in album.tests]


def test_somebody_who_has_more_photos_than_others_is_alone_in_the_last_ones() -> None:
    few, many = (
        Person(name, False, (), (), tuple(Path(name, f"{n}.png") for n in range(count)))
        for name, count in (("Ada", 1), ("Bo", 3))
    )
    groups = group_by_scene([few, many], np.random.default_rng(0))
    assert [len(group) for group in groups] == [2, 1, 1]


def test_others_are_photos_that_nobody_is_known_by_or_tested_on(people: tuple[Person, ...], tmp_path: Path) -> None:
    photos = list_photos(tmp_path / "people")
    spare = spare_photos(photos, people)
    assert {photo.parent.name for photo in spare} == {person.name for person in people if person.is_new}
    used = {photo for person in people for photo in (*person.base, *person.uploads, *person.tests)}
    assert not used & set(spare)
    assert len(used) + len(spare) == 40


def test_a_portrait_is_the_square_in_the_middle(tmp_path: Path) -> None:
    pixels = np.zeros((112, 92, 3), np.uint8)
    pixels[10:102] = 200
    Image.fromarray(pixels).save(tmp_path / "tall.png")
    assert (cut_portrait(tmp_path / "tall.png", CROPS) == np.full((92, 92, 3), 200)).all()
    assert cut_portrait(tmp_path / "tall.png", DRAWN).shape == (74, 74, 3)


def test_without_scenes_each_photo_is_of_one(people: tuple[Person, ...]) -> None:
    album = plain_album(people)
    assert album.people == people
    assert [shot.path for shot in album.tests] == [photo for person in people for photo in person.tests]
    assert all(sitter.spot is None for shot in album.tests for sitter in shot.sitters)
