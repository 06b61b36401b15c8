"""What a prefix takes, as documents say it; where photos go in it; and the ids of tensors."""

import hashlib
import hmac
import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.documents import Fields, encode_json, parse_document
from contract.errors import ContractError, Impossible, Malformed, TooLarge
from contract.face_parameters import BACK
from contract.fitting import Placement, Rectangle, fit_photo
from contract.inputs import Fit, ModelInput, PhotoInput, TensorInput, TensorType, check_input, parse_input
from contract.samples import frame_sample_id, tensor_sample_id

SECRET = bytes(range(32))
PHOTO = PhotoInput(48, 96, channels=1, fit=Fit.LETTERBOX).document()
TENSOR = TensorInput(TensorType.FLOAT32, (128, 3)).document()

WHOLE = (Fit.CROP, Fit.LETTERBOX, Fit.STRETCH)
"""Fits of the whole photo."""
FACES = PhotoInput(160, 160, fit=Fit.FACES, faces=BACK).document()

SIDES = st.integers(1, 10_000)


def read(document: object) -> ModelInput:
    return parse_input(Fields({"input": document}, where="bundle.json"))  # type: ignore[dict-item]  # hostile on purpose


@pytest.mark.parametrize(
    "model_input",
    [
        PhotoInput(160, 160),
        *(PhotoInput(48, 96, channels=1, fit=fit) for fit in WHOLE),
        PhotoInput(160, 160, fit=Fit.FACES, faces=BACK),
        PhotoInput(96, 96, channels=1, fit=Fit.FACES, faces=replace(BACK, input=128, side=2.0)),
        *(TensorInput(dtype, (2, 3)) for dtype in TensorType),
        TensorInput(TensorType.INT8, (1, 2, 3, 4, 5, 6)),
        TensorInput(TensorType.FLOAT32, (1 << 24,)),
    ],
    ids=str,
)
def test_an_input_is_read_as_it_was_written(model_input: ModelInput) -> None:
    data = encode_json({"input": model_input.document()})
    assert parse_input(parse_document(data, where="bundle.json", max_bytes=1000)) == model_input


HOSTILE: list[tuple[object, type[ContractError], str]] = [
    (None, Malformed, r"bundle\.json\.input: expected an object"),
    ("photo", Malformed, r"bundle\.json\.input: expected an object"),
    ({}, Malformed, r"bundle\.json\.input\.kind: expected a string, got nothing"),
    (PHOTO | {"kind": "video"}, Malformed, r"bundle\.json\.input\.kind: expected photo or tensor"),
    (PHOTO | {"fit": "cover"}, Malformed, r"input\.fit: expected one of crop, letterbox, stretch"),
    (PHOTO | {"fit": "faces"}, Malformed, r"input\.faces: expected an object, got nothing"),
    (FACES | {"faces": []}, Malformed, r"input\.faces: expected an object"),
    (FACES | {"faces": FACES["faces"] | {"score": 0}}, Impossible, r"input\.faces\.score"),  # type: ignore[operator]
    (
        FACES | {"width": 161},
        Impossible,
        "a height that is the width, as faces are cut out as squares, got 160 x 161",
    ),
    (PHOTO | {"height": None}, Malformed, r"input\.height"),
    (PHOTO | {"width": 96.0}, Malformed, r"input\.width"),
    (PHOTO | {"height": 0}, Impossible, r"sizes of at least 1, got \[0, 96, 1\]"),
    (PHOTO | {"height": -1}, Impossible, r"input\.height"),
    (PHOTO | {"channels": 4}, Impossible, "expected 1 or 3 channels, got 4"),
    (PHOTO | {"channels": True}, Malformed, r"input\.channels"),
    (PHOTO | {"width": 1 << 24}, TooLarge, "at most 16777216 elements"),
    (TENSOR | {"dtype": "float16"}, Malformed, r"input\.dtype: expected one of float32, uint8"),
    (TENSOR | {"dtype": "<f4"}, Malformed, r"input\.dtype"),
    (TENSOR | {"shape": []}, Impossible, "1 to 6 sizes"),
    (TENSOR | {"shape": [128, 0]}, Impossible, "sizes of at least 1"),
    (TENSOR | {"shape": [None, 3]}, Malformed, r"input\.shape"),
    (TENSOR | {"shape": [1] * 7}, TooLarge, r"input\.shape: expected at most 6"),
    (TENSOR | {"shape": [4097, 4096]}, TooLarge, "at most 16777216 elements"),
    (TENSOR | {"shape": [2**53 - 1] * 6}, TooLarge, "at most 16777216 elements"),
    (TENSOR | {"shape": "128"}, Malformed, r"input\.shape"),
]


@pytest.mark.parametrize(("document", "error", "complaint"), HOSTILE)
def test_an_input_that_this_version_does_not_know_is_refused(
    document: object, error: type[ContractError], complaint: str
) -> None:
    with pytest.raises(error, match=complaint):
        read(document)


def test_a_bundle_that_does_not_say_its_input_is_refused() -> None:
    with pytest.raises(Malformed, match=r"bundle\.json\.input: expected an object, got nothing"):
        parse_input(Fields({}, where="bundle.json"))


@pytest.mark.parametrize(
    ("fit", "part", "place"),
    [
        (Fit.CROP, Rectangle(100, 0, 200, 100), Rectangle(0, 0, 60, 30)),
        (Fit.LETTERBOX, Rectangle(0, 0, 400, 100), Rectangle(0, 7, 60, 15)),
        (Fit.STRETCH, Rectangle(0, 0, 400, 100), Rectangle(0, 0, 60, 30)),
    ],
)
def test_a_wide_photo_loses_its_sides_or_gets_bars_or_is_squeezed(fit: Fit, part: Rectangle, place: Rectangle) -> None:
    assert fit_photo(400, 100, photo_input=PhotoInput(30, 60, fit=fit)) == Placement(part, place)


@given(SIDES, SIDES, SIDES, SIDES, st.sampled_from(WHOLE))
def test_part_and_place_are_never_empty_and_stay_within(
    width: int, height: int, wide: int, high: int, fit: Fit
) -> None:
    placement = fit_photo(width, height, photo_input=PhotoInput(high, wide, fit=fit))
    for inner, outer in ((placement.part, (width, height)), (placement.place, (wide, high))):
        assert inner.left >= 0
        assert inner.top >= 0
        assert 1 <= inner.width <= outer[0] - inner.left
        assert 1 <= inner.height <= outer[1] - inner.top


@given(SIDES, SIDES, SIDES, SIDES)
def test_crop_and_letterbox_touch_two_opposite_edges_at_least(width: int, height: int, wide: int, high: int) -> None:
    crop = fit_photo(width, height, photo_input=PhotoInput(high, wide, fit=Fit.CROP))
    bars = fit_photo(width, height, photo_input=PhotoInput(high, wide, fit=Fit.LETTERBOX))
    assert crop.part.width == width or crop.part.height == height
    assert bars.place.width == wide or bars.place.height == high
    assert crop.place == Rectangle(0, 0, wide, high)
    assert bars.part == Rectangle(0, 0, width, height)


@given(SIDES, SIDES, st.sampled_from(WHOLE))
def test_a_photo_of_the_inputs_size_stays_where_it_is(width: int, height: int, fit: Fit) -> None:
    whole = Rectangle(0, 0, width, height)
    assert fit_photo(width, height, photo_input=PhotoInput(height, width, fit=fit)) == Placement(whole, whole)


def test_a_tensors_id_is_the_hmac_of_dtype_shape_and_values() -> None:
    message = b"fedex-tensor-1" + b"int16\0\0\0" + struct.pack("<III", 2, 3, 1) + struct.pack("<hhh", 1, -2, 300)
    expected = hmac.new(SECRET, message, hashlib.sha256).digest()[:16]
    assert tensor_sample_id(SECRET, np.array([[1], [-2], [300]], np.int16)) == expected


def test_byte_order_and_axis_order_do_not_tell_two_tensors_apart() -> None:
    tensor = np.arange(12, dtype=np.float32).reshape(3, 4)
    name = tensor_sample_id(SECRET, tensor)
    assert tensor_sample_id(SECRET, np.asfortranarray(tensor)) == name
    assert tensor_sample_id(SECRET, tensor.astype(">f4")) == name
    assert tensor_sample_id(SECRET, np.repeat(tensor, 2, axis=1)[:, ::2]) == name


def test_dtype_shape_and_the_sign_of_zero_tell_two_tensors_apart() -> None:
    zeros = np.zeros((2, 2), np.int8)
    ids = {
        tensor_sample_id(SECRET, zeros),
        tensor_sample_id(SECRET, zeros.astype(np.uint8)),
        tensor_sample_id(SECRET, zeros.reshape(4)),
        tensor_sample_id(SECRET, zeros.reshape(1, 2, 2)),
        tensor_sample_id(SECRET, zeros.astype(np.float32)),
        tensor_sample_id(SECRET, -zeros.astype(np.float32)),
        frame_sample_id(SECRET, np.zeros((2, 2, 3), np.uint8)),
        tensor_sample_id(SECRET, np.zeros((2, 2, 3), np.uint8)),
    }
    assert len(ids) == 8


@pytest.mark.parametrize(
    "tensor",
    [
        np.zeros((2, 2), np.float64),
        np.zeros((2, 2), np.bool_),
        np.zeros((), np.float32),
        np.zeros((0, 2), np.float32),
        np.zeros([1] * 7, np.float32),
    ],
    ids=lambda tensor: f"{tensor.dtype} {tensor.ndim}",
)
def test_what_no_bundle_takes_has_no_id(tensor: np.ndarray) -> None:  # type: ignore[type-arg]  # of several dtypes
    with pytest.raises(Impossible, match=r"^tensor: expected float32"):
        tensor_sample_id(SECRET, tensor)


def test_a_short_secret_names_no_tensor() -> None:
    with pytest.raises(Impossible, match="at least 16 bytes, got 15 bytes"):
        tensor_sample_id(SECRET[:15], np.zeros(2, np.float32))


@pytest.mark.parametrize("photo_input", [PhotoInput(9, 9, fit=Fit.FACES), PhotoInput(9, 9, faces=BACK)])
def test_an_input_that_finds_faces_without_saying_how_or_says_it_for_nothing_is_refused(
    photo_input: PhotoInput,
) -> None:
    with pytest.raises(
        Impossible, match=r"bundle\.json\.input\.faces: expected an object if, and only if, fit is faces"
    ):
        check_input(photo_input, where="bundle.json.input")


def test_no_whole_photo_goes_in_an_input_of_faces() -> None:
    with pytest.raises(Impossible, match="fit: expected crop, letterbox or stretch, got faces"):
        fit_photo(10, 10, photo_input=PhotoInput(9, 9, fit=Fit.FACES, faces=BACK))


def test_keys_of_another_fit_are_passed_over() -> None:
    assert read(PHOTO | {"faces": FACES["faces"]}) == read(PHOTO)
