"""Examples of faces: the subject of each photo is taken as a device takes it, and photos of nobody are passed over."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from contract.boxes import Box
from contract.face_parameters import BACK
from contract.faces import DETECTOR_SIGNATURE
from contract.inputs import Fit, PhotoInput
from contract.samples import face_sample_id, frame_sample_id, photo_sample_id
from device.recognise.image import Photo
from device.recognise.regions import Detector, RegionFinder
from export.errors import ExamplesError
from export.examples.labelled import BASE_SECRET, LabelledExamples
from export.examples.reading import read_given, read_samples
from export.examples.synthetic import synthetic_inputs
from export.tflite.detector import make_detector
from export.tflite.process import TFLiteProcess
from tests.contract.drawn import Pixels, draw

INPUT = PhotoInput(96, 96, fit=Fit.FACES, faces=BACK)
NOBODY = draw(320, 240, [])


@pytest.fixture(scope="module")
def detector() -> Iterator[Detector]:
    """The detector, in a process of its own as an export runs it."""
    with TFLiteProcess() as tflite:
        tflite.open(make_detector(), signature=DETECTOR_SIGNATURE)
        yield tflite.run_opened


def one(x: int, y: int = 120) -> Pixels:
    """A photo of one person, off its middle."""
    return draw(320, 240, [(x, y, 11)])


def save(path: Path, pixels: Pixels) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def found(detector: Detector, pixels: Pixels) -> tuple[Pixels, Box]:
    """The subject's square and box as a device finds them."""
    [subject] = [region for region in RegionFinder(INPUT, detector).find(Photo(pixels)) if region.is_subject]
    assert subject.box is not None
    return subject.values, subject.box


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ann has two photos of a face and one of nobody; Bo has one of two people, of whom it is of the wider one."""
    save(tmp_path / "Ann" / "1.png", one(100))
    save(tmp_path / "Ann" / "2.png", one(220))
    save(tmp_path / "Ann" / "garden.png", NOBODY)
    save(tmp_path / "Bo" / "1.png", draw(480, 300, [(90, 90, 8), (330, 170, 14)]))
    return tmp_path


def read(folder: Path, detector: Detector) -> LabelledExamples:
    return read_samples(folder, model_input=INPUT, detector=detector)


def test_the_subject_of_each_photo_is_taken_and_named_as_a_device_does(folder: Path, detector: Detector) -> None:
    people = read(folder, detector)
    assert people.names == ("Ann", "Bo")
    assert people.labels.tolist() == [0, 0, 1]
    for row, path in enumerate([folder / "Ann" / "1.png", folder / "Ann" / "2.png", folder / "Bo" / "1.png"]):
        square, box = found(detector, np.asarray(Image.open(path)))
        photo = photo_sample_id(BASE_SECRET, hashlib.sha256(path.read_bytes()).digest())
        np.testing.assert_array_equal(people.inputs[row], square)
        assert people.sample_ids[row].tobytes() == face_sample_id(BASE_SECRET, photo, box)
    assert found(detector, np.asarray(Image.open(folder / "Bo" / "1.png")))[1][0] > 240


def test_a_photo_of_nobody_is_passed_over_and_named(folder: Path, detector: Detector) -> None:
    assert read(folder, detector).without_face == (str(folder / "Ann" / "garden.png"),)


def test_a_label_without_a_face_in_any_photo_is_told_with_everything_else(folder: Path, detector: Detector) -> None:
    save(folder / "Cy" / "1.png", draw(300, 240, []))
    with pytest.raises(
        ExamplesError, match=r"^label 'Cy': expected a face in at least one photo; --detector none .*, got none in 1$"
    ):
        read(folder, detector)
    save(folder / "Cy" / "2.png", draw(330, 240, []))
    (folder / "Di").mkdir()
    with pytest.raises(ExamplesError, match=r"got 2 things .*Di: .* an empty folder; label 'Cy': .*, got none in 2$"):
        read(folder, detector)


def test_a_photo_of_two_labels_is_refused_whether_or_not_it_has_a_face(folder: Path, detector: Detector) -> None:
    (folder / "Bo" / "garden.png").write_bytes((folder / "Ann" / "garden.png").read_bytes())
    with pytest.raises(ExamplesError, match=r"Bo/garden\.png: expected a photo of one label"):
        read(folder, detector)


def test_a_copy_counts_once_with_or_without_a_face(folder: Path, detector: Detector) -> None:
    for name in ("1", "garden"):
        (folder / "Ann" / f"{name}-copy.png").write_bytes((folder / "Ann" / f"{name}.png").read_bytes())
    people = read(folder, detector)
    assert (len(people.inputs), len(people.without_face)) == (3, 1)


def test_given_photos_without_a_face_are_passed_over_and_the_others_keep_their_labels(
    folder: Path, detector: Detector
) -> None:
    given = read_given(folder, model_input=INPUT, count=64, detector=detector)
    assert given.labels is not None
    assert (given.labels.tolist(), given.names) == ([0, 0, 1], ("Ann", "Bo"))
    assert given.without_face == (str(folder / "Ann" / "garden.png"),)
    np.testing.assert_array_equal(given.inputs, read(folder, detector).inputs)


def test_given_photos_with_no_face_at_all_are_refused(tmp_path: Path, detector: Detector) -> None:
    save(tmp_path / "1.png", NOBODY)
    with pytest.raises(
        ExamplesError, match=r"^photos .*: expected a face in at least one photo; --detector none .*, got none in 1$"
    ):
        read_given(tmp_path, model_input=INPUT, count=64, detector=detector)


def test_pixels_of_a_file_are_photos_as_those_of_a_folder_are(tmp_path: Path, detector: Detector) -> None:
    pixels = np.stack([one(100), NOBODY, one(220)])
    np.savez(tmp_path / "photos.npz", inputs=pixels, labels=np.array(["Ann", "Ann", "Bo"]))
    people = read(tmp_path / "photos.npz", detector)
    square, box = found(detector, pixels[2])
    assert people.without_face == (f"{tmp_path / 'photos.npz'}, inputs[1]",)
    np.testing.assert_array_equal(people.inputs[1], square)
    name = frame_sample_id(BASE_SECRET, pixels[2])
    assert people.sample_ids[1].tobytes() == face_sample_id(BASE_SECRET, name, box)
    given = read_given(tmp_path / "photos.npz", model_input=INPUT, count=9, detector=detector)
    assert given.labels is not None
    assert (given.labels.tolist(), len(given.without_face)) == ([0, 1], 1)


def test_a_grey_input_gets_the_luma_of_the_same_square(tmp_path: Path, detector: Detector) -> None:
    grey = PhotoInput(96, 96, 1, Fit.FACES, BACK)
    save(tmp_path / "1.png", one(100))
    [colour], [luma] = (
        read_given(tmp_path, model_input=kind, count=1, detector=detector).inputs for kind in (INPUT, grey)
    )
    np.testing.assert_array_equal(luma[..., 0], np.asarray(Image.fromarray(colour).convert("L")))


def test_inputs_of_nothing_are_whole_clouds_since_no_face_is_in_them() -> None:
    whole = PhotoInput(96, 96)
    drawn, expected = (synthetic_inputs(2, model_input=kind, seed=1) for kind in (INPUT, whole))
    np.testing.assert_array_equal(drawn, expected)
