"""How finding faces is summed up, and where a face of a crop is looked for in a scene."""

import numpy as np
import pytest

from bench.measure.faces import FACE_SHARE, Outcome, _Portrait, summarise
from bench.row import BenchRow
from demo.drawing.scenes import HEIGHT, WIDTH
from device.recognise.regions import Region

CROP = np.full((160, 160, 3), 200, np.uint8)


def test_what_is_found_and_right_are_shares_of_all_photos() -> None:
    outcomes = [
        Outcome(found=True, others=0, right_whole=True, right_crop=True),
        Outcome(found=True, others=1, right_whole=False, right_crop=True),
        Outcome(found=False, others=0, right_whole=False, right_crop=False),
        Outcome(found=True, others=0, right_whole=True, right_crop=True),
    ]
    found, others, right = (row for row in summarise(outcomes, of="drawn people") if isinstance(row, BenchRow))
    assert (found.value, others.value, right.value, right.reference) == (75, 25, 50, 75)
    assert (found.holds, right.holds) == (False, False)


def test_a_face_is_a_quarter_of_the_scenes_height_and_expected_where_the_crop_was_put() -> None:
    portrait = _Portrait(CROP, Region(CROP, box=(32, 40, 112, 120)))
    whole = portrait.in_scene(1, WIDTH, HEIGHT)
    assert whole.spot.side == 480
    box = portrait.box_in(whole.spot)
    assert box is not None
    assert box[2] - box[0] == pytest.approx(FACE_SHARE * HEIGHT, abs=1)
    assert (box[0], box[1]) == (whole.spot.left + 96, whole.spot.top + 120)


def test_a_crop_without_a_face_is_in_a_scene_too_but_nothing_is_expected_of_it() -> None:
    portrait = _Portrait(CROP, None)
    assert portrait.box_in(portrait.in_scene(1, WIDTH, HEIGHT).spot) is None
