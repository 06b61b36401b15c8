"""From photos to what a prefix takes, with the real detector: whole photos and each face of them."""

from dataclasses import replace

import numpy as np
import pytest

from contract.inputs import Fit, PhotoInput, TensorInput, TensorType
from device.errors import PhotoError
from device.recognise.image import Photo
from device.recognise.preparation import prepare
from device.recognise.regions import RegionFinder
from device.recognise.tflite import Model, TFLiteRuntime
from tests.contract.drawn import draw
from tests.device.photos import FACES

SEVERAL = draw(1280, 960, [(300, 300, 24), (700, 500, 30), (1050, 650, 20)])


@pytest.fixture
def finder(detector: bytes, runtime: TFLiteRuntime) -> RegionFinder:
    """Finds faces with the detector on one runtime."""
    return RegionFinder(FACES, Model(detector, signature="detector", runtime=runtime).run)


def test_each_face_is_a_region_the_widest_first_and_one_the_subject(finder: RegionFinder) -> None:
    regions = finder.find(Photo.from_pixels(SEVERAL))
    assert [region.values.shape for region in regions] == [(160, 160, 3)] * 3
    assert [region.is_subject for region in regions] == [True, False, False]
    assert [region.box for region in regions] == [(609, 427, 795, 613), (226, 240, 374, 388), (987, 602, 1110, 726)]


def test_what_is_cut_out_shows_the_face_upright_in_the_middle(finder: RegionFinder) -> None:
    """Skin on both cheeks, the mouth below, background in the lower corners; of every size and place alike."""
    for region in finder.find(SEVERAL):
        assert np.abs(region.values[95, [50, 110]].astype(int) - (222, 180, 150)).max() < 12
        assert (region.values[100:140, 80, 1] < 100).any()
        assert region.values[155, 4, 2] == pytest.approx(130, abs=4)


def test_a_photo_without_a_face_has_no_region(finder: RegionFinder) -> None:
    assert finder.find(draw(640, 480, [])) == ()


def test_a_face_beyond_the_photo_is_cut_out_with_black_beside_it(finder: RegionFinder) -> None:
    [region] = finder.find(draw(640, 480, [(20, 240, 20)]))
    assert region.box is not None
    assert region.box[0] < 0
    assert region.values[80, 5].max() == 0
    assert region.values[80, 100].max() > 0


def test_an_input_of_one_channel_takes_the_luma_of_what_is_cut_out(
    finder: RegionFinder, detector: bytes, any_runtime: TFLiteRuntime
) -> None:
    model = Model(detector, signature="detector", runtime=any_runtime)
    grey = RegionFinder(replace(FACES, channels=1), model.run)
    [one], [other] = finder.find(draw(640, 480, [(320, 240, 20)])), grey.find(draw(640, 480, [(320, 240, 20)]))
    assert other.values.shape == (160, 160, 1)
    red, green, blue = np.moveaxis(one.values.astype(int), 2, 0)
    assert np.array_equal(other.values[..., 0], (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16)


def test_a_photo_of_the_prefixs_size_is_looked_at_like_any_other(finder: RegionFinder) -> None:
    """A crop of a face has its face found and cut out; nothing passes a bundle of faces unseen."""
    crop = draw(160, 160, [(80, 84, 14)])
    [region] = finder.find(crop)
    assert not np.array_equal(region.values, crop)
    assert finder.find(draw(160, 160, [])) == ()


@pytest.mark.parametrize(
    "model_input", [PhotoInput(30, 40), PhotoInput(30, 40, channels=1, fit=Fit.LETTERBOX)], ids=str
)
def test_any_other_bundle_of_photos_has_one_region(model_input: PhotoInput) -> None:
    [region] = RegionFinder(model_input).find(SEVERAL)
    assert np.array_equal(region.values, prepare(SEVERAL, model_input))
    assert (region.box, region.is_subject) == (None, True)


def test_a_tensor_is_a_region_as_it_is() -> None:
    tensor = np.ones((2, 3), np.float32)
    [region] = RegionFinder(TensorInput(TensorType.FLOAT32, (2, 3))).find(tensor)
    assert np.array_equal(region.values, tensor)


def test_what_is_no_photo_is_refused_before_the_detector_runs() -> None:
    def run(pixels: object) -> np.ndarray:  # type: ignore[type-arg]  # never
        raise AssertionError(pixels)

    with pytest.raises(PhotoError, match="expected uint8"):
        RegionFinder(FACES, run).find(np.zeros((4, 4), np.float32))
