"""Synthetic people lie about as real ones do, and moments repeat."""

import numpy as np

from bench.learning.people import Floats, draw_people, near_duplicates


def cosines(first: Floats, second: Floats) -> Floats:
    units = [one / np.linalg.norm(one, axis=1, keepdims=True) for one in (first, second)]
    product: Floats = units[0] @ units[1].T
    return product


def test_photos_of_one_person_are_as_alike_as_in_lfw65_and_those_of_two_are_not() -> None:
    """Of lfw65 the means are 0.78 and 0.07, and one pair of two people in a hundred is above 0.45."""
    people = draw_people(65, photos=10, seed=1)
    alike = cosines(people.embeddings, people.embeddings)
    same = people.owners[:, None] == people.owners
    within = alike[same & ~np.eye(len(alike), dtype=bool)]
    assert 0.72 < within.mean() < 0.82
    assert 0.0 < alike[~same].mean() < 0.14
    assert 0.35 < np.quantile(alike[~same], 0.99) < 0.5


def test_one_seed_draws_the_same_people_and_another_draws_others() -> None:
    first, again, other = (draw_people(3, photos=2, seed=seed).embeddings for seed in (1, 1, 2))
    assert (first == again).all()
    assert not np.allclose(first, other)


def test_near_duplicates_are_closer_than_two_photos_of_a_person() -> None:
    photos = draw_people(20, photos=1, seed=1).embeddings
    again = near_duplicates(photos, np.random.default_rng(0))
    alike = np.diag(cosines(photos, again))
    assert (alike > 0.95).all()
    assert (alike < 0.999).all()
