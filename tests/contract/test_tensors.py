"""The safetensors layout: written one way, read as views, and refused where a table cannot be right."""

import json
import math
import re
import struct
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from contract.errors import ContractError, Impossible, Malformed, TooLarge
from contract.tensors import DTYPES, Field, Tensor, decode_tensors, encode_tensors, parse_header, view_tensor


def columns() -> st.SearchStrategy[dict[str, Tensor]]:
    shapes = npst.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
    tensors = st.sampled_from(list(DTYPES.values())).flatmap(lambda dtype: npst.arrays(dtype, shapes))
    return st.dictionaries(st.text("abc_.", min_size=1), tensors, max_size=5)


@given(columns(), st.dictionaries(st.text("ab"), st.integers(0, 9), max_size=3))
def test_tensors_are_read_back_bit_for_bit(tensors: dict[str, Tensor], metadata: dict[str, int]) -> None:
    file = decode_tensors(encode_tensors(tensors, metadata))
    assert file.metadata == metadata
    assert list(file.tensors) == list(tensors)
    for name, tensor in tensors.items():
        assert file.tensors[name].dtype == tensor.dtype
        assert file.tensors[name].shape == tensor.shape
        assert file.tensors[name].tobytes() == tensor.tobytes()


def test_the_bytes_are_those_of_the_layout() -> None:
    data = encode_tensors({"b": np.array([[1, 2]], ">u2"), "a": np.array(0.5, np.float32)}, {"z": [1]})
    header = (
        b'{"__metadata__":{"z":[1]},"b":{"dtype":"U16","shape":[1,2],"data_offsets":[0,4]},'
        b'"a":{"dtype":"F32","shape":[],"data_offsets":[4,8]}}   '
    )
    assert len(header) % 8 == 0
    assert data == struct.pack("<Q", len(header)) + header + b"\x01\x00\x02\x00" + b"\x00\x00\x00\x3f"


def test_tensors_are_views_and_cannot_be_written() -> None:
    data = encode_tensors({"a": np.zeros(1 << 20, np.uint8)}, {})
    tracemalloc.start()
    tensor = decode_tensors(data).tensors["a"]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 16
    assert not tensor.flags.writeable


def test_a_column_is_read_by_range() -> None:
    data = encode_tensors({"a": np.arange(3, dtype=np.uint16), "b": np.arange(4, dtype=np.float32)}, {})
    header = parse_header(data[:200])
    field = header.fields["b"]
    raw = data[header.data_start + field.begin : header.data_start + field.end]
    assert view_tensor(field, raw).tolist() == [0, 1, 2, 3]


def test_a_dtype_that_the_format_lacks_is_not_written() -> None:
    with pytest.raises(Impossible, match="tensor 'a': expected a dtype of F32"):
        encode_tensors({"a": np.zeros(2, np.complex64)}, {})
    with pytest.raises(Impossible, match="another name than the metadata's"):
        encode_tensors({"__metadata__": np.zeros(2, np.uint8)}, {})


def test_a_truncation_at_every_byte_is_refused() -> None:
    data = encode_tensors({"a": np.arange(3, dtype=np.float32)}, {"k": 1})
    for length in range(len(data)):
        with pytest.raises(Malformed):
            decode_tensors(data[:length])


def seal(document: object, section: bytes = bytes(8)) -> bytes:
    header = document if isinstance(document, bytes) else json.dumps(document).encode()
    return struct.pack("<Q", len(header)) + header + section


def entry(**changes: Any) -> dict[str, Any]:
    return {"dtype": "U8", "shape": [8], "data_offsets": [0, 8], **changes}


def empty(**changes: Any) -> dict[str, Any]:
    return entry(data_offsets=[0, 0], **changes)


HOSTILE = [
    pytest.param(b"", Malformed, "header length: expected 8 bytes, got 0 bytes", id="nothing"),
    pytest.param(b"\xff" * 8, TooLarge, "at most 16777216 bytes, got 18446744073709551615 bytes", id="length bomb"),
    pytest.param(b"\xff" * 8 + b"{", TooLarge, "at most 16777216 bytes", id="length bomb before a header"),
    pytest.param(
        b"\xff\xd8\xff\xe0\0\x10JFIF",
        Malformed,
        "header: expected its length, then a JSON object, got bytes that begin ff d8 ff",
        id="photo",
    ),
    pytest.param(struct.pack("<Q", 16 << 20), Malformed, "header: expected 16777216 bytes, got 0", id="no header"),
    pytest.param(seal(b""), Malformed, "header: expected JSON", id="empty header"),
    pytest.param(seal(b"[]"), Malformed, "header: expected a JSON object", id="a list"),
    pytest.param(seal({"__metadata__": 1}), Malformed, "header.__metadata__: expected a JSON object", id="metadata"),
    pytest.param(seal({"a": entry()}, bytes(9)), Malformed, "data section: expected 8 bytes, got 9", id="trailing"),
    pytest.param(seal({"a": entry()}, bytes(7)), Malformed, "data section: expected 8 bytes, got 7", id="short"),
    pytest.param(seal({}, b"x"), Malformed, "data section: expected 0 bytes, got 1 bytes", id="data of no tensor"),
    pytest.param(seal({"a": 1}), Malformed, "header.'a': expected a JSON object", id="entry"),
    pytest.param(seal({"a": entry(dtype="F8")}), Malformed, "expected one of F32, F16", id="dtype"),
    pytest.param(seal({"a": entry(dtype=["U8"])}), Malformed, "dtype: expected a string", id="dtype no string"),
    pytest.param(seal({"a": entry(dtype="F32")}), Impossible, "32 bytes for F32 [8], got 8 bytes", id="other dtype"),
    pytest.param(seal({"a": {"dtype": "U8"}}), Malformed, "shape: expected a list, got nothing", id="no shape"),
    pytest.param(seal({"a": entry(shape=8)}), Malformed, "shape: expected a list, got 8", id="shape no list"),
    pytest.param(seal({"a": entry(shape=[8.0])}), Malformed, "expected an integer, got 8.0", id="shape of floats"),
    pytest.param(seal({"a": entry(shape=[True, 8])}), Malformed, "expected an integer, got True", id="shape of bools"),
    pytest.param(seal({"a": entry(shape=[-8])}), Impossible, "an integer from 0", id="negative size"),
    pytest.param(seal({"a": entry(shape=[-2, -4])}), Impossible, "an integer from 0", id="negative twice"),
    pytest.param(seal({"a": entry(shape=[1] * 8 + [8])}), TooLarge, "at most 8 items, got 9", id="nine dimensions"),
    pytest.param(seal({"a": entry(shape=[2**32, 2**32])}), Impossible, "bytes for U8", id="product overflow"),
    pytest.param(seal({"a": entry(shape=[2**53 - 1] * 8)}), Impossible, "bytes for U8", id="product far over"),
    pytest.param(seal({"a": entry(shape=[2**32, 2**32, 0])}), Impossible, "0 bytes for U8", id="product zero"),
    pytest.param(
        seal({"a": empty(shape=[0, 2**53 - 1, 2**53 - 1])}, b""), TooLarge, "a 0 counted as 1", id="empty and far over"
    ),
    pytest.param(
        seal({"a": empty(dtype="U16", shape=[2**52, 0])}, b""),
        TooLarge,
        "9007199254740992 bytes",
        id="empty, just over",
    ),
    pytest.param(seal({"a": entry(data_offsets=[0])}), Malformed, "expected begin and end", id="one offset"),
    pytest.param(seal({"a": entry(data_offsets=[8, 0])}), Impossible, "got -8 bytes", id="offsets swapped"),
    pytest.param(seal({"a": entry(data_offsets=[-8, 0])}), Impossible, "an integer from 0", id="negative offset"),
    pytest.param(seal({"a": entry(data_offsets=[1, 9])}), Impossible, "expected begin 0, got 1", id="gap in front"),
    pytest.param(
        seal({"a": entry(), "b": entry(data_offsets=[4, 12])}, bytes(12)), Impossible, "begin 8, got 4", id="overlap"
    ),
    pytest.param(seal({"a": entry(), "b": entry()}), Impossible, "begin 8, got 0", id="the same bytes twice"),
    pytest.param(
        seal({"a": entry(), "b": entry(data_offsets=[9, 17])}, bytes(17)), Impossible, "begin 8, got 9", id="gap"
    ),
    pytest.param(
        seal({"a": entry(), "b": entry(data_offsets=[2**40, 2**40 + 8])}), Impossible, "begin 8", id="out of range"
    ),
    pytest.param(seal({"a": entry(shape=[2**40], data_offsets=[0, 2**40])}), Malformed, "got 8 bytes", id="a terabyte"),
    pytest.param(
        seal(b'{"a":' + json.dumps(entry()).encode() + b',"a":' + json.dumps(entry()).encode() + b"}"),
        Malformed,
        "the key 'a' twice",
        id="duplicate tensor",
    ),
    pytest.param(
        seal({f"t{index}": entry(shape=[0], data_offsets=[0, 0]) for index in range(65)}, b""),
        TooLarge,
        "at most 64 tensors, got 65",
        id="65 tensors",
    ),
    pytest.param(seal(b'{"a":' + b"[" * 100_000), Malformed, "levels deep", id="deep header"),
    pytest.param(seal(b'{"\xff":1}'), Malformed, "JSON in UTF-8", id="invalid utf-8"),
]


@pytest.mark.parametrize(("data", "error", "message"), HOSTILE)
def test_a_hostile_file_is_refused_without_allocating(data: bytes, error: type[ContractError], message: str) -> None:
    tracemalloc.start()
    with pytest.raises(error, match=re.escape(message)):
        decode_tensors(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 << 20


def test_an_empty_tensor_of_the_greatest_shape_is_read() -> None:
    data = seal({"a": empty(shape=[2**53 - 1, 0])}, b"")
    assert decode_tensors(data).tensors["a"].shape == (2**53 - 1, 0)


def test_only_tensors_that_are_asked_for_are_viewed(monkeypatch: pytest.MonkeyPatch) -> None:
    viewed: list[Field] = []
    monkeypatch.setattr("contract.tensors.view_tensor", lambda field, raw: viewed.append(field))
    tensors = decode_tensors(seal({"a": entry(), "b": entry(data_offsets=[8, 16])}, bytes(16))).tensors
    assert (len(tensors), list(tensors), viewed) == (2, ["a", "b"], [])
    tensors["b"]
    assert [field.begin for field in viewed] == [8]


def headers() -> st.SearchStrategy[dict[str, Any]]:
    """Headers whose tensors mostly follow each other as they should, of sizes that seldom should be."""
    sizes = st.lists(st.sampled_from([0, 1, 2, 2**31, 2**53 - 1]), max_size=5)
    entries = st.lists(st.tuples(st.sampled_from([*DTYPES, "F8"]), sizes, st.sampled_from([0] * 9 + [1])), max_size=3)
    return entries.map(following)


def following(entries: list[tuple[str, list[int], int]]) -> dict[str, Any]:
    document, begin = {}, 0
    for index, (dtype, shape, slip) in enumerate(entries):
        size = math.prod(shape) * (DTYPES[dtype].itemsize if dtype in DTYPES else 1)
        end = begin + min(size, 2**53 - 1 - begin) + slip
        document[f"t{index}"] = {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}
        begin = end
    return document


@given(headers())
def test_no_header_gives_anything_but_tensors_or_a_typed_error(document: dict[str, Any]) -> None:
    size = max((entry["data_offsets"][1] for entry in document.values()), default=0)
    try:
        tensors = decode_tensors(seal(document, bytes(min(size, 64)))).tensors
    except ContractError:
        return
    assert [list(tensor.shape) for tensor in tensors.values()] == [entry["shape"] for entry in document.values()]


@given(st.data())
def test_a_changed_byte_gives_another_file_or_a_typed_error(data: st.DataObject) -> None:
    whole = bytearray(encode_tensors({"a": np.arange(3, dtype=np.float32), "b": np.zeros(2, np.uint8)}, {"k": [1]}))
    whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        decode_tensors(bytes(whole))
    except ContractError:
        pass
