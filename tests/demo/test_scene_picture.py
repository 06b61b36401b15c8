"""The picture of scenes: which are chosen, and that boxes, names and who was not found are in it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from contract.boxes import Box
from demo.drawing.scenes import Spot
from demo.running.devices import Recognised, SeenFace
from demo.scene_picture import choose_scenes, draw_scenes
from demo.shots import Shot, Sitter

LEFT, RIGHT = Spot(0, 0, 100), Spot(200, 0, 100)


def face(box: Box, best: str, *, unknown: bool = False) -> SeenFace:
    return SeenFace(1, 0, best, 0.9, unknown, box, is_subject=True)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A grey photo."""
    Image.new("RGB", (300, 200), (128, 128, 128)).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def seen(photo: Path, names: tuple[str, str], *faces: SeenFace) -> Recognised:
    return Recognised(Shot(photo, (Sitter(names[0], LEFT), Sitter(names[1], RIGHT))), faces)


def test_scenes_of_new_people_come_first_and_each_shows_others(photo: Path) -> None:
    at = face((30, 30, 70, 70), "Ada")
    pairs = [("Ada", "Bo"), ("Cy", "Di"), ("Cy", "Di"), ("Ada", "Cy")]
    scenes = [seen(photo, pair, at) for pair in pairs] + [seen(photo, ("New", "Ed"))]
    chosen = choose_scenes(scenes, scenes, new={"Di", "New"}, count=3)
    assert [scene.people for scene in chosen] == [{"Cy", "Di"}, {"Ada", "Bo"}, {"Cy", "Di"}]
    assert chosen[0].new == {"Di"}


def test_a_right_answer_is_green_a_wrong_one_red_and_that_of_a_bystander_grey(photo: Path) -> None:
    faces = [face((30, 30, 70, 70), "Ada"), face((230, 30, 270, 70), "Ada"), face((130, 110, 170, 150), "Ada")]
    scene = seen(photo, ("Ada", "Bo"), *faces)
    drawn = draw_scenes(choose_scenes([scene], [scene], new=()), title="one scene")
    pixels = np.asarray(drawn).astype(int)
    for colour in ((20, 122, 60), (190, 40, 40), (120, 120, 126)):
        assert (np.abs(pixels - colour).max(axis=-1) < 12).sum() > 200


def test_answers_are_on_those_who_count_and_who_is_not_found_has_none(photo: Path) -> None:
    unsure = face((30, 30, 70, 70), "Bo", unknown=True)
    found, missed = seen(photo, ("Ada", "Bo"), face((130, 110, 170, 150), "Bo"), unsure).answers
    assert (found.truth, found.best, found.unknown, found.is_accepted) == ("Ada", "Bo", True, False)
    assert (missed.truth, missed.best, missed.is_found, missed.is_right) == ("Bo", None, False, False)
