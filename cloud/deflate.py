"""Deflating, inflating and checksums: zlib's calls, by zlib-ng where it is installed, which takes the same streams."""

from __future__ import annotations

import zlib

try:
    from zlib_ng import zlib_ng
except ImportError:  # no wheel for this machine
    zlib_ng = None  # type: ignore[assignment]  # no module then

library = zlib_ng or zlib
