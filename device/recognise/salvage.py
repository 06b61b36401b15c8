"""Takes the pixels out of photo files whose other parts are damaged; the pixels must all be there.

    PNG     signature, then chunks: length, name, data, CRC. Pixels: IHDR PLTE IDAT IEND; of the others only tRNS, eXIf
            and the texts that say how the photo is turned are kept, if their CRC is right
    JPEG    SOI, then segments: marker, length, data; scans after their SOS; EOI. Of applications' segments only whole
            JFIF, Exif and Adobe are kept. Without the EOI the last scan may be cut: `endings` makes files that decode
            alike only if it is not
    WebP    "RIFF", length, "WEBP", then chunks: name, length, data. One that is cut off is left out, if it is no pixel

What is returned are other bytes of the same photo. Whether they can be decoded is the decoder's to say.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
JPEG_START = b"\xff\xd8\xff"
END_OF_IMAGE = b"\xff\xd9"

_PIXELS = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
_TURNING_TEXTS = (b"XML:com.adobe.xmp\0", b"Raw profile type exif\0", b"Raw profile type APP1\0")
"""Keywords of the texts in which Pillow looks for an orientation."""
_MAX_TEXT = 64 * 1024

_FILLINGS = (b"", b"\x55" * 1024, b"\xaa" * 1024, bytes(range(1, 255)) * 4)
"""Behind a scan that is whole these are passed over; bits that a cut one lacks would be read from them."""
_COMMENT, _APPLICATIONS = 0xFE, frozenset(range(0xE0, 0xF0))
_USEFUL_SEGMENTS = ((0xE0, b"JFIF\0", 14), (0xE1, b"Exif\0\0", 14), (0xEE, b"Adobe", 12))
_WEBP_START = 12
_WEBP_EXTRAS = {b"ICCP": 0x20, b"EXIF": 0x08, b"XMP ": 0x04}
"""Chunk -> its flag in the header of an extended file."""
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_SCAN, _RESTARTS = 0xDA, 0xDD
_COEFFICIENTS = 64


def bare_pngs(data: bytes) -> Iterator[bytes]:
    """Return a PNG without the chunks that are no pixels: one that keeps how it is turned, then one without it too."""
    chunks = list(_png_chunks(data))
    for kept in (_turning, _only_pixels):
        yield PNG_SIGNATURE + b"".join(raw for name, content, raw, is_whole in chunks if kept(name, content, is_whole))


def png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and content of each chunk of a PNG."""
    return ((name, content) for name, content, _, _ in _png_chunks(data))


def _turning(name: bytes, content: bytes, is_whole: bool) -> bool:
    if name in (b"tRNS", b"eXIf"):
        return is_whole
    is_text = name in (b"tEXt", b"zTXt", b"iTXt") and len(content) <= _MAX_TEXT and content.startswith(_TURNING_TEXTS)
    return _only_pixels(name, content, is_whole) or (is_text and is_whole)


def _only_pixels(name: bytes, content: bytes, is_whole: bool) -> bool:
    del content, is_whole  # a damaged chunk of pixels stays, for the decoder to refuse
    return name in _PIXELS


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes, bool]]:
    """Yield name, content, bytes and whether the CRC is right, of each chunk; an end that is missing is added.

    A palette that only suggests colours, as of a photo that has no need of one, is no chunk of pixels and left out.
    """
    at, colours, has_pixels = len(PNG_SIGNATURE), 0, False
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        name, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        raw = data[at : at + 12 + length]
        if len(raw) < 12 + length and name not in _PIXELS and has_pixels:
            break  # cut off behind the pixels
        if len(raw) < 12 + length and name == b"IDAT":  # what follows must not be read as pixels
            content = content[:length]
            raw = struct.pack(">I", len(content)) + name + content
            raw += struct.pack(">I", zlib.crc32(name + content))
        at += 12 + length
        if name == b"IHDR" and len(content) > 9:
            colours = content[9]
        has_pixels = has_pixels or name == b"IDAT"
        if name == b"IEND":
            break
        if name != b"PLTE" or colours not in (2, 6):
            yield name, content, raw, raw[-4:] == struct.pack(">I", zlib.crc32(name + content))
    yield b"IEND", b"", b"\0\0\0\0IEND" + struct.pack(">I", zlib.crc32(b"IEND")), True


def bare_jpeg(data: bytes) -> bytes:
    """Return a JPEG without comments and without what applications have written, as far as no pixel depends on it."""
    kept, at = data[:2], 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != _SCAN:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        kept += data[at:end] if _is_of_use(data[at + 1], data[at + 4 : end]) else b""
        at = end
    return kept + data[at:]


def _is_of_use(marker: int, content: bytes) -> bool:
    if marker != _COMMENT and marker not in _APPLICATIONS:
        return True
    return any(
        marker == kind and content.startswith(name) and len(content) >= size for kind, name, size in _USEFUL_SEGMENTS
    )


def bare_webp(data: bytes) -> bytes:
    """Return a WebP without a chunk at its end that was cut off, and is not of its pixels; its header says so."""
    chunks, at = [], _WEBP_START
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + size + size % 2
        if end <= len(data) + size % 2 or name not in _WEBP_EXTRAS:
            chunks.append((name, data[at:end]))
        at = end
    present = {name for name, _ in chunks}
    missing = sum(flag for name, flag in _WEBP_EXTRAS.items() if name not in present)
    body = b"".join(
        raw[:8] + bytes([raw[8] & ~missing]) + raw[9:] if name == b"VP8X" and len(raw) > 8 else raw
        for name, raw in chunks
    )
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def lacks_only_its_end(data: bytes) -> bool:
    """Tell whether all scans of a JPEG have begun that make it whole: only the last one's end is left to `endings`."""
    layout = _jpeg_layout(data)
    return layout is not None and layout.has_all_scans and layout.has_all_restarts


def endings(data: bytes) -> Iterator[bytes]:
    """Yield the file of a JPEG with an end, several times: the pictures are the same if its last scan is whole."""
    cut = data[:-1] if data.endswith(b"\xff") else data
    for filling in _FILLINGS:
        yield cut + filling + END_OF_IMAGE


@dataclass(frozen=True, slots=True)
class _JpegLayout:
    """What the markers of a JPEG say."""

    has_all_scans: bool
    """Each coefficient has been sent down to its last bit; in a baseline photo, each component."""
    has_all_restarts: bool
    """The last scan has as many restart markers as it needs."""


@dataclass(slots=True)
class _JpegReading:
    """What is known of a JPEG so far."""

    sampling: dict[int, tuple[int, int]]
    """Component -> blocks of one unit across and down."""
    size: tuple[int, int] = (0, 0)
    is_progressive: bool = False
    interval: int = 0
    missing_bits: dict[int, list[int | None]] | None = None
    last_scan: tuple[int, ...] = ()
    last_scan_at: int = 0


def _jpeg_layout(data: bytes) -> _JpegLayout | None:
    """Read the markers up to the end of the file; None where they are not those of one photo."""
    reading = _JpegReading(sampling={})
    try:
        at = 2
        while (at := _next_marker(data, at)) + 4 <= len(data):
            marker, (length,) = data[at + 1], struct.unpack_from(">H", data, at + 2)
            content = data[at + 4 : at + 2 + length]
            at += 2 + length
            _read_segment(reading, marker, content, at)
    except (struct.error, IndexError, KeyError, ValueError):
        return None
    if not reading.last_scan or reading.missing_bits is None:
        return None
    has_all = all(bits == 0 for of_component in reading.missing_bits.values() for bits in of_component)
    return _JpegLayout(has_all, _restarts_in(data[reading.last_scan_at :]) >= _restarts_needed(reading))


def _next_marker(data: bytes, at: int) -> int:
    """Find the next marker that begins a segment; those inside a scan, and stuffed bytes, are passed over."""
    while (at := data.find(b"\xff", at)) >= 0:
        if at + 1 < len(data) and data[at + 1] not in (0x00, 0x01, 0xFF, *range(0xD0, 0xD8)):
            return at
        at += 1
    return len(data)


def _read_segment(reading: _JpegReading, marker: int, content: bytes, at: int) -> None:
    if marker in _FRAMES:
        height, width, count = struct.unpack_from(">HHB", content, 1)
        reading.size, reading.is_progressive = (width, height), marker in _PROGRESSIVE
        rows = [content[6 + 3 * index : 9 + 3 * index] for index in range(count)]
        reading.sampling = {row[0]: (row[1] >> 4, row[1] & 15) for row in rows}
        reading.missing_bits = {component: [None] * _COEFFICIENTS for component in reading.sampling}
    elif marker == _RESTARTS:
        (reading.interval,) = struct.unpack(">H", content)
    elif marker == _SCAN:
        count = content[0]
        components = tuple(content[1 + 2 * index] for index in range(count))
        first, last, bits = content[1 + 2 * count : 4 + 2 * count]
        low, span = (bits & 15, range(first, last + 1)) if reading.is_progressive else (0, range(_COEFFICIENTS))
        for component in components:
            for coefficient in span:
                (reading.missing_bits or {})[component][coefficient] = low
        reading.last_scan, reading.last_scan_at = components, at


def _restarts_needed(reading: _JpegReading) -> int:
    """Count the restart markers of the last scan: one between any two intervals of units."""
    if not reading.interval:
        return 0
    width, height = reading.size
    across = max(one for one, _ in reading.sampling.values())
    down = max(one for _, one in reading.sampling.values())
    if len(reading.last_scan) == 1:  # not interleaved: a unit is one block of the component
        own_across, own_down = reading.sampling[reading.last_scan[0]]
        units = _up(_up(width * own_across, across), 8) * _up(_up(height * own_down, down), 8)
    else:
        units = _up(width, 8 * across) * _up(height, 8 * down)
    return _up(units, reading.interval) - 1


def _restarts_in(scan: bytes) -> int:
    return sum(scan.count(bytes((0xFF, marker))) for marker in range(0xD0, 0xD8))


def _up(number: int, unit: int) -> int:
    return -(-number // unit)
