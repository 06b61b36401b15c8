"""Whether a PNG holds all of its pixels: a decoder may leave the rows black that its zlib stream ends before."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Of each colour type (RFC 2083, section 4.1.1)."""
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""First column and row of each pass of an interlaced PNG, and the steps between them (section 2.6)."""
_AT_ONCE = 1 << 20


def has_all_rows(chunks: Iterable[tuple[bytes, bytes]]) -> bool:
    """Tell whether the IDAT chunks, of all the chunks (name, content), inflate to every row that IHDR announces.

    At most a megabyte is inflated at a time.
    """
    needed, held, stream = 0, 0, zlib.decompressobj()
    try:
        for name, content in chunks:
            if name == b"IHDR":
                needed = _bytes_of_rows(content)
            waiting = content if name == b"IDAT" else b""
            while waiting and held < needed:
                held += len(stream.decompress(waiting, _AT_ONCE))
                waiting = stream.unconsumed_tail
    except (zlib.error, struct.error, KeyError):
        return False
    return 0 < needed <= held


def _bytes_of_rows(header: bytes) -> int:
    width, height, bits, colour, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    of_a_pixel = bits * _CHANNELS[colour]
    passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
    sizes = [(_steps(width, left, across), _steps(height, top, down)) for left, top, across, down in passes]
    return sum(rows * (1 + -(-columns * of_a_pixel // 8)) for columns, rows in sizes if columns)


def _steps(length: int, first: int, step: int) -> int:
    return max(0, -(-(length - first) // step))
