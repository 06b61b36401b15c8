"""Which face of a photo is whose: by where somebody was put, or the subject where the whole photo is of one."""

from dataclasses import dataclass
from pathlib import Path

from contract.boxes import Box
from demo.drawing.scenes import Spot
from demo.shots import Shot, Sitter


@dataclass(frozen=True)
class Face:
    """What was found."""

    box: Box | None
    is_subject: bool = False


SPOT = Spot(100, 200, 80)
MIDDLE, ABOVE, AT_THE_EDGE = Face((120, 220, 160, 260)), Face((120, 210, 160, 250)), Face((90, 190, 120, 220))


def test_a_face_is_of_whoever_was_put_there_and_of_several_the_nearest_to_the_middle_is() -> None:
    sitter = Sitter("Ada", SPOT)
    assert sitter.find([ABOVE, MIDDLE, AT_THE_EDGE]) is MIDDLE
    assert sitter.find([ABOVE]) is ABOVE


def test_a_face_at_the_edge_or_elsewhere_is_nobodys_even_if_it_is_the_subject() -> None:
    assert Sitter("Ada", SPOT).find([AT_THE_EDGE, Face((0, 0, 40, 40), is_subject=True)]) is None


def test_a_photo_of_one_is_of_its_subject_or_of_the_whole() -> None:
    [sitter] = Shot.of_one(Path("photos/Ada Alder/1.jpg")).sitters
    assert (sitter.name, sitter.spot) == ("Ada Alder", None)
    subject, whole = Face((0, 0, 9, 9), is_subject=True), Face(None, is_subject=True)
    assert sitter.find([MIDDLE, subject]) is subject
    assert sitter.find([whole]) is whole
    assert sitter.find([]) is None
