"""The name of a space of faces says all that the features depend on."""

from dataclasses import replace

from contract.face_parameters import BACK
from contract.patterns import HEX64_PATTERN
from contract.spaces import faces_space

PREFIX, DETECTOR = "1a" * 32, "2b" * 32


def test_prefix_detector_and_parameters_each_make_another_space() -> None:
    spaces = {
        faces_space(prefix_sha256=PREFIX, detector_sha256=DETECTOR, parameters=BACK),
        faces_space(prefix_sha256=DETECTOR, detector_sha256=PREFIX, parameters=BACK),
        faces_space(prefix_sha256=PREFIX, detector_sha256=PREFIX, parameters=BACK),
        faces_space(prefix_sha256=PREFIX, detector_sha256=DETECTOR, parameters=replace(BACK, side=1.5)),
    }
    assert len(spaces) == 4
    assert all(HEX64_PATTERN.fullmatch(space) for space in spaces)


def test_the_name_stays_what_it_is() -> None:
    """Golden: another name would make every sample of a group one of another space."""
    space = faces_space(prefix_sha256=PREFIX, detector_sha256=DETECTOR, parameters=BACK)
    assert space == "4ca99276e5b27420bbc06ec4c2d18cfd71022aaa26f8c7892bea64d64859b9ca"
