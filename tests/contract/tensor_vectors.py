"""Tensor files: what a reader must take, at every bound, and what it must refuse: the golden files' vectors."""

import json
import struct
from collections.abc import Mapping
from typing import Any

from contract.documents import Json
from contract.tensors import DTYPES, decode_tensors

LARGEST = 2**53 - 1
"""Bytes of a tensor."""
PHOTO = b"\x89PNG\r\n\x1a\n"


def sealed(document: Json, section: bytes = bytes(8), *, padding: bytes = b"") -> bytes:
    """A header of a length as it comes, and what follows."""
    header = json.dumps(document).encode() + padding
    return struct.pack("<Q", len(header)) + header + section


def tensor(**changes: Any) -> dict[str, Any]:
    return {"dtype": "U8", "shape": [8], "data_offsets": [0, 8], **changes}


def several(count: int) -> bytes:
    """So many tensors of a byte each."""
    return sealed({f"t{at}": tensor(shape=[], data_offsets=[at, at + 1]) for at in range(count)}, bytes(range(count)))


def of_every_type() -> bytes:
    table, end = {}, 0
    for name, dtype in DTYPES.items():
        table[f"of {name}"] = tensor(dtype=name, shape=[2], data_offsets=[end, end + 2 * dtype.itemsize])
        end += 2 * dtype.itemsize
    return sealed(table, bytes(range(end)))


def empty(shape: list[int], dtype: str = "U8") -> bytes:
    return sealed({"a": tensor(dtype=dtype, shape=shape, data_offsets=[0, 0])}, b"")


READ: Mapping[str, bytes] = {
    "one tensor": sealed({"a": tensor()}, bytes(range(8))),
    "no tensor": sealed({}, b""),
    "every type": of_every_type(),
    "64 tensors": several(64),
    "eight dimensions": sealed({"a": tensor(shape=[1] * 6 + [4, 2])}, bytes(range(8))),
    "no dimension": sealed({"a": tensor(shape=[], data_offsets=[0, 1])}, b"x"),
    "a header of an odd length": sealed({"a": tensor()}, padding=b"" if len(json.dumps({"a": tensor()})) % 2 else b" "),
    "spaces and a line end after the header": sealed({"a": tensor()}, padding=b"  \n"),
    "metadata, and keys that nobody knows": sealed({"__metadata__": {"made": ["by", 1]}, "a": tensor(colour="blue")}),
    "names of any kind": sealed(
        {"": tensor(shape=[4], data_offsets=[0, 4]), "\u03b1/\U0001f600": tensor(shape=[4], data_offsets=[4, 8])}
    ),
    "the largest empty tensor": empty([0, LARGEST]),
    "the largest empty tensor, its 0 in the middle": empty([2**26, 0, 2**26 - 1]),
}
REFUSED: Mapping[str, bytes] = {
    "nothing": b"",
    "seven bytes": bytes(7),
    "a header of no bytes": bytes(8),
    "a photo": PHOTO + bytes(20),
    "a length beyond the file": struct.pack("<Q", 1 << 20) + b"{}",
    "a length beyond any bound": b"\xff" * 8,
    "a header of a byte more than may be": struct.pack("<Q", (16 << 20) + 1) + b"{}",
    "a header that is a list": sealed([]),
    "a byte too many": sealed({"a": tensor()}, bytes(9)),
    "a byte too few": sealed({"a": tensor()}, bytes(7)),
    "a byte after no tensor": sealed({}, b"x"),
    "an unknown type": sealed({"a": tensor(dtype="F8")}),
    "another size than the type takes": sealed({"a": tensor(dtype="F32")}),
    "a negative size": sealed({"a": tensor(shape=[-8])}),
    "two negative sizes": sealed({"a": tensor(shape=[-4, -2])}),
    "a size with a point": sealed({"a": tensor(shape=[8.0])}),
    "a size that is true": sealed({"a": tensor(shape=[True, 8])}),
    "a negative offset": sealed({"a": tensor(data_offsets=[-8, 0])}),
    "three offsets": sealed({"a": tensor(data_offsets=[0, 8, 8])}),
    "no offsets": sealed({"a": {"dtype": "U8", "shape": [8]}}),
    "a product that overflows 64 bits": sealed({"a": tensor(shape=[2**32, 2**32])}),
    "a product that overflows 64 bits to 0, as long as the tensor": empty([2**32, 2**32]),
    "a product that overflows 32 bits to 8, as long as the tensor": sealed({"a": tensor(shape=[8, 2**29 + 1])}),
    "an empty tensor of a byte more than may be": empty([0, 2**26, 2**27]),
    "an empty tensor of more bytes than may be": empty([0, LARGEST], "F16"),
    "nine dimensions": sealed({"a": tensor(shape=[1] * 8 + [8])}),
    "65 tensors": several(65),
    "tensors that overlap": sealed({"a": tensor(), "b": tensor(shape=[4], data_offsets=[4, 8])}),
    "tensors in another order": sealed(
        {"a": tensor(shape=[4], data_offsets=[4, 8]), "b": tensor(shape=[4], data_offsets=[0, 4])}
    ),
    "a gap": sealed({"a": tensor(shape=[4], data_offsets=[4, 8])}),
    "a gap in the middle": sealed(
        {"a": tensor(shape=[2], data_offsets=[0, 2]), "b": tensor(shape=[4], data_offsets=[4, 8])}
    ),
}


def read_tensor_files() -> Json:
    return [{"what": name, "file": data.hex(), **_opened(data)} for name, data in READ.items()]


def refused_tensor_files() -> Json:
    return [{"why": name, "file": data.hex()} for name, data in REFUSED.items()]


def _opened(data: bytes) -> dict[str, Json]:
    """Metadata, where there is any, and the tensors in the order of the file; their bytes in hexadecimal."""
    file = decode_tensors(data)
    names = {dtype: name for name, dtype in DTYPES.items()}
    tensors: list[Json] = [
        {"name": name, "dtype": names[one.dtype], "shape": one.shape, "bytes": one.tobytes().hex()}
        for name, one in file.tensors.items()
    ]
    return {"tensors": tensors, **({"metadata": file.metadata} if file.metadata else {})}
