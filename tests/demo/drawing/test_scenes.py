"""Scenes: where the people of a whole photo are, and that the same seed draws the same one."""

import numpy as np
import pytest

from demo.drawing.person import invent_person
from demo.drawing.portrait import draw_photo
from demo.drawing.scenes import SOFT_SHARE, Pixels, Spot, choose_spots, draw_place, draw_scene

RED, BLUE = (np.full((40, 40, 3), colour, np.uint8) for colour in ((255, 0, 0), (0, 0, 255)))


def middle_of(pixels: Pixels, spot: Spot) -> list[float]:
    """The mean colour of the middle half of a square."""
    quarter = spot.side // 4
    rows = slice(spot.top + quarter, spot.top + 3 * quarter)
    mean: list[float] = pixels[rows, spot.left + quarter : spot.left + 3 * quarter].mean(axis=(0, 1)).tolist()
    return mean


def test_each_portrait_is_where_the_scene_says_and_as_large() -> None:
    scene = draw_scene([RED, BLUE], np.random.default_rng(1), sides=[200, 320])
    assert scene.pixels.shape == (960, 1280, 3)
    assert scene.pixels.dtype == np.uint8
    red, blue = scene.spots
    assert (red.side, blue.side) == (200, 320)
    assert middle_of(scene.pixels, red) == pytest.approx([255, 0, 0], abs=2)
    assert middle_of(scene.pixels, blue) == pytest.approx([0, 0, 255], abs=2)


def test_the_same_seed_draws_the_same_scene_and_another_one_another() -> None:
    portrait = draw_photo(invent_person(0, seed=0), np.random.default_rng(0))
    first, again, other = (draw_scene([portrait], np.random.default_rng(seed), sides=[300]) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.pixels, again.pixels)
    assert first.spots == again.spots != other.spots


def test_people_are_within_the_scene_and_clear_of_one_another() -> None:
    for seed in range(20):
        spots = choose_spots(np.random.default_rng(seed), sides=[100, 300, 200], width=700, height=500)
        assert [spot.side for spot in spots] == [100, 300, 200]
        for number, spot in enumerate(spots):
            assert spot.left >= 0 <= spot.top
            assert (spot.left + spot.side <= 700, spot.top + spot.side <= 500) == (True, True)
            assert all(spot.is_clear_of(other) for other in spots[:number])


def test_squares_that_touch_are_clear_of_one_another_and_those_that_share_a_pixel_are_not() -> None:
    spot = Spot(10, 10, 20)
    assert spot.is_clear_of(Spot(30, 10, 5))
    assert spot.is_clear_of(Spot(0, 30, 50))
    assert not spot.is_clear_of(Spot(29, 29, 5))


@pytest.mark.parametrize("sides", [[501], [400, 400]])
def test_what_does_not_fit_in_is_refused(sides: list[int]) -> None:
    with pytest.raises(ValueError, match=r"^scene: expected room for a square of \d+ pixels in 700 x 500, got none"):
        choose_spots(np.random.default_rng(0), sides=sides, width=700, height=500)


def test_a_portrait_fades_into_the_place_at_its_edge() -> None:
    scene = draw_scene([RED], np.random.default_rng(5), sides=[400], width=800, height=600)
    [spot] = scene.spots
    row = spot.top + spot.side // 2
    blue = scene.pixels[row, spot.left : spot.left + round(SOFT_SHARE * spot.side), 2].astype(float)
    assert blue[0] > 30
    assert blue[:8].mean() > blue[-8:].mean() + 20


def test_places_differ() -> None:
    random = np.random.default_rng(0)
    one, other = (np.asarray(draw_place(random)) for _ in range(2))
    assert one.shape == other.shape == (960, 1280, 3)
    assert np.abs(one.astype(int) - other).mean() > 10
