"""Stored tensor files (`contract.tensors`), read in part: the header, and single tensors, by ranged reads.

The first read takes so much that the header, and small tensors that come first, need no second one. The hash of the
whole is not checked, which would mean reading it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cloud.errors import Damaged, OutOfRange
from cloud.store.documents import reading
from cloud.store.store import ByteRange, ObjectStore
from contract.errors import Malformed
from contract.tensors import LENGTH_BYTES, Header, Tensor, parse_header, parse_header_length, view_tensor

FIRST_READ_BYTES = 256 << 10


@dataclass(frozen=True, slots=True)
class StoredTensorFile:
    """A tensor file whose header was read."""

    store: ObjectStore
    key: str
    header: Header
    size: int
    """Of the whole file, in bytes."""
    _beginning: bytes
    """Of the file, the header and more."""

    def read(self, names: Sequence[str]) -> dict[str, Tensor]:
        """Read some tensors, and what lies between them, by at most one ranged read.

        Raises:
            Damaged: the file has no such tensor.
        """
        for name in names:
            if name not in self.header.fields:
                raise Damaged(f"{self.key}: expected a tensor {name}, got {', '.join(self.header.fields) or 'none'}")
        fields = [self.header.fields[name] for name in names]
        begin, end = min(field.begin for field in fields), max(field.end for field in fields)
        section = memoryview(self._section(begin, end))
        views = (view_tensor(field, section[field.begin - begin : field.end - begin]) for field in fields)
        return dict(zip(names, views, strict=True))

    def _section(self, begin: int, end: int) -> bytes:
        """Return bytes of the data section, from the beginning of the file if it has them."""
        first, last = self.header.data_start + begin, self.header.data_start + end
        if first == last or last <= len(self._beginning):  # no store reads a range without bytes
            return self._beginning[first:last]
        return self.store.get(self.key, ByteRange(first, last)).body


def open_tensor_file(store: ObjectStore, key: str) -> StoredTensorFile:
    """Read the header of a tensor file.

    Raises:
        NotFound: it does not exist.
        Damaged: it is not a whole tensor file.
    """
    with reading(key):
        beginning, size = _read_beginning(store, key)
        header_end = LENGTH_BYTES + parse_header_length(beginning)
        if len(beginning) < min(header_end, size):
            beginning += store.get(key, ByteRange(len(beginning), header_end)).body
        header = parse_header(beginning)
    if header.data_start + header.data_size != size:
        raise Damaged(f"{key}: expected {header.data_start + header.data_size} bytes, got {size}")
    return StoredTensorFile(store, key, header, size, beginning)


def _read_beginning(store: ObjectStore, key: str) -> tuple[bytes, int]:
    try:
        first = store.get(key, ByteRange(0, FIRST_READ_BYTES))
    except OutOfRange:
        raise Malformed(key, expected="a tensor file", got="no bytes") from None
    return first.body, first.size
