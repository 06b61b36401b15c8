"""Who plays which part: nobody's photo is in two of them."""

import numpy as np
import pytest

from bench.learning.people import Floats, draw_people
from bench.learning.world import Cast, Casting, Draft, cast_people

PEOPLE = draw_people(20, photos=12, seed=3)


def cast(**parts: float) -> Cast:
    return cast_people(PEOPLE, Casting(**parts), seed=5)  # type: ignore[arg-type]  # numbers of photos are whole


def draft() -> Draft:
    return Draft(cast(), np.random.default_rng(0))


def rows(*photos: Floats) -> list[bytes]:
    return [row.tobytes() for some in photos for row in some]


def test_every_photo_has_one_role_and_strangers_have_no_other() -> None:
    people = cast()
    parts = [photos for member in (*people.base, *people.new) for photos in (member.base, member.stock, member.tests)]
    given = rows(*parts, people.strangers)
    assert len(given) == len(set(given)) == len(PEOPLE.embeddings)
    assert (len(people.base), len(people.new), len(people.strangers)) == (12, 4, 4 * 12)


def test_numbers_of_people_may_be_given_instead_of_shares() -> None:
    people = cast(base=2, new=0)
    assert (len(people.base), len(people.new), len(people.strangers)) == (2, 0, 18 * 12)


def test_base_people_have_their_photos_in_the_base_and_new_ones_none() -> None:
    people = cast(base_photos=1)
    assert {len(member.base) for member in people.base} == {1}
    assert {len(member.base) for member in people.new} == {0}


def test_another_seed_gives_other_parts() -> None:
    names = [[one.name for one in cast_people(PEOPLE, Casting(), seed=seed).base] for seed in (1, 2)]
    assert names[0] != names[1]


def test_no_photo_is_taken_twice_and_the_stock_ends() -> None:
    written = draft()
    member = written.cast.base[0]
    taken = rows(*(written.photos(member, 3) for _ in range(3)))
    assert len(set(taken)) == len(taken) == len(member.stock) == 4


def test_more_photos_than_there_are_become_near_duplicates() -> None:
    written = draft()
    photos = written.many_photos(written.cast.base[0], 30)
    assert len(set(rows(photos))) == 30


def test_a_correction_is_of_the_same_sample_and_newer() -> None:
    written = draft()
    written.begin_cycle()
    [sent] = written.send("wrong", written.photos(written.cast.base[0], 1), ["phone"])
    written.begin_cycle()
    written.correct([sent], "right")
    story = written.finish()
    [last] = story.uploads()
    assert (last.label, last.revision, last.sample, last.device) == ("right", 2, sent.sample, "phone")


def test_cycles_in_which_nothing_was_sent_are_none() -> None:
    written = draft()
    written.begin_cycle()
    written.begin_cycle()
    written.send("somebody", written.photos(written.cast.base[0], 1), ["phone"])
    assert len(written.finish().cycles) == 1


@pytest.mark.parametrize("count", [1, 3])
def test_devices_are_chosen_without_repetition(count: int) -> None:
    assert len(set(draft().choose_devices(count))) == count
