"""The cuts of the paper's Table 1, the ids of samples, and which of them judge."""

import hashlib
import hmac

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.cuts import CUTS, check_feature_shape, parse_feature_shape
from contract.documents import Fields
from contract.errors import ContractError, Impossible, Malformed, TooLarge
from contract.holdout import SPLITS, Split, assign_split
from contract.samples import face_sample_id, frame_sample_id, photo_sample_id

SECRET = bytes(range(32))


def test_the_cuts_are_those_of_table_1() -> None:
    assert list(CUTS) == ["full", "freeze1", "freeze2", "freeze3", "freeze4", "freeze5", "freeze6"]
    assert [cut.feature_shape for cut in CUTS.values()] == [
        (160, 160, 3),
        (38, 38, 64),
        (17, 17, 256),
        (17, 17, 256),
        (8, 8, 896),
        (1792,),
        (512,),
    ]
    for cut in CUTS.values():
        check_feature_shape(cut.feature_shape, where="cut")


@pytest.mark.parametrize(
    ("shape", "error"),
    [
        (None, Malformed),
        ("512", Malformed),
        ({"0": 512}, Malformed),
        (["512"], Malformed),
        ([512.0], Malformed),
        ([True], Malformed),
        ([None], Malformed),
        ([[512]], Malformed),
        ([], Impossible),
        ([0], Impossible),
        ([8, -1], Impossible),
        ([1, 1, 1, 1, 1], TooLarge),
        ([2048, 2049], TooLarge),
        ([2**53 - 1] * 4, TooLarge),
    ],
)
def test_a_hostile_shape_is_refused(shape: object, error: type[ContractError]) -> None:
    with pytest.raises(error):
        parse_feature_shape(Fields({"shape": shape}, where="door"))  # type: ignore[dict-item]  # hostile on purpose


def named(message: bytes) -> bytes:
    return hmac.new(SECRET, message, hashlib.sha256).digest()[:16]


def test_a_photos_id_is_the_hmac_of_its_files_sha256() -> None:
    digest = hashlib.sha256(b"a file").digest()
    assert photo_sample_id(SECRET, digest) == named(b"fedex-file-1" + digest)


def test_a_faces_id_is_the_hmac_of_its_photos_and_of_its_box() -> None:
    photo, box = bytes(range(16)), (-3, 0, 256, 2**31 - 1)
    place = bytes.fromhex("fdffffff 00000000 00010000 ffffff7f")
    assert face_sample_id(SECRET, photo, box) == named(b"fedex-face-1" + photo + place)


@pytest.mark.parametrize("box", [(0, 0, 1), (0, 0, 1, 2**31), (-(2**31) - 1, 0, 1, 1), (0.5, 0, 1, 1), (0, 0, 1, 1, 1)])
def test_a_box_that_is_none_has_no_id(box: tuple[int, int, int, int]) -> None:
    with pytest.raises(Impossible, match="box: expected four integers of 32 bits"):
        face_sample_id(SECRET, bytes(16), box)


def test_a_photo_of_no_id_and_a_file_of_no_sha256_have_none() -> None:
    with pytest.raises(Impossible, match="photo: expected 16 bytes, got 15 bytes"):
        face_sample_id(SECRET, bytes(15), (0, 0, 1, 1))
    with pytest.raises(Impossible, match="sha256: expected 32 bytes, got 16 bytes"):
        photo_sample_id(SECRET, bytes(16))


def test_a_frames_id_is_the_hmac_of_size_and_pixels() -> None:
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    message = b"fedex-frame-1" + bytes([3, 0, 0, 0, 2, 0, 0, 0]) + bytes(range(18))
    assert frame_sample_id(SECRET, pixels) == named(message)


def test_the_same_pixels_of_another_size_are_another_sample() -> None:
    pixels = np.zeros((2, 6, 3), np.uint8)
    assert frame_sample_id(SECRET, pixels) != frame_sample_id(SECRET, pixels.reshape(3, 4, 3))
    assert frame_sample_id(SECRET, pixels) != frame_sample_id(SECRET[::-1], pixels)


def test_a_view_of_pixels_has_the_id_of_its_copy() -> None:
    pixels = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)[::2, ::-1]
    assert frame_sample_id(SECRET, pixels) == frame_sample_id(SECRET, pixels.copy())


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((2, 2), np.uint8),
        np.zeros((2, 2, 4), np.uint8),
        np.zeros((0, 2, 3), np.uint8),
        np.zeros((2, 2, 3), np.float32),
    ],
)
def test_what_is_no_photo_has_no_id(pixels: np.ndarray) -> None:  # type: ignore[type-arg]  # of several dtypes
    with pytest.raises(Impossible, match=r"uint8 \[height, width, 3\]"):
        frame_sample_id(SECRET, pixels)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(Impossible, match="at least 16 bytes, got 15 bytes"):
        frame_sample_id(SECRET[:15], np.zeros((2, 2, 3), np.uint8))
    with pytest.raises(Impossible, match="at least 16 bytes, got 15 bytes"):
        photo_sample_id(SECRET[:15], bytes(32))
    with pytest.raises(Impossible, match="at least 16 bytes, got 15 bytes"):
        face_sample_id(SECRET[:15], bytes(16), (0, 0, 1, 1))


@given(st.binary(min_size=16, max_size=16), st.integers(0, 2))
def test_the_first_three_photos_of_a_label_train(name: bytes, photos_before: int) -> None:
    assert assign_split(name, photos_before) is Split.TRAIN


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("00" * 16, Split.HELD_OUT),
        ("33" * 16, Split.HELD_OUT),
        ("33" * 15 + "34", Split.TRAIN),
        ("ff" * 16, Split.TRAIN),
    ],
)
def test_a_later_photo_is_held_out_below_a_fifth(name: str, split: Split) -> None:
    assert assign_split(bytes.fromhex(name), 3) is split
    assert assign_split(bytes.fromhex(name), 3_000) is split


def test_files_keep_a_split_as_the_specification_says() -> None:
    assert {split: split.code for split in Split} == {Split.TRAIN: 0, Split.HELD_OUT: 1}
    assert [SPLITS[split.code] for split in Split] == list(Split)
