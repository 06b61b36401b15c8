"""Photos of any size in inputs of any size, and tensors as they are."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from contract.inputs import Fit, ModelInput, PhotoInput, TensorInput, TensorType
from contract.samples import frame_sample_id, tensor_sample_id
from device.advice import with_advice
from device.errors import TensorError
from device.recognise.image import Photo
from device.recognise.preparation import as_example, name_example, prepare

GOLDEN = Path(__file__).parents[2] / "contract" / "golden"
SECRET = bytes(range(32))
SENSOR = TensorInput(TensorType.FLOAT32, (6, 4))
WHOLE = (Fit.CROP, Fit.LETTERBOX, Fit.STRETCH)
"""Fits of the whole photo."""
PHOTO_SIZES = [(1, 1), (30, 60), (250, 250), (1, 10_000), (10_000, 1), (3000, 7), (641, 480)]


def shade(width: int, height: int, value: int = 200) -> Photo:
    return Photo.from_pixels(np.full((height, width, 3), value, np.uint8))


def draw(width: int, height: int) -> Photo:
    return Photo.from_pixels(np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8))


@pytest.mark.parametrize("fit", WHOLE)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(224, 224), (30, 60), (300, 1), (1, 300)], ids=str)
@pytest.mark.parametrize(("width", "height"), PHOTO_SIZES)
def test_a_photo_of_one_shade_stays_so_in_every_size_and_fit(
    width: int, height: int, size: tuple[int, int], channels: int, fit: Fit
) -> None:
    prepared = prepare(shade(width, height), PhotoInput(*size, channels=channels, fit=fit))
    assert prepared.shape == (*size, channels)
    assert prepared.dtype == np.uint8
    assert set(np.unique(prepared)) == ({0, 200} if fit is Fit.LETTERBOX and prepared.min() == 0 else {200})


@pytest.mark.parametrize("fit", WHOLE)
@pytest.mark.parametrize("length", [300_000, 20_000_000])
def test_a_very_long_photo_keeps_its_shade(length: int, fit: Fit) -> None:
    """The mean of 140,000 pixels came out as 199 of 200, that of 20,000,000 as black."""
    assert prepare(shade(length, 1), PhotoInput(2, 2, fit=fit)).max() == 200


def test_the_centre_of_a_long_photo_is_kept_by_a_crop() -> None:
    photo = draw(480, 160)
    assert np.array_equal(prepare(photo, PhotoInput(160, 160)), photo.pixels[:, 160:320])


def test_a_letterbox_keeps_all_of_a_photo_between_black_bars() -> None:
    photo = draw(60, 20)
    prepared = prepare(photo, PhotoInput(50, 60, fit=Fit.LETTERBOX))
    assert np.array_equal(prepared[15:35], photo.pixels)
    assert not prepared[:15].any()
    assert not prepared[35:].any()


def test_a_stretch_keeps_both_ends_of_a_photo() -> None:
    photo = np.concatenate([np.zeros((10, 50, 3), np.uint8), np.full((10, 50, 3), 255, np.uint8)], axis=1)
    prepared = prepare(photo, PhotoInput(10, 10, fit=Fit.STRETCH))
    assert (prepared[:, :4] == 0).all()
    assert (prepared[:, 6:] == 255).all()


@pytest.mark.parametrize("fit", WHOLE)
def test_one_channel_is_the_luma_of_the_golden_file(fit: Fit) -> None:
    vectors = json.loads((GOLDEN / "luma.json").read_bytes())
    pixels = np.array([[vector["rgb"] for vector in vectors]], np.uint8)
    prepared = prepare(pixels, PhotoInput(1, len(vectors), channels=1, fit=fit))
    assert prepared.ravel().tolist() == [vector["luma"] for vector in vectors]


def test_luma_is_the_formula_of_the_specification_for_every_red_and_green() -> None:
    red, green = np.meshgrid(np.arange(256), np.arange(256))
    for blue in (0, 1, 77, 254, 255):
        pixels = np.stack([red, green, np.full_like(red, blue)], axis=2).astype(np.uint8)
        expected = (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16
        assert np.array_equal(prepare(pixels, PhotoInput(256, 256, channels=1))[:, :, 0], expected)


@pytest.mark.parametrize(
    "vector", json.loads((GOLDEN / "fits.json").read_bytes()), ids=lambda vector: str(vector["photo"])
)
def test_pixels_lie_where_the_golden_file_says(vector: dict[str, Any]) -> None:
    given = vector["input"]
    photo_input = PhotoInput(given["height"], given["width"], fit=Fit(given["fit"]))
    left, top, width, height = vector["place"]
    prepared = prepare(shade(vector["photo"]["width"], vector["photo"]["height"]), photo_input)
    expected = np.zeros(photo_input.shape, np.uint8)
    expected[top : top + height, left : left + width] = 200
    assert np.array_equal(prepared, expected)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_id_of_a_photo_does_not_hang_on_what_the_bundle_takes(channels: int) -> None:
    photo = draw(40, 30)
    example = as_example(photo.pixels, PhotoInput(8, 8, channels=channels))
    assert name_example(example, SECRET) == frame_sample_id(SECRET, photo.pixels)


def test_a_tensor_is_passed_on_as_it_is_whatever_its_byte_and_axis_order() -> None:
    tensor = np.arange(24, dtype=np.float32).reshape(6, 4)
    for given in (tensor, tensor.astype(">f4"), np.asfortranarray(tensor), np.repeat(tensor, 2, axis=0)[::2]):
        prepared = prepare(given, SENSOR)
        assert np.array_equal(prepared, tensor)
        assert prepared.dtype == np.dtype("=f4")
        assert prepared.flags.c_contiguous
        assert name_example(as_example(given, SENSOR), SECRET) == tensor_sample_id(SECRET, tensor)


@pytest.mark.parametrize(
    ("given", "complaint", "advice"),
    [
        (np.zeros((6, 4)), r"expected tensor float32 (6, 4), got float64 (6, 4)", ".astype(numpy.float32)"),
        (np.zeros((6, 4), np.float16), "got float16 (6, 4)", "convert it with .astype(numpy.float32)"),
        (np.zeros((6, 4), np.int16), "got int16 (6, 4)", "scale its numbers"),
        (np.zeros((6, 4), np.bool_), "got bool (6, 4)", "scale its numbers"),
        (np.zeros((6, 4), np.complex64), "got complex64 (6, 4)", "scale its numbers"),
        (np.zeros((6, 4), "U3"), "got str96 (6, 4)", "scale its numbers"),
        (np.full((6, 4), None), "got objects (6, 4)", "lists of several lengths"),
        (np.zeros((1, 6, 4), np.float32), "got float32 (1, 6, 4)", "give x[0]"),
        (np.zeros((9, 6, 4), np.float32), "got float32 (9, 6, 4)", "give x[0]"),
        (np.zeros((4, 6), np.float32), "got float32 (4, 6)", "give x.T"),
        (np.zeros(24, np.float32), "got float32 (24,)", ".reshape(6, 4)"),
        (np.zeros((6, 5), np.float32), "got float32 (6, 5)", "cut or pad it"),
        (np.zeros((), np.float32), "got float32 ()", "cut or pad it"),
        (np.zeros((0, 4), np.float32), "got float32 (0, 4)", "cut or pad it"),
        (np.full((6, 4), np.nan, np.float32), "expected finite numbers", "numpy.isfinite(x) shows where"),
        (np.full((6, 4), -np.inf, np.float32), "expected finite numbers", "numpy.isfinite(x) shows where"),
        (shade(4, 6), "expected an array, tensor float32 (6, 4), got a photo", ""),
        ([[0.0] * 4] * 6, "got a value of type list", ""),
        ("x.npy", "got a value of type str", ""),
    ],
)
def test_another_tensor_is_refused_with_what_to_do(given: Any, complaint: str, advice: str) -> None:
    with pytest.raises(TensorError) as caught:
        prepare(given, SENSOR)
    told = with_advice(caught.value)
    assert told.startswith("tensor: expected ")
    assert complaint in told
    assert advice in told
    assert "\n" not in told


@pytest.mark.parametrize("dtype", TensorType)
def test_every_dtype_of_the_contract_is_taken(dtype: TensorType) -> None:
    tensor: NDArray[Any] = np.ones((2, 3), dtype.value)
    model_input: ModelInput = TensorInput(dtype, (2, 3))
    assert prepare(tensor, model_input) is tensor
