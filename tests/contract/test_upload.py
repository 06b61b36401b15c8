"""An upload is sealed once, the same way each time, and opens to what was sealed."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from contract.codecs import DEFAULT_CODEC, Codec
from contract.errors import ContractError, Impossible, Malformed, TooLarge, WrongSpace
from contract.self_test import PPM, SelfTest, Setup
from contract.upload import (
    LIMITS,
    MAX_MAGNITUDE,
    Upload,
    UploadLimits,
    check_upload,
    decode_upload,
    encode_upload,
    peek_upload_header,
    upload_id,
)

MakeUpload = Callable[..., Upload]
SPACE = "5b" * 32
NAMES = st.text("az 09.-", min_size=1, max_size=128)


def uploads() -> st.SearchStrategy[Upload]:
    return st.tuples(st.integers(1, 5), npst.array_shapes(max_dims=3, max_side=4)).flatmap(_uploads)


def _uploads(size: tuple[int, tuple[int, ...]]) -> st.SearchStrategy[Upload]:
    count, shape = size
    labels = st.text('aé明😀"\\/<>', min_size=1, max_size=64)
    ids = st.lists(st.binary(min_size=16, max_size=16), min_size=count, max_size=count, unique=True)
    return st.builds(
        Upload,
        space=st.just(SPACE),
        self_test=st.builds(SelfTest, st.builds(Setup, *[NAMES] * 4), st.integers(-PPM, PPM)),
        features=npst.arrays(np.float32, (count, *shape), elements=st.floats(-6e4, 6e4, width=32)),
        labels=st.tuples(*[labels] * count),
        sample_ids=ids.map(lambda rows: np.frombuffer(b"".join(rows), np.uint8).reshape(count, 16)),
        revisions=npst.arrays(np.uint32, count),
    )


@pytest.mark.parametrize("codec", Codec)
@given(upload=uploads())
def test_an_upload_opens_to_what_was_sealed(codec: Codec, upload: Upload) -> None:
    opened = decode_upload(encode_upload(upload, codec=codec))
    assert (opened.space, opened.self_test, opened.labels) == (upload.space, upload.self_test, upload.labels)
    assert np.array_equal(opened.sample_ids, upload.sample_ids)
    assert np.array_equal(opened.revisions, upload.revisions)
    assert opened.features.shape == upload.features.shape
    worst = {Codec.FLOAT32: 0.0, Codec.FLOAT16: 16.0, Codec.INT8: 6e4 / 250, Codec.INT4: 6e4 / 14}[codec]
    assert np.abs(opened.features - upload.features).max() <= worst


@pytest.mark.parametrize("codec", Codec)
def test_sealing_twice_gives_the_same_bytes(make_upload: MakeUpload, codec: Codec) -> None:
    assert encode_upload(make_upload(), codec=codec) == encode_upload(make_upload(), codec=codec)


def test_an_upload_is_named_by_its_bytes(make_upload: MakeUpload) -> None:
    data = encode_upload(make_upload())
    assert upload_id(data) == upload_id(memoryview(data))
    assert upload_id(data) != upload_id(data + b"\0")


def test_the_data_section_is_deflated_only_where_that_is_smaller(make_upload: MakeUpload) -> None:
    alike = make_upload(10, features=np.ones((10, 512), np.float32))
    assert (deflated := peek_upload_header(encode_upload(alike))).stored < deflated.size
    unlike = make_upload(1, shape=(3,))
    assert (plain := peek_upload_header(encode_upload(unlike, codec=Codec.FLOAT32))).stored == plain.size


def test_ten_samples_of_512_floats_take_330_bytes_each_at_most(make_upload: MakeUpload) -> None:
    """Normal values deflate to more than a face's do, so real uploads are smaller."""
    assert len(encode_upload(make_upload(10, shape=(512,)))) <= 3_300


def test_the_header_says_what_is_in_it(make_upload: MakeUpload) -> None:
    header = peek_upload_header(encode_upload(make_upload(4)))
    assert (header.format, header.space, header.codec, header.count) == (1, SPACE, DEFAULT_CODEC, 4)
    assert header.feature_shape == (2, 2, 3)
    assert header.labels == ("Ada Lovelace", "Βελισάριος", "明子")


@pytest.mark.parametrize("opened", [True, False])
def test_an_upload_of_another_space_is_refused(make_upload: MakeUpload, opened: bool) -> None:
    upload = make_upload() if opened else peek_upload_header(encode_upload(make_upload()))
    check_upload(upload, space=SPACE, feature_shape=(2, 2, 3))
    with pytest.raises(WrongSpace, match=r"upload\.space: expected 0000"):
        check_upload(upload, space="0" * 64, feature_shape=(2, 2, 3))
    with pytest.raises(WrongSpace, match=r"upload.shape: expected \(512,\), got \(2, 2, 3\)"):
        check_upload(upload, space=SPACE, feature_shape=(512,))


@pytest.mark.parametrize("codec", list(Codec))
@pytest.mark.parametrize("sign", [1, -1])
def test_values_up_to_the_largest_of_float16_are_let_in(make_upload: MakeUpload, codec: Codec, sign: int) -> None:
    features = np.zeros((3, 4), np.float32)
    features[1, 2] = sign * MAX_MAGNITUDE
    upload = decode_upload(encode_upload(make_upload(features=features), codec=codec))
    check_upload(upload, space=SPACE, feature_shape=(4,))


@pytest.mark.parametrize("codec", [Codec.FLOAT32, Codec.INT8, Codec.INT4])
@pytest.mark.parametrize("value", [65_600, -65_600, 1e36, -1e36])
def test_values_that_could_make_training_overflow_are_refused(
    make_upload: MakeUpload, codec: Codec, value: float
) -> None:
    features = np.zeros((3, 4), np.float32)
    features[1, 2] = value
    upload = decode_upload(encode_upload(make_upload(features=features), codec=codec))
    with pytest.raises(Impossible, match=r"features\[1, 2\]: expected a number from -65504 to 65504, got -?[16]"):
        check_upload(upload, space=SPACE, feature_shape=(4,))


IDS = np.arange(48, dtype=np.uint8).reshape(3, 16)


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ({"space": "5B" * 32}, Malformed, "upload.space"),
        ({"features": np.float32(1)}, Impossible, "features: expected at least one sample"),
        ({"features": np.zeros((0, 3), np.float32)}, Impossible, "features: expected at least one sample"),
        ({"features": np.zeros((3, 0), np.float32)}, Impossible, "upload.shape"),
        ({"features": np.zeros((3, 4))}, Impossible, "features: expected float32, got float64"),
        ({"features": np.full((3, 4), np.nan, np.float32)}, Impossible, "expected a finite number, got nan"),
        ({"labels": ("a", "b")}, Impossible, "upload.labels: expected 3 labels, got 2"),
        ({"labels": ("a", "b", " c")}, Impossible, "normalised and trimmed"),
        ({"labels": ("a", "b", "c" * 65)}, TooLarge, "at most 64 code points"),
        ({"sample_ids": IDS[:2]}, Impossible, r"sample_ids: expected uint8 \[3, 16\], got uint8 \[2, 16\]"),
        ({"sample_ids": IDS.astype(np.int16)}, Impossible, r"got int16 \[3, 16\]"),
        ({"sample_ids": IDS[[0, 1, 0]]}, Impossible, "sample_ids: expected each sample once, got 0 and 2 alike"),
        ({"revisions": np.zeros(3, np.int64)}, Impossible, r"revisions: expected uint32 \[3\], got int64"),
    ],
)
def test_an_upload_that_cannot_be_right_is_not_made(
    make_upload: MakeUpload, fields: dict[str, object], error: type[ContractError], message: str
) -> None:
    with pytest.raises(error, match=message):
        make_upload(**fields)


def test_an_upload_over_a_bound_is_not_sealed(make_upload: MakeUpload) -> None:
    with pytest.raises(TooLarge, match="at most 256 samples, got 257"):
        encode_upload(make_upload(257, shape=(1,)))
    with pytest.raises(TooLarge, match="upload: expected at most 400 bytes"):
        encode_upload(make_upload(), limits=UploadLimits(max_bytes=400))


def test_256_of_the_longest_labels_fit_into_the_header(make_upload: MakeUpload) -> None:
    labels = tuple("😀" * 63 + chr(0x20000 + index) for index in range(LIMITS.max_samples))
    upload = make_upload(LIMITS.max_samples, shape=(1,), labels=labels)
    assert decode_upload(encode_upload(upload)).labels == labels
