"""Kept rows: embeddings of rows through one body, in a folder of the worker's disk, from one cycle to the next.

::

    <body>/
        index       a tensor file: the names U8 (m, 52) of all rows, and which pieces they are in; put last
        <16 hex>    a piece: float32 (k, d), rows one after another; it never changes

A row's name says what its feature is, for good (`cloud.dataset.row_names`), so nothing kept is ever out of date; but it
may have to go: it is kept under a stamp, and deleted under another one. New rows are a new piece; a piece that is not
much smaller than the one before becomes one with it, so that there are few of them and adding costs what the logarithm
says.

Both kinds of files are written under another name and renamed. Neither is flushed: what a loss of power tears, its
checksum tells. What is damaged, or not ours, is as good as nothing, and is deleted; so is what no index names.
"""

from __future__ import annotations

import contextlib
import math
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import numpy as np

from cloud import deflate
from cloud.dataset.row_names import NAME_BYTES, Bytes, Names, bytes_of, no_names, parse_names
from cloud.training.executors.arrays import FLOAT32, Array, Floats, Integers, read_array
from contract.arrays import require_array
from contract.documents import Fields, Json
from contract.errors import ContractError, Malformed
from contract.tensors import LENGTH_BYTES, decode_tensors, encode_tensors, parse_header, parse_header_length

FORMAT = 1
"""Of files; higher too once the layers of a body, or `cloud.training.heads`, compute something else of a feature."""
INDEX = "index"
MUCH_SMALLER = 4
MOST_PIECES = 16
READ_AT_ONCE = 16 << 20

_PIECE = re.compile(r"[0-9a-f]{16}")
_STAMP = re.compile(r"[ -~]{0,128}")
_OURS = re.compile(r"\.?(index|[0-9a-f]{16})(\.[0-9a-f]{16})?")
"""The name of a file here, or of one that is being written."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A file of embeddings, as an index names it."""

    name: str
    rows: int
    checksum: int
    """CRC-32."""

    def document(self) -> dict[str, Json]:
        """Write it as part of an index."""
        return {"name": self.name, "rows": self.rows, "checksum": self.checksum}

    @classmethod
    def parse(cls, fields: Fields) -> Piece:
        """Read what `document` wrote. Raises a `ContractError`."""
        return cls(fields.name("name", _PIECE), fields.integer("rows", low=1), fields.integer("checksum"))


@dataclass(frozen=True, slots=True, eq=False)
class KeptRows:
    """Rows (m,) of one folder."""

    folder: Path
    """Named by the body."""
    stamp: str
    names: Names = field(default_factory=no_names)
    pieces: tuple[Piece, ...] = ()
    embeddings: tuple[Floats, ...] = ()
    """(k, d) each, of those pieces, mapped where they are large."""

    @classmethod
    def read(cls, folder: Path, *, stamp: str) -> KeptRows:
        """Read what is kept under a stamp, every byte of it checked; what lies there else is deleted.

        Raises:
            OSError: the disk failed.
        """
        try:
            pieces, names, width = _parse_index(folder, stamp)
            kept = cls(folder, stamp, names, pieces, tuple(_read_piece(folder, piece, width) for piece in pieces))
        except (FileNotFoundError, ContractError):
            kept = cls(folder, stamp)
        sweep(folder, {piece.name for piece in kept.pieces})
        return kept

    def find(self, names: Names) -> Integers:
        """Return where in all pieces, one after another, rows (n,) are; -1 for those that are not."""
        if not len(self.names) or not len(names):
            return np.full(len(names), -1)
        order = np.argsort(self.names, kind="stable")
        places = np.minimum(np.searchsorted(self.names, names, sorter=order), len(order) - 1)
        found: Integers = np.where(self.names[order[places]] == names, order[places], -1)
        return found

    def add(self, names: Names, embeddings: Iterable[Floats]) -> None:
        """Keep further rows (k,), which are new here, with their embeddings in pieces of any size, in order.

        What was read before stays readable, and what was kept before stays kept where this fails.

        Raises:
            OSError: the disk has no room for them.
        """
        if not len(names):
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        stay = self._count_staying(len(names))
        olds = (chunk for array in self.embeddings[stay:] for chunk in _in_chunks(array))
        piece, width = _write_piece(self.folder, chain(olds, embeddings))
        pieces = (*self.pieces[:stay], piece)
        _write_index(self.folder, self.stamp, pieces, np.concatenate([self.names, names]), width)
        sweep(self.folder, {piece.name for piece in pieces})

    def _count_staying(self, rows: int) -> int:
        """Count the first pieces that are much larger than what comes behind them, with so many new rows at the end."""
        stay = len(self.pieces)
        while stay and self.pieces[stay - 1].rows < MUCH_SMALLER * rows:
            stay -= 1
            rows += self.pieces[stay].rows
        return stay


def read_stamp(folder: Path) -> str | None:
    """Return the stamp under which a folder keeps rows; None where it cannot be read. Raises `OSError`."""
    try:
        with (folder / INDEX).open("rb") as file:
            beginning = file.read(LENGTH_BYTES)
            header = parse_header(beginning + file.read(parse_header_length(beginning)))
        return Fields(header.metadata, where=INDEX).name("stamp", _STAMP)
    except (FileNotFoundError, ContractError):
        return None


def sweep(folder: Path, pieces: Set[str] = frozenset()) -> None:
    """Delete what is ours in a folder, but for some pieces and, where there are any, their index."""
    stay = {INDEX, *pieces} if pieces else set()
    for path in folder.iterdir() if folder.is_dir() else ():
        if _OURS.fullmatch(path.name) and path.name not in stay:
            path.unlink(missing_ok=True)


def _parse_index(folder: Path, stamp: str) -> tuple[tuple[Piece, ...], Names, int]:
    """Read an index; return also how wide an embedding is. Raises `OSError` and a `ContractError`."""
    file = decode_tensors((folder / INDEX).read_bytes())
    fields = Fields(file.metadata, where=INDEX)
    fields.check_format(FORMAT)
    kept = fields.text("body"), fields.name("stamp", _STAMP)
    if kept != (folder.name, stamp):
        raise Malformed(INDEX, expected=f"rows of {folder.name} under {stamp!r}", got=repr(kept))
    pieces = tuple(Piece.parse(one) for one in fields.documents("pieces", max_items=MOST_PIECES))
    shape = (sum(piece.rows for piece in pieces), NAME_BYTES)
    names: Bytes = require_array(file.tensors.get("names"), np.uint8, shape=shape, where=INDEX)
    _check(fields.integer("checksum"), [names], where=INDEX)
    return pieces, parse_names(names), fields.integer("width", low=1)


def _write_index(folder: Path, stamp: str, pieces: Sequence[Piece], names: Names, width: int) -> None:
    joined = bytes_of(names)
    metadata: dict[str, Json] = {
        "format": FORMAT,
        "body": folder.name,
        "stamp": stamp,
        "width": width,
        "checksum": deflate.library.crc32(joined.data),
        "pieces": [piece.document() for piece in pieces],
    }
    with _written(folder / INDEX) as file:
        file.write(encode_tensors({"names": joined}, metadata))


def _read_piece(folder: Path, piece: Piece, width: int) -> Floats:
    """Map a piece. Raises `OSError`, and a `ContractError` where it is another than the index says."""
    path = folder / piece.name
    shape = (piece.rows, width)
    size = FLOAT32.itemsize * math.prod(shape)
    if path.stat().st_size != size:
        raise Malformed(piece.name, expected=f"{size} bytes", got=f"{path.stat().st_size} bytes")
    rows: Floats = read_array(path, dtype=FLOAT32, shape=shape)
    _check(piece.checksum, _in_chunks(rows), where=piece.name)
    return rows


def _write_piece(folder: Path, chunks: Iterable[Floats]) -> tuple[Piece, int]:
    """Write a new piece of chunks of rows (k, d), one at least; return also how wide they are."""
    name, rows, width, checksum = secrets.token_hex(8), 0, 0, 0
    with _written(folder / name) as file:
        for chunk in chunks:
            body = np.ascontiguousarray(chunk, FLOAT32).data
            checksum = deflate.library.crc32(body, checksum)
            file.write(body)
            rows, width = rows + len(chunk), chunk.shape[1]
    return Piece(name, rows, checksum), width


@contextlib.contextmanager
def _written(path: Path) -> Iterator[BinaryIO]:
    """Write a file that is there whole or not at all, unless power is lost."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with temporary.open("wb") as file:
            yield file
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _in_chunks(rows: Floats) -> Iterator[Floats]:
    step = max(READ_AT_ONCE // max(rows[:1].nbytes, 1), 1)
    return (rows[begin : begin + step] for begin in range(0, len(rows), step))


def _check(checksum: int, chunks: Iterable[Array], *, where: str) -> None:
    found = 0
    for chunk in chunks:
        found = deflate.library.crc32(np.ascontiguousarray(chunk).data, found)
    if found != checksum:
        raise Malformed(where, expected=f"the checksum {checksum}", got=str(found))
