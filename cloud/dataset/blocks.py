"""Blocks: the features of a shard, some rows together, in the codec that they came in, deflated where that is worth it.

::

    block        the tensors of `contract.codecs` of its rows, one tensor after another, little-endian; deflated (zlib)
                 where its size says so
    block_rows   U32 (b,)   how many rows each block has, in the order of the rows
    block_codecs U8  (b,)   of each, the place of its codec in `CODECS`
    block_sizes  U64 (b,)   bytes of each; below those of its tensors: deflated

A block has so many rows that its tensors take some 64 kB, at least one: deflate looks no further back, and whoever
wants one row inflates no more than that. Every codec may be in one shard.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cloud import deflate
from cloud.errors import Damaged
from contract.codecs import Codec, EncodedFeatures, encoded_layout, join_encoded
from contract.errors import Malformed
from contract.tensors import DTYPES, encode_section
from contract.upload_check import inflate_exactly

CODECS = tuple(Codec)
BLOCK_BYTES = 64 << 10
DEFLATE_LEVEL = 3
"""Of real features in every codec, within a tenth of what the highest takes, in a fiftieth of the time."""
WORTH_PARTS = 10
"""What deflating saves must be more than one part in so many: inflating costs more than reading."""
BLOCKS_AT_ONCE = min(os.cpu_count() or 1, 4)
"""Threads that inflate and decode: neither holds the interpreter's lock."""
FEW_BLOCKS = 8
"""So few are decoded in less time than threads take to start."""


Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
ReadBytes = Callable[[int, int], bytes | memoryview]
"""Returns the bytes of all blocks from one place to another."""


@dataclass(frozen=True, slots=True, eq=False)
class BlockIndex:
    """Where the rows of a shard are: of B blocks."""

    rows: NDArray[np.uint32]
    codecs: NDArray[np.uint8]
    sizes: NDArray[np.uint64]
    first_rows: Rows = field(init=False)
    """(B + 1,): of each block, and how many there are."""
    places: Rows = field(init=False)
    """(B + 1,): its first byte, and how many there are."""

    def __post_init__(self) -> None:
        """Add up where each begins."""
        for name, counts in (("first_rows", self.rows), ("places", self.sizes)):
            object.__setattr__(self, name, np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]))

    def __len__(self) -> int:
        return len(self.rows)

    def check(self, *, rows: int, size: int) -> None:
        """Refuse an index that is not of so many rows and bytes.

        Raises:
            Malformed: with what it is of.
        """
        lengths = {len(self.rows), len(self.codecs), len(self.sizes)}
        if len(lengths) > 1 or (self.codecs >= len(CODECS)).any() or not (self.rows.all() and self.sizes.all()):
            raise Malformed("blocks", expected="rows, a codec and a size of each", got="others")
        if (self.first_rows[-1], self.places[-1]) != (rows, size):
            got = f"{self.first_rows[-1]} and {self.places[-1]}"
            raise Malformed("blocks", expected=f"{rows} rows in {size} bytes", got=got)


@dataclass(frozen=True, slots=True, eq=False)
class BlockFeatures:
    """The features of a shard's n rows, read and decoded when they are asked for."""

    index: BlockIndex
    feature_shape: tuple[int, ...]
    read_bytes: ReadBytes
    where: str
    """What they are read from, for messages."""

    def __len__(self) -> int:
        return int(self.index.first_rows[-1])

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape (n, *shape)."""
        return (len(self), *self.feature_shape)

    def read(self, rows: Rows) -> Floats:
        """Decode some rows, float32 (k, *shape), in the order asked for.

        Raises:
            Damaged: a block cannot be read.
        """
        features = np.empty((len(rows), *self.feature_shape), np.float32)
        self.read_into(features, rows, to=np.arange(len(rows)))
        return features

    def read_into(self, out: Floats, rows: Rows, *, to: Rows) -> None:
        """Decode some rows (k,) into these places (k,) of an array of features. Raises as `read` does."""
        blocks = np.searchsorted(self.index.first_rows, rows, side="right") - 1
        order = np.argsort(blocks, kind="stable")
        ends = np.flatnonzero(np.diff(blocks[order])) + 1
        wanted = [part for part in np.split(order, ends) if len(part)]

        def decode(part: Rows) -> None:
            block = int(blocks[part[0]])
            _scatter(self.encoded(block), rows[part] - self.index.first_rows[block], out, to[part])

        if len(wanted) <= FEW_BLOCKS:
            for part in wanted:
                decode(part)
            return
        with ThreadPoolExecutor(BLOCKS_AT_ONCE) as threads:
            for _ in threads.map(decode, wanted):
                pass

    def encoded(self, block: int) -> EncodedFeatures:
        """Return the rows of one block as they came. Raises as `read` does."""
        codec, count = CODECS[self.index.codecs[block]], int(self.index.rows[block])
        stored = self.stored(block)
        layout = encoded_layout(codec, count=count, shape=self.feature_shape)
        sizes = [DTYPES[dtype].itemsize * math.prod(shape) for dtype, shape in layout.values()]
        section: bytes | memoryview | None = stored
        if len(stored) != sum(sizes):
            section = inflate_exactly(memoryview(stored), sum(sizes), library=deflate.library)
        if section is None:
            raise Damaged(f"{self.where}: block {block}: expected a zlib stream of {sum(sizes)} bytes, got another")
        parts, begin = {}, 0
        for (name, (dtype, shape)), size in zip(layout.items(), sizes, strict=True):
            parts[name] = np.frombuffer(section, DTYPES[dtype], count=math.prod(shape), offset=begin).reshape(shape)
            begin += size
        return EncodedFeatures(codec, parts)

    def stored(self, block: int) -> bytes | memoryview:
        """Return the bytes of one block."""
        begin, end = (int(self.index.places[place]) for place in (block, block + 1))
        found = self.read_bytes(begin, end)
        if len(found) != end - begin:
            raise Damaged(f"{self.where}: block {block}: expected {end - begin} bytes, got {len(found)}")
        return found


@dataclass(slots=True)
class BlockWriter:
    """Blocks in the making: rows go in, in their order; rows of small blocks are put together to larger ones."""

    _rows: list[int] = field(default_factory=list)
    _codecs: list[int] = field(default_factory=list)
    _stored: list[bytes | memoryview] = field(default_factory=list)
    _open: list[EncodedFeatures] = field(default_factory=list)
    """Rows of one codec that are in no block yet."""

    def add(self, rows: EncodedFeatures) -> None:
        """Add rows as they came."""
        if not len(rows):
            return
        if self._open and self._open[0].codec is not rows.codec:
            self._close()
        self._open.append(rows)
        if sum(one.nbytes for one in self._open) >= BLOCK_BYTES:
            self._close(leave_rest=True)

    def add_all(self, features: BlockFeatures, *, kept: NDArray[np.bool_] | None = None) -> None:
        """Add the rows of another shard, or those that are `kept`; blocks that are large enough stay as they are."""
        for block in range(len(features.index)):
            first, end = (int(features.index.first_rows[place]) for place in (block, block + 1))
            stays = np.ones(end - first, np.bool_) if kept is None else kept[first:end]
            if stays.all() and self._is_large(features, block):
                self._close()
                self._put(features.stored(block), CODECS[features.index.codecs[block]], end - first)
            elif stays.any():
                self.add(features.encoded(block).take(np.flatnonzero(stays)))

    def finish(self) -> tuple[BlockIndex, bytes]:
        """Return the index and the bytes of all blocks."""
        self._close()
        index = BlockIndex(
            np.array(self._rows, np.uint32),
            np.array(self._codecs, np.uint8),
            np.array([len(one) for one in self._stored], np.uint64),
        )
        return index, b"".join(self._stored)

    def features(self, feature_shape: tuple[int, ...]) -> BlockFeatures:
        """Return the features of all rows so far."""
        index, stored = self.finish()
        return BlockFeatures(index, feature_shape, in_memory(stored), "rows that are to be written")

    def _is_large(self, features: BlockFeatures, block: int) -> bool:
        codec, count = CODECS[features.index.codecs[block]], int(features.index.rows[block])
        return count * 2 >= rows_of_block(_row_bytes(codec, features.feature_shape))

    def _close(self, *, leave_rest: bool = False) -> None:
        """Make blocks of the rows that are in none yet; `leave_rest`: but for those that fill none."""
        if not self._open:
            return
        rows = self._open[0] if len(self._open) == 1 else join_encoded(self._open)
        step = rows_of_block(rows.nbytes // len(rows))
        end = len(rows) - len(rows) % step if leave_rest else len(rows)
        starts = range(0, end, step)
        with ThreadPoolExecutor(BLOCKS_AT_ONCE) as threads:
            blocks = threads.map(encode_block, (rows.take(slice(begin, min(begin + step, end))) for begin in starts))
            for begin, block in zip(starts, blocks, strict=True):
                self._put(block, rows.codec, min(step, end - begin))
        self._open = [rows.take(slice(end, None))] if end < len(rows) else []

    def _put(self, stored: bytes | memoryview, codec: Codec, rows: int) -> None:
        self._stored.append(stored)
        self._codecs.append(CODECS.index(codec))
        self._rows.append(rows)


def rows_of_block(row_bytes: int) -> int:
    """Return how many rows of so many bytes a block has."""
    return max(BLOCK_BYTES // row_bytes, 1)


def encode_block(rows: EncodedFeatures) -> bytes:
    """Return the bytes of one block."""
    section = encode_section(rows.parts)
    deflated: bytes = deflate.library.compress(section, DEFLATE_LEVEL)
    return deflated if len(deflated) * WORTH_PARTS < len(section) * (WORTH_PARTS - 1) else section


def in_memory(blocks: bytes | memoryview) -> ReadBytes:
    """Read from blocks that are in memory."""
    held = memoryview(blocks)
    return lambda begin, end: held[begin:end]


def in_file(path: Path, start: int) -> ReadBytes:
    """Read from a file, in which the blocks begin at `start`; it is open only while something is read."""

    def read(begin: int, end: int) -> bytes:
        with path.open("rb", buffering=0) as file:
            return os.pread(file.fileno(), end - begin, start + begin)

    return read


def _scatter(encoded: EncodedFeatures, places: Rows, out: Floats, to: Rows) -> None:
    """Decode some rows of a block to where they belong; rows that lie together on both sides need no copy."""
    some: slice | Rows = places
    if _are_consecutive(places):
        some = slice(int(places[0]), int(places[-1]) + 1)
    if _are_consecutive(to):
        encoded.take(some).decode_into(out[to[0] : to[-1] + 1])
        return
    decoded = np.empty((len(places), *out.shape[1:]), np.float32)
    encoded.take(some).decode_into(decoded)
    out[to] = decoded


def _are_consecutive(numbers: Rows) -> bool:
    return bool(numbers[-1] - numbers[0] == len(numbers) - 1 and (np.diff(numbers) == 1).all())


def _row_bytes(codec: Codec, shape: Sequence[int]) -> int:
    layout = encoded_layout(codec, count=1, shape=tuple(shape))
    return sum(DTYPES[dtype].itemsize * math.prod(size) for dtype, size in layout.values())
