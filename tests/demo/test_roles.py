"""Who has which role: tested, base and uploaded photos never meet."""

from pathlib import Path

import pytest

from demo.errors import TooFewPhotos
from demo.roles import DRAWN_PEOPLE, Shares, assign_roles


def crowd(people: int, photos: int) -> dict[str, list[Path]]:
    return {
        f"p{person:02}": [Path(f"p{person:02}/{photo:02}.png") for photo in range(photos)] for person in range(people)
    }


def test_odd_photos_are_tested_two_even_ones_are_the_base_and_three_more_are_uploaded() -> None:
    known = next(person for person in assign_roles(crowd(13, 11), seed=0) if not person.is_new)
    assert [path.stem for path in known.tests] == ["00", "02", "04", "06", "08", "10"]
    assert [path.stem for path in known.base] == ["01", "03"]
    assert [path.stem for path in known.uploads] == ["05", "07", "09"]


def test_a_new_person_has_no_base_and_uploads_the_same_photos_as_others() -> None:
    newcomer = next(person for person in assign_roles(crowd(13, 10), seed=0) if person.is_new)
    assert newcomer.base == ()
    assert [path.stem for path in newcomer.uploads] == ["05", "07", "09"]


def test_fifteen_of_sixty_five_are_new_and_nine_of_forty() -> None:
    assert sum(person.is_new for person in assign_roles(crowd(65, 10), seed=0)) == 15
    assert sum(person.is_new for person in assign_roles(crowd(40, 10), seed=0)) == 9


def test_the_seed_chooses_who_is_new() -> None:
    people = crowd(40, 10)
    assert assign_roles(people, seed=1) == assign_roles(people, seed=1)
    assert assign_roles(people, seed=1) != assign_roles(people, seed=2)


def test_a_person_with_nine_photos_is_refused_by_name() -> None:
    with pytest.raises(TooFewPhotos, match="p00: expected at least 10 photos, got 9"):
        assign_roles(crowd(1, 9), seed=0)


def test_other_shares_give_other_numbers() -> None:
    people = assign_roles(crowd(10, 40), seed=0, shares=Shares(base=8, uploads=12, new=0.3))
    assert {(len(one.base), len(one.uploads), len(one.tests)) for one in people} == {(8, 12, 20), (0, 12, 20)}
    assert sum(one.is_new for one in people) == 3


@pytest.mark.parametrize(("people", "new"), [(1, 0), (2, 1), (4, 1), (40, 4)])
def test_of_drawn_people_a_tenth_is_new_and_one_at_least(people: int, new: int) -> None:
    photos = {f"person {number}": [Path(f"{number}/{place}.png") for place in range(10)] for number in range(people)}
    assert sum(one.is_new for one in assign_roles(photos, seed=0, shares=DRAWN_PEOPLE)) == new
