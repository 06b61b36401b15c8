"""Tensor files: the safetensors layout, read with every bound checked before anything is allocated.

    offset      bytes                 what
    0           8                     H, the length of the header: uint64, little-endian
    8           H                     header: one JSON object in UTF-8, padded with spaces to a multiple of 8
    8 + H       up to the end         data section: the tensors one after another, little-endian, C order, no gaps

    header: {"__metadata__": {...}, "<name>": {"dtype": "F32", "shape": [10, 512], "data_offsets": [begin, end]}, ...}

Offsets count from the start of the data section and stand in the order of the header. With no metadata but strings
the file is a safetensors file in the strict sense; metadata here may be any JSON.
"""

import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from contract.documents import MAX_INTEGER, Fields, Json, encode_json, parse_json
from contract.errors import Impossible, Malformed, TooLarge, shown

METADATA_KEY = "__metadata__"
LENGTH_BYTES = 8
ALIGNMENT = 8
MAX_HEADER_BYTES = 16 << 20
MAX_TENSORS = 64
MAX_RANK = 8
MAX_TENSOR_BYTES = MAX_INTEGER
"""Of one tensor, as far as an offset reaches; sizes of 0 count as 1, so that an empty one has a bounded shape too."""

DTYPES: Mapping[str, np.dtype[np.generic]] = MappingProxyType(
    {
        "F32": np.dtype("<f4"),
        "F16": np.dtype("<f2"),
        "U8": np.dtype("u1"),
        "U16": np.dtype("<u2"),
        "U32": np.dtype("<u4"),
        "U64": np.dtype("<u8"),
        "I8": np.dtype("i1"),
        "I16": np.dtype("<i2"),
        "I32": np.dtype("<i4"),
        "I64": np.dtype("<i8"),
    }
)

Tensor = NDArray[np.generic]


@dataclass(frozen=True, slots=True)
class Field:
    """Where one tensor lies in the data section."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int
    """`end - begin` is what dtype and shape take."""


@dataclass(frozen=True, slots=True)
class Header:
    """A checked header."""

    metadata: Mapping[str, Json]
    fields: Mapping[str, Field]
    """They lie one after another from 0 to `data_size`."""
    data_start: int
    """Offset of the data section in the file."""
    data_size: int
    """Bytes of the data section, as the fields add up."""


class Tensors(Mapping[str, Tensor]):
    """The tensors of a data section of `header.data_size` bytes: read-only views, each made when it is asked for."""

    def __init__(self, header: Header, section: bytes | memoryview) -> None:
        self._fields = header.fields
        self._section = memoryview(section)

    def __getitem__(self, name: str) -> Tensor:
        """View one tensor."""
        field = self._fields[name]
        return view_tensor(field, self._section[field.begin : field.end])

    def __iter__(self) -> Iterator[str]:
        """Go through the names, in the order of the header."""
        return iter(self._fields)

    def __len__(self) -> int:
        """Count the tensors."""
        return len(self._fields)


@dataclass(frozen=True, slots=True, eq=False)
class TensorFile:
    """What a tensor file holds; the tensors are read-only views of its bytes."""

    metadata: Mapping[str, Json]
    tensors: Mapping[str, Tensor]


def encode_tensors(tensors: Mapping[str, NDArray[np.generic]], metadata: Mapping[str, Json]) -> bytes:
    """Write a tensor file: the same tensors in the same order with the same metadata give the same bytes.

    Raises:
        Impossible: a dtype that the format does not have, or the name of the metadata.
    """
    return encode_header(tensors, metadata) + encode_section(tensors)


def encode_header(tensors: Mapping[str, NDArray[np.generic]], metadata: Mapping[str, Json]) -> bytes:
    """Write the length and the header of a file that holds `tensors`."""
    document: dict[str, Json] = {METADATA_KEY: dict(metadata)} if metadata else {}
    begin = 0
    for name, tensor in tensors.items():
        end = begin + tensor.nbytes
        document[_check_name(name)] = {
            "dtype": _dtype_name(tensor, name),
            "shape": list(tensor.shape),
            "data_offsets": [begin, end],
        }
        begin = end
    header = encode_json(document, sort_keys=False)
    header += b" " * (-len(header) % ALIGNMENT)
    return struct.pack("<Q", len(header)) + header


def encode_section(tensors: Mapping[str, NDArray[np.generic]]) -> bytes:
    """Write the data section of a file that holds `tensors`."""
    return b"".join(tensor.astype(tensor.dtype.newbyteorder("<"), copy=False).tobytes() for tensor in tensors.values())


def decode_tensors(data: bytes | memoryview, *, max_header_bytes: int = MAX_HEADER_BYTES) -> TensorFile:
    """Read a tensor file without copying its data.

    Raises:
        Malformed: truncated, trailing bytes, or no JSON object as the header.
        TooLarge: a header over `max_header_bytes`, over 64 tensors, over 8 dimensions, or a shape over 2**53 - 1 bytes.
        Impossible: a negative size, or offsets that overlap, leave a gap or do not fit the shape.
    """
    header = parse_header(data, max_header_bytes=max_header_bytes)
    section = memoryview(data)[header.data_start :]
    if len(section) != header.data_size:
        raise Malformed("data section", expected=f"{header.data_size} bytes", got=f"{len(section)} bytes")
    return TensorFile(metadata=header.metadata, tensors=Tensors(header, section))


def parse_header(data: bytes | memoryview, *, max_header_bytes: int = MAX_HEADER_BYTES) -> Header:
    """Read the header; `data` may end where the header does, or anywhere later. Raises as `decode_tensors` does."""
    data_start = LENGTH_BYTES + parse_header_length(data, max_header_bytes=max_header_bytes)
    raw = memoryview(data)[LENGTH_BYTES:data_start]
    if len(raw) < data_start - LENGTH_BYTES:
        raise Malformed("header", expected=f"{data_start - LENGTH_BYTES} bytes", got=f"{len(raw)} bytes")
    document = parse_json(raw, where="header", max_bytes=max_header_bytes)
    if not isinstance(document, dict):
        raise Malformed("header", expected="a JSON object", got=shown(document))
    metadata = document.pop(METADATA_KEY, {})
    if not isinstance(metadata, dict):
        raise Malformed(f"header.{METADATA_KEY}", expected="a JSON object", got=shown(metadata))
    fields = _parse_fields(document)
    data_size = max((field.end for field in fields.values()), default=0)
    return Header(metadata=metadata, fields=fields, data_start=data_start, data_size=data_size)


def parse_header_length(data: bytes | memoryview, *, max_header_bytes: int = MAX_HEADER_BYTES) -> int:
    """Read how many bytes the header takes after the first eight: what a ranged reader fetches next.

    Raises:
        Malformed: under eight bytes, or, where more follow, not the beginning of a tensor file.
        TooLarge: a length over `max_header_bytes`.
    """
    if len(data) < LENGTH_BYTES:
        raise Malformed("header length", expected=f"{LENGTH_BYTES} bytes", got=f"{len(data)} bytes")
    (length,) = struct.unpack_from("<Q", data)
    if length > max_header_bytes:
        _check_object_begins(data)
        raise TooLarge("header length", expected=f"at most {max_header_bytes} bytes", got=f"{length} bytes")
    return int(length)


def _check_object_begins(data: bytes | memoryview) -> None:
    """Refuse bytes of another kind, which read as a huge length; a header that is too large begins as one does."""
    if len(data) > LENGTH_BYTES and data[LENGTH_BYTES] != ord("{"):
        got = f"bytes that begin {bytes(data[: LENGTH_BYTES + 1]).hex(' ')}"
        raise Malformed("header", expected="its length, then a JSON object", got=got)


def view_tensor(field: Field, raw: bytes | memoryview) -> Tensor:
    """View the bytes from `field.begin` to `field.end` as the tensor they are."""
    return np.frombuffer(raw, dtype=DTYPES[field.dtype]).reshape(field.shape)


def _parse_fields(document: Mapping[str, Json]) -> dict[str, Field]:
    if len(document) > MAX_TENSORS:
        raise TooLarge("header", expected=f"at most {MAX_TENSORS} tensors", got=str(len(document)))
    fields: dict[str, Field] = {}
    begin = 0
    for name, value in document.items():
        field = _parse_field(value, where=f"header.{shown(name)}")
        if field.begin != begin:
            raise Impossible(f"header.{shown(name)}.data_offsets", expected=f"begin {begin}", got=str(field.begin))
        fields[name] = field
        begin = field.end
    return fields


def _parse_field(value: Json, *, where: str) -> Field:
    if not isinstance(value, dict):
        raise Malformed(where, expected="a JSON object", got=shown(value))
    values = Fields(value, where=where)
    dtype = values.text("dtype")
    if dtype not in DTYPES:
        raise Malformed(f"{where}.dtype", expected=f"one of {', '.join(DTYPES)}", got=shown(dtype))
    shape = values.integers("shape", max_items=MAX_RANK)
    offsets = values.integers("data_offsets", max_items=2)
    if len(offsets) != 2:
        raise Malformed(f"{where}.data_offsets", expected="begin and end", got=shown(offsets))
    begin, end = offsets
    size = math.prod(shape) * DTYPES[dtype].itemsize
    if end - begin != size:
        expected = f"{size} bytes for {dtype} {shown(list(shape))}"
        raise Impossible(f"{where}.data_offsets", expected=expected, got=f"{end - begin} bytes")
    if size == 0:  # else it is the extent too, and no offset is over the bound
        _check_extent(shape, DTYPES[dtype], where=f"{where}.shape")
    return Field(dtype=dtype, shape=shape, begin=begin, end=end)


def _check_extent(shape: tuple[int, ...], dtype: np.dtype[np.generic], *, where: str) -> None:
    extent = math.prod(max(size, 1) for size in shape) * dtype.itemsize
    if extent > MAX_TENSOR_BYTES:
        raise TooLarge(where, expected=f"at most {MAX_TENSOR_BYTES} bytes, a 0 counted as 1", got=f"{extent} bytes")


def _check_name(name: str) -> str:
    if name == METADATA_KEY:
        raise Impossible("tensor", expected="another name than the metadata's", got=METADATA_KEY)
    return name


def _dtype_name(tensor: Tensor, name: str) -> str:
    for known, dtype in DTYPES.items():
        if tensor.dtype.newbyteorder("<") == dtype:
            return known
    raise Impossible(f"tensor {shown(name)}", expected=f"a dtype of {', '.join(DTYPES)}", got=str(tensor.dtype))
