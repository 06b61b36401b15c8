"""Hostile uploads: each is refused with an error that names what was expected and what came, in bounded memory."""

import re
import struct
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract.codecs import Codec
from contract.errors import ContractError, Impossible, Malformed, TooLarge, UnsupportedVersion, WrongSpace
from contract.tensors import DTYPES
from contract.upload import (
    LIMITS,
    Upload,
    UploadLimits,
    decode_upload,
    encode_upload,
    open_upload,
    peek_upload_header,
)
from contract.upload_check import check_sealed_upload
from tests.contract.forgery import (
    Change,
    Forgery,
    deflated,
    entry,
    extra,
    metadata,
    patched,
    self_test,
    stored_as,
    without,
)

MakeUpload = Callable[..., Upload]
SPACE = "5b" * 32


# Of make_upload(10, (16, )), int4: features 10 x 8, scales 10 x 4, zeros 10 x 1, samples 10 x 22.
SCALES, ZEROS, SAMPLES, SIZE = 80, 120, 130, 350
ROW = 22

HOSTILE_METADATA: list[tuple[str, Change, type[ContractError], str]] = [
    ("no format", without("format"), Malformed, "upload.format: expected an integer, got nothing"),
    ("format 2", metadata(format=2), UnsupportedVersion, "upload.format: expected 1, got 2"),
    ("format 1.0", metadata(format=1.0), Malformed, "upload.format: expected an integer, got 1.0"),
    ("format true", metadata(format=True), Malformed, "upload.format: expected an integer, got True"),
    ("no space", without("space"), Malformed, "upload.space: expected a string, got nothing"),
    ("space with a path", metadata(space="../" + "5b" * 30), Malformed, "upload.space: expected text like"),
    ("space in capitals", metadata(space="5B" * 32), Malformed, "upload.space: expected text like"),
    ("space and a line end", metadata(space="5b" * 32 + "\n"), Malformed, "upload.space: expected text like"),
    ("unknown codec", metadata(codec="int2"), Malformed, "one of float32, float16, int8, int4, got 'int2'"),
    ("other codec", metadata(codec="int8"), Impossible, "header.features: expected U8 [10, 16], got U8 [10, 8]"),
    ("codec of other tensors", metadata(codec="float32"), Impossible, "header.features: expected F32 [10, 16]"),
    ("no self-test", without("self_test"), Malformed, "upload.self_test: expected an object, got nothing"),
    ("self-test that is a number", metadata(self_test=1), Malformed, "upload.self_test: expected an object, got 1"),
    ("no app", self_test(app=None), Malformed, "upload.self_test.app: expected a string, got None"),
    ("empty app", self_test(app=""), Malformed, "upload.self_test.app: expected text like"),
    ("long runtime", self_test(runtime="x" * 129), Malformed, "upload.self_test.runtime: expected text like"),
    ("huge runtime", self_test(runtime="x" * 9_999), TooLarge, "upload.self_test.runtime: expected at most 1024"),
    (
        "delegate with escapes",
        self_test(delegate="\x1b[2J"),
        Malformed,
        "upload.self_test.delegate: expected text like",
    ),
    ("system in Greek", self_test(system="Λ"), Malformed, "upload.self_test.system: expected text like"),
    (
        "cosine with a point",
        self_test(cosine_ppm=0.99),
        Malformed,
        "self_test.cosine_ppm: expected an integer, got 0.99",
    ),
    (
        "cosine above 1",
        self_test(cosine_ppm=1_000_001),
        Impossible,
        "self_test.cosine_ppm: expected an integer from -1000000",
    ),
    ("cosine below -1", self_test(cosine_ppm=-1_000_001), Impossible, "self_test.cosine_ppm: expected an integer from"),
    ("zero samples", metadata(count=0), Impossible, "upload.count: expected an integer from 1"),
    ("negative count", metadata(count=-1), Impossible, "upload.count: expected an integer from 1"),
    ("count over the bound", metadata(count=257), TooLarge, "upload.count: expected at most 256, got 257"),
    ("count not of the tensors", metadata(count=9), Impossible, "header.features: expected U8 [9, 8], got U8 [10, 8]"),
    ("empty shape", metadata(shape=[]), Impossible, "upload.shape: expected 1 to 4 sizes of at least 1, got []"),
    ("shape with zero", metadata(shape=[16, 0]), Impossible, "upload.shape: expected 1 to 4 sizes of at least 1"),
    ("negative shape", metadata(shape=[-4, -4]), Impossible, "upload.shape: expected an integer from 0"),
    ("five dimensions", metadata(shape=[1, 1, 1, 1, 16]), TooLarge, "upload.shape: expected at most 4 items, got 5"),
    ("shape overflow", metadata(shape=[2**32, 2**32]), TooLarge, "upload.shape: expected at most 4194304 elements"),
    ("features bomb", metadata(shape=[2**21]), TooLarge, "upload features: expected at most 67108864 bytes"),
    ("other shape", metadata(shape=[18]), Impossible, "header.features: expected U8 [10, 9], got U8 [10, 8]"),
    ("labels no list", metadata(labels="Ada"), Malformed, "upload.labels: expected a list, got 'Ada'"),
    ("no labels", metadata(labels=[]), Impossible, "upload.labels: expected at least one label, got none"),
    ("257 labels", metadata(labels=[str(n) for n in range(257)]), TooLarge, "at most 256 items, got 257"),
    ("a label twice", metadata(labels=["a", "b", "a"]), Impossible, "each label once, got 'a' twice"),
    ("a number as label", metadata(labels=["a", "b", 3]), Malformed, "upload.labels[2]: expected a string, got 3"),
    ("an empty label", metadata(labels=["a", "b", ""]), Impossible, "upload.labels[2]: expected a label: at least"),
    ("a label of 10 kB", metadata(labels=["a", "b", "c" * 10_240]), TooLarge, "at most 64 code points, got 10240"),
    (
        "a label with a control",
        metadata(labels=["a", "b", "c\0"]),
        Impossible,
        "no control, format or unassigned characters, got '\\x00'",
    ),
    ("a label with a mark", metadata(labels=["a", "b", "a\u200b"]), Impossible, "normalised and trimmed, 'a', got"),
    ("a label with two spaces", metadata(labels=["a", "b", "a  b"]), Impossible, "normalised and trimmed, 'a b', got"),
    ("a label of Unicode 15", metadata(labels=["a", "b", "\U0001343c"]), Impossible, "got '\\U0001343c'"),
    ("an unassigned label", metadata(labels=["a", "b", "\u0378"]), Impossible, "characters, got '\\u0378'"),
    ("tags without a flag", metadata(labels=["a", "b", "a\U000e0041"]), Impossible, "got '\\U000e0041'"),
    ("the answer's word for nobody", metadata(labels=["a", "b", "UNKNOWN"]), Impossible, "another name than unknown"),
    ("a label not trimmed", metadata(labels=["a", "b", " c"]), Impossible, "normalised and trimmed, 'c', got ' c'"),
    ("a label not normalised", metadata(labels=["a", "b", "e\u0301"]), Impossible, "normalised and trimmed"),
    ("a surrogate as label", metadata(labels=["a", "b", "\ud800"]), Malformed, "JSON in UTF-8"),
    ("fewer labels than indexes", metadata(labels=["a", "b"]), Impossible, "samples.label: expected integers below 2"),
    (
        "a size that lies",
        metadata(size=SIZE + 1),
        Impossible,
        "upload.size: expected 350, as the tensors take, got 351",
    ),
    ("a huge size", metadata(size=2**40), TooLarge, "upload.size: expected at most 67108864"),
    ("more stored than size", metadata(stored=SIZE + 1), Impossible, "upload.stored: expected at most size, 350"),
    ("less stored than there", metadata(stored=SIZE - 1), Malformed, "expected 349 bytes, as stored says, got 350"),
    ("nothing stored", metadata(stored=0), Impossible, "upload.stored: expected an integer from 1"),
]

HOSTILE_TABLES: list[tuple[str, Change, type[ContractError], str]] = [
    ("no metadata", lambda forgery: forgery.document.pop("__metadata__"), Malformed, "upload.format"),
    ("no samples", lambda forgery: forgery.document.pop("samples"), Impossible, "upload.size: expected 130"),
    (
        "samples by another name",
        lambda forgery: forgery.document.update(sample=forgery.document.pop("samples")),
        Impossible,
        "header.samples: expected U8 [10, 22], got nothing",
    ),
    ("another dtype", entry("zeros", dtype="I8"), Impossible, "header.zeros: expected U8 [10], got I8 [10]"),
    (
        "transposed",
        entry("features", shape=[8, 10]),
        Impossible,
        "header.features: expected U8 [10, 8], got U8 [8, 10]",
    ),
    ("a negative size", entry("zeros", shape=[-10]), Impossible, "header.'zeros'.shape: expected an integer from 0"),
    ("a product overflow", entry("zeros", shape=[2**33, 2**33]), Impossible, "bytes for U8"),
    ("overlapping", entry("zeros", data_offsets=[SCALES, SCALES + 10]), Impossible, "expected begin 120, got 80"),
    ("out of range", entry("zeros", data_offsets=[2**40, 2**40 + 10]), Impossible, "expected begin 120, got 1099"),
    (
        "an extra tensor, empty and far over",
        extra(dtype="U8", shape=[0, 2**53 - 1, 2**53 - 1], data_offsets=[SIZE, SIZE]),
        TooLarge,
        "header.'extra'.shape: expected at most 9007199254740991 bytes",
    ),
    (
        "an extra tensor of nine dimensions",
        extra(dtype="U8", shape=[0] * 9, data_offsets=[SIZE, SIZE]),
        TooLarge,
        "header.'extra'.shape: expected at most 8 items, got 9",
    ),
    ("a gap", entry("zeros", data_offsets=[ZEROS + 1, ZEROS + 11]), Impossible, "expected begin 120, got 121"),
]

HOSTILE_SECTIONS: list[tuple[str, Change, type[ContractError], str]] = [
    ("trailing bytes", lambda f: setattr(f, "section", f.section + b"x"), Malformed, "as stored says, got 351 bytes"),
    ("missing bytes", lambda f: setattr(f, "section", f.section[:-1]), Malformed, "as stored says, got 349 bytes"),
    ("nan scale", patched(SCALES, struct.pack("<f", np.nan)), Impossible, "scales[0]: expected a scale from 2**-126"),
    ("infinite scale", patched(SCALES + 8, struct.pack("<f", np.inf)), Impossible, "scales[2]: expected a scale"),
    (
        "zero scale",
        patched(SCALES, bytes(4)),
        Impossible,
        "scales[0]: expected a scale from 2**-126 to 2**119, got 0.0",
    ),
    ("zero of 16", patched(ZEROS, b"\x10"), Impossible, "zeros: expected integers below 16, got 16"),
    ("label index over", patched(-2, b"\x03\x00"), Impossible, "samples.label: expected integers below 3, got 3"),
    (
        "label index far over",
        patched(-2, b"\xff\xff"),
        Impossible,
        "samples.label: expected integers below 3, got 65535",
    ),
    (
        "a sample twice",
        lambda f: patched(SAMPLES + 9 * ROW, f.section[SAMPLES : SAMPLES + 16])(f),
        Impossible,
        "sample_ids: expected each sample once, got 0 and 9 alike",
    ),
    ("no zlib stream", stored_as(lambda section: section[:-1]), Malformed, "data section: expected a zlib stream"),
    ("a raw deflate stream", stored_as(lambda s: deflated(bytes(s))[2:-4]), Malformed, "expected a zlib stream"),
    (
        "more than size",
        stored_as(lambda s: deflated(bytes(SIZE + 1))),
        Malformed,
        "350 bytes inflated, as size says, got more",
    ),
    ("less than size", stored_as(lambda s: deflated(bytes(SIZE - 1))), Malformed, "as size says, got 349 bytes"),
    ("a bomb", stored_as(lambda s: deflated(bytes(200_000))), Malformed, "350 bytes inflated, as size says, got more"),
    ("a stream cut off", stored_as(lambda s: deflated(bytes(SIZE))[:-1]), Malformed, "expected a whole zlib stream"),
    ("a wrong checksum", stored_as(lambda s: deflated(bytes(SIZE))[:-1] + b"x"), Malformed, "incorrect data check"),
    (
        "bytes after the stream",
        stored_as(lambda s: deflated(bytes(SIZE)) + b"xy"),
        Malformed,
        "nothing after the zlib stream, got 2 bytes",
    ),
    (
        "two streams",
        stored_as(lambda s: deflated(bytes(SIZE - 10)) + deflated(bytes(10))),
        Malformed,
        "nothing after the zlib stream",
    ),
]

HOSTILE = HOSTILE_METADATA + HOSTILE_TABLES + HOSTILE_SECTIONS


@pytest.fixture(scope="module")
def sealed(make_upload: MakeUpload) -> bytes:
    return encode_upload(make_upload(10, shape=(16,)), codec=Codec.INT4)


def test_what_is_taken_apart_and_not_changed_still_opens(sealed: bytes) -> None:
    forgery = Forgery(sealed)
    assert len(forgery.section) == SIZE
    assert decode_upload(forgery.seal()).count == 10


@pytest.mark.parametrize(("change", "error", "message"), [pytest.param(*case[1:], id=case[0]) for case in HOSTILE])
def test_a_hostile_upload_is_refused_by_name(
    sealed: bytes, change: Change, error: type[ContractError], message: str
) -> None:
    forgery = Forgery(sealed)
    change(forgery)
    data = forgery.seal()
    tracemalloc.start()
    with pytest.raises(error, match=re.escape(message)):
        decode_upload(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 << 20


@pytest.mark.parametrize("change", [pytest.param(case[1], id=case[0]) for case in HOSTILE])
def test_the_door_refuses_a_hostile_upload_as_opening_it_does(sealed: bytes, change: Change) -> None:
    forgery = Forgery(sealed)
    change(forgery)
    data = forgery.seal()
    with pytest.raises(ContractError) as opened:
        open_upload(data, space=SPACE, feature_shape=(16,))
    with pytest.raises(type(opened.value), match=f"^{re.escape(str(opened.value))}$"):
        check_sealed_upload(data, space=SPACE, feature_shape=(16,))


@pytest.mark.parametrize("codec", [Codec.FLOAT32, Codec.FLOAT16])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_feature_that_is_not_finite_is_refused(make_upload: MakeUpload, codec: Codec, value: float) -> None:
    forgery = Forgery(encode_upload(make_upload(), codec=codec))
    dtype = np.float32 if codec is Codec.FLOAT32 else np.float16
    patched(0, dtype(value).tobytes())(forgery)
    with pytest.raises(Impossible, match=rf"expected a finite number, got {value}"):
        decode_upload(forgery.seal())


def test_unknown_keys_and_tensors_are_ignored(sealed: bytes) -> None:
    forgery = Forgery(sealed)
    forgery.metadata.update(colour="blue", size=SIZE + 4, stored=SIZE + 4)
    forgery.document["extra"] = {"dtype": "F32", "shape": [], "data_offsets": [SIZE, SIZE + 4], "note": "new"}
    forgery.section += bytes(4)
    assert decode_upload(forgery.seal()).count == 10


def test_a_bomb_is_stopped_at_the_size_that_the_header_says(make_upload: MakeUpload) -> None:
    forgery = Forgery(encode_upload(make_upload(2, shape=(1 << 16,)), codec=Codec.INT8))
    stored_as(lambda section: deflated(bytes(100 << 20)))(forgery)
    data = forgery.seal()
    tracemalloc.start()
    with pytest.raises(Malformed, match="131126 bytes inflated, as size says, got more"):
        decode_upload(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


def test_an_upload_of_another_shape_is_refused_before_it_is_unpacked(make_upload: MakeUpload) -> None:
    """9 kB that inflate to features of 16 MB each once did so before anybody looked at the shape."""
    data = encode_upload(make_upload(1, features=np.ones((1, 1 << 22), np.float32)), codec=Codec.INT4)
    tracemalloc.start()
    with pytest.raises(WrongSpace, match=r"upload.shape: expected \(512,\), got \(4194304,\)"):
        open_upload(data, space=peek_upload_header(data).space, feature_shape=(512,))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


def test_a_truncation_at_every_byte_is_refused(sealed: bytes) -> None:
    for length in range(len(sealed)):
        with pytest.raises(Malformed):
            decode_upload(sealed[:length])


HOSTILE_LENGTHS = (0, 1, 2**17 + 1, 2**31, 2**32, 2**63, 2**64 - 1)


@pytest.mark.parametrize("length", HOSTILE_LENGTHS)
def test_a_header_length_that_lies_is_refused(sealed: bytes, length: int) -> None:
    with pytest.raises((Malformed, TooLarge), match="header"):
        decode_upload(struct.pack("<Q", length) + sealed[8:])


HOSTILE_HEADERS = [
    b'{"__metadata__":{"format":1,"format":1}}',
    b'{"__metadata__":{"format":1},"__metadata__":{"format":1}}',
    b'{"__metadata__":{"format":1e400}}',
    b'{"__metadata__":{"format":' + b"1" * 100_000 + b"}}",
    b'{"__metadata__":' + b'{"a":' * 20_000,
    b'{"__metadata__":{"format":1,"labels":["\xff"]}}',
    b"\x00" * 100,
]


@pytest.mark.parametrize("header", HOSTILE_HEADERS)
def test_a_header_that_is_no_strict_json_is_refused(header: bytes) -> None:
    with pytest.raises(Malformed, match=r"^header: expected JSON"):
        decode_upload(struct.pack("<Q", len(header)) + header)


def test_bytes_over_the_bound_are_refused_unread() -> None:
    with pytest.raises(TooLarge, match="upload: expected at most 33554432 bytes, got 33554433 bytes"):
        decode_upload(bytes(LIMITS.max_bytes + 1))


def test_a_service_may_set_lower_bounds(sealed: bytes) -> None:
    for limits in (
        UploadLimits(max_bytes=len(sealed) - 1),
        UploadLimits(max_samples=9),
        UploadLimits(max_header_bytes=100),
        UploadLimits(max_inflated_bytes=349),
    ):
        with pytest.raises(TooLarge):
            decode_upload(sealed, limits=limits)


def test_the_greatest_upload_opens_in_a_small_multiple_of_its_bound(make_upload: MakeUpload) -> None:
    limits = UploadLimits(max_inflated_bytes=1 << 20)
    upload = make_upload(256, features=np.ones((256, 1024), np.float32))
    data = encode_upload(upload, codec=Codec.INT4, limits=limits)
    tracemalloc.start()
    decode_upload(data, limits=limits)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * limits.max_inflated_bytes


@given(data=st.data())
def test_changed_bytes_are_decoded_or_a_typed_error(sealed: bytes, data: st.DataObject) -> None:
    whole = bytearray(sealed)
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        decode_upload(bytes(whole))
    except ContractError:
        pass


@given(
    dtype=st.sampled_from([*DTYPES, "F8", 8]),
    shape=st.lists(st.sampled_from([0, 1, 2**31, 2**53 - 1]), max_size=9),
    offsets=st.lists(st.sampled_from([0, SIZE, SIZE + 1, SIZE + 4, 2**53 - 1]), min_size=2, max_size=2),
)
@example(dtype="U8", shape=[0, 2**53 - 1, 2**53 - 1], offsets=[SIZE, SIZE])
def test_an_extra_tensor_is_ignored_or_a_typed_error(
    sealed: bytes, dtype: object, shape: list[int], offsets: list[int]
) -> None:
    forgery = Forgery(sealed)
    extra(dtype=dtype, shape=shape, data_offsets=offsets)(forgery)
    taken = min(max(offsets[1] - SIZE, 0), 8)
    forgery.section += bytes(taken)
    forgery.metadata.update(size=SIZE + taken, stored=SIZE + taken)
    try:
        assert decode_upload(forgery.seal()).count == 10
    except ContractError:
        pass
