"""The check at the door accepts an upload if opening it does, and refuses it in the same words."""

import tracemalloc
import zlib
from collections.abc import Callable
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract import upload_check
from contract.codecs import Codec
from contract.errors import ContractError, SelfTestFailed, WrongSpace
from contract.upload import MAX_MAGNITUDE, Upload, encode_upload, open_upload, peek_upload_header
from contract.upload_check import check_sealed_upload, inflate_exactly
from tests.contract.conftest import SELF_TEST

MakeUpload = Callable[..., Upload]
SPACE = "5b" * 32
SHAPES = [(1,), (3,), (8,), (2, 2, 3), (1, 3, 1)]
EDGES = [
    np.nan,
    np.inf,
    -np.inf,
    0.0,
    -0.0,
    1e-45,
    65_504.0,
    65_505.0,
    -65_504.0,
    -65_519.0,
    3.4e38,
    2.0**119,
    2.0**-126,
]


def outcome(call: Callable[..., object], data: bytes, shape: tuple[int, ...]) -> str:
    """What came of it: nothing, or an error and its words."""
    try:
        call(data, space=SPACE, feature_shape=shape)
    except ContractError as error:
        return f"{type(error).__name__}: {error}"
    return "accepted"


def without_deflation(data: bytes) -> bytearray:
    """The same upload with its data section as it is, so that each byte of it can be changed alone."""
    header = peek_upload_header(data)
    start = header.layout.data_start
    if header.stored == header.size:
        return bytearray(data)
    plain, deflated = (b'"stored":%d' % size for size in (header.size, header.stored))
    head = data[:start].replace(deflated, plain).rstrip()[8:]
    head += b" " * (-len(head) % 8)
    return bytearray(len(head).to_bytes(8, "little") + head + zlib.decompress(data[start:]))


def deflated_again(data: bytes) -> bytes:
    """The same upload with its data section deflated, whether or not that is shorter; `stored` must be."""
    header = peek_upload_header(data)
    start = header.layout.data_start
    section = zlib.compress(data[start:], 9)
    head = data[8:start].replace(b'"stored":%d' % header.size, b'"stored":%d' % len(section)).rstrip()
    head += b" " * (-len(head) % 8)
    return len(head).to_bytes(8, "little") + head + section


@st.composite
def changed_uploads(draw: st.DrawFn, make_upload: MakeUpload) -> tuple[bytes, tuple[int, ...]]:
    """Sealed uploads with some bytes of the data section replaced by others, or by floats that lie on an edge."""
    shape, codec = draw(st.sampled_from(SHAPES)), draw(st.sampled_from(list(Codec)))
    scale = draw(st.sampled_from([1.0, 0.0, 1e-30, 200.0]))
    upload = make_upload(draw(st.integers(1, 5)), shape=shape)
    features = (upload.features * np.float32(scale)).astype(np.float32)
    data = without_deflation(encode_upload(make_upload(upload.count, features=features), codec=codec))
    start = peek_upload_header(bytes(data)).layout.data_start
    for _ in range(draw(st.integers(0, 3))):
        raw = draw(
            st.binary(min_size=1, max_size=1)
            | st.sampled_from(EDGES).map(lambda value: np.float32(value).tobytes())
            | st.sampled_from(EDGES).map(_float16)
        )
        place = draw(st.integers(start, len(data) - len(raw)))
        place -= (place - start) % len(raw)
        data[place : place + len(raw)] = raw
    return bytes(data), shape


def _float16(value: float) -> bytes:
    with np.errstate(over="ignore"):
        return np.float16(value).tobytes()


@given(data=st.data())
@settings(max_examples=600)
def test_what_is_changed_in_an_upload_has_the_outcome_of_opening_it(
    make_upload: MakeUpload, data: st.DataObject
) -> None:
    sealed, shape = data.draw(changed_uploads(make_upload))
    expected = outcome(open_upload, sealed, shape)
    assert outcome(check_sealed_upload, sealed, shape) == expected
    again = deflated_again(sealed)
    assert outcome(check_sealed_upload, again, shape) == outcome(open_upload, again, shape)


@given(data=st.data())
@settings(max_examples=300)
def test_changed_bytes_of_a_deflated_upload_have_the_outcome_of_opening_it(
    make_upload: MakeUpload, data: st.DataObject
) -> None:
    codec = data.draw(st.sampled_from(list(Codec)))
    whole = bytearray(encode_upload(make_upload(4, features=np.ones((4, 99), np.float32)), codec=codec))
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    sealed = bytes(whole)
    assert outcome(check_sealed_upload, sealed, (99,)) == outcome(open_upload, sealed, (99,))


@pytest.mark.parametrize("codec", list(Codec))
@pytest.mark.parametrize("value", [MAX_MAGNITUDE, -MAX_MAGNITUDE, MAX_MAGNITUDE + 16, -MAX_MAGNITUDE - 16])
def test_the_largest_magnitude_is_the_same_for_both(make_upload: MakeUpload, codec: Codec, value: float) -> None:
    features = np.ones((3, 5), np.float32)
    features[1, 2] = value
    if codec is Codec.FLOAT16 and abs(value) >= MAX_MAGNITUDE + 16:
        return  # float16 has no such value
    sealed = encode_upload(make_upload(3, features=features), codec=codec)
    assert outcome(check_sealed_upload, sealed, (5,)) == outcome(open_upload, sealed, (5,))


@pytest.mark.parametrize("codec", list(Codec))
def test_an_upload_like_a_phone_sends_is_not_decoded(make_upload: MakeUpload, codec: Codec) -> None:
    sealed = encode_upload(make_upload(20, shape=(8, 8, 16)), codec=codec)
    with mock.patch.object(upload_check, "open_upload", side_effect=AssertionError("decoded")):
        check_sealed_upload(sealed, space=SPACE, feature_shape=(8, 8, 16))


def test_an_upload_of_a_device_that_fails_its_self_test_is_refused_and_no_sample_is_blamed(
    make_upload: MakeUpload,
) -> None:
    sealed = encode_upload(make_upload())
    check_sealed_upload(sealed, space=SPACE, feature_shape=(2, 2, 3), least_cosine_ppm=SELF_TEST.cosine_ppm)
    with pytest.raises(
        SelfTestFailed, match=r"upload\.self_test: expected .* 0\.999988 at least, got 0\.999987"
    ) as refused:
        check_sealed_upload(sealed, space=SPACE, feature_shape=(2, 2, 3), least_cosine_ppm=SELF_TEST.cosine_ppm + 1)
    assert refused.value.samples == ()


def test_codes_that_reach_too_far_by_their_parameters_alone_are_looked_at(make_upload: MakeUpload) -> None:
    """A scale and a zero allow 2 * 40,000; what is there is 40,000 and less, and right."""
    features = np.array([[-40_000.0, 0.0, 40_000.0]], np.float32)
    sealed = encode_upload(make_upload(1, features=features), codec=Codec.INT8)
    check_sealed_upload(sealed, space=SPACE, feature_shape=(3,))


def test_an_upload_of_another_shape_is_refused_before_it_is_inflated(make_upload: MakeUpload) -> None:
    sealed = encode_upload(make_upload(1, features=np.ones((1, 1 << 22), np.float32)), codec=Codec.INT4)
    tracemalloc.start()
    with pytest.raises(WrongSpace, match=r"upload.shape"):
        check_sealed_upload(sealed, space=SPACE, feature_shape=(512,))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


@pytest.mark.parametrize("codec", list(Codec))
def test_checking_takes_the_memory_of_the_inflated_section_and_no_more(make_upload: MakeUpload, codec: Codec) -> None:
    sealed = encode_upload(make_upload(16, features=np.ones((16, 1 << 16), np.float32)), codec=codec)
    size = peek_upload_header(sealed).size
    tracemalloc.start()
    check_sealed_upload(sealed, space=SPACE, feature_shape=(1 << 16,))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * size + (256 << 10)


@pytest.mark.parametrize(
    "stored", [b"", b"x", zlib.compress(bytes(9)), zlib.compress(bytes(11)), zlib.compress(bytes(10)) + b"x"]
)
def test_nothing_but_one_stream_of_the_size_is_inflated(stored: bytes) -> None:
    assert inflate_exactly(memoryview(stored), 10) is None
    assert inflate_exactly(memoryview(zlib.compress(bytes(10))), 10) == bytes(10)
