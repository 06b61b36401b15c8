"""Inflating at the door: zlib-ng where it is installed, and zlib otherwise.

Inflating is most of what checking a large upload costs. zlib-ng is zlib made twice as fast: it takes the same streams.
"""

from __future__ import annotations

import zlib

from contract.upload_check import inflate_exactly

try:
    from zlib_ng import zlib_ng
except ImportError:  # no wheel for this machine
    zlib_ng = None  # type: ignore[assignment]  # no module then


def inflate(stored: memoryview, size: int) -> bytes | None:
    """Inflate as `inflate_exactly` does."""
    return inflate_exactly(stored, size, library=zlib_ng or zlib)
