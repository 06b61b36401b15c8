"""Small PNG files, written chunk by chunk, so that their bytes hang on no library; and files that are no photos."""

import struct
import zlib
from collections.abc import Mapping

GREY, COLOUR, PALETTE, GREY_ALPHA, COLOUR_ALPHA = 0, 2, 3, 4, 6
"""PNG's colour types (RFC 2083, section 4.1.1)."""
MAGIC = b"\x89PNG\r\n\x1a\n"
SIX = bytes(range(10, 190, 10))
"""Two rows of three pixels R, G, B."""


def chunk(name: bytes, content: bytes, *, damaged: bool = False) -> bytes:
    """One chunk; its checksum may be wrong."""
    crc = zlib.crc32(name + content) ^ damaged
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", crc)


def header(width: int, height: int, *, colour: int = COLOUR, bits: int = 8, interlaced: bool = False) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, interlaced))


def stored(rows: bytes, stride: int) -> bytes:
    """Rows as a zlib stream of one stored block: no library decides its bytes (RFC 1951, section 3.2.4)."""
    return in_one_block(b"".join(b"\0" + rows[at : at + stride] for at in range(0, len(rows), stride)))


def in_one_block(filtered: bytes) -> bytes:
    block = struct.pack("<BHH", 1, len(filtered), len(filtered) ^ 0xFFFF) + filtered
    return b"\x78\x01" + block + struct.pack(">I", zlib.adler32(filtered))


def png(
    rows: bytes,
    *,
    width: int = 3,
    height: int = 2,
    colour: int = COLOUR,
    bits: int = 8,
    before: bytes = b"",
    after: bytes = b"",
    end: bytes = chunk(b"IEND", b""),
) -> bytes:
    head = header(width, height, colour=colour, bits=bits)
    return MAGIC + head + before + chunk(b"IDAT", stored(rows, len(rows) // height)) + after + end


def interlaced(*passes: bytes) -> bytes:
    """Three pixels by two: the passes of Adam7 that hold any are of one, one, one and three pixels."""
    rows = b"".join(b"\0" + one for one in passes)
    pixels = chunk(b"IDAT", in_one_block(rows))
    return MAGIC + header(3, 2, interlaced=True) + pixels + chunk(b"IEND", b"")


PASSES = (SIX[0:3], SIX[6:9], SIX[3:6], SIX[9:18])


def turned(orientation: int) -> bytes:
    """EXIF in big-endian TIFF with nothing but an orientation (EXIF 2.32, tag 0x0112)."""
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    return chunk(b"eXIf", b"MM\0*" + struct.pack(">IH", 8, 1) + entry + bytes(4))


ALPHA = bytes((200, 100, 50, 0, 10, 20, 30, 255, 1, 2, 3, 128, 250, 251, 252, 7, 0, 0, 0, 0, 9, 9, 9, 9))
PHOTOS: Mapping[str, bytes] = {
    "colours": png(SIX),
    "alpha is left out": png(ALPHA, colour=COLOUR_ALPHA),
    "grey": png(bytes((0, 1, 127, 128, 254, 255)), colour=GREY),
    "grey with alpha": png(bytes((0, 255, 1, 0, 127, 9, 128, 0, 254, 1, 255, 0)), colour=GREY_ALPHA),
    "one bit": png(bytes((0b10100000, 0b01000000)), colour=GREY, bits=1),
    "grey of 16 bits: the upper 8 count": png(struct.pack(">6H", 0, 255, 256, 511, 65279, 65535), colour=GREY, bits=16),
    "colours of 16 bits: the upper 8 count": png(struct.pack(">18H", *range(100, 64900, 3600)), bits=16),
    "a palette, some of it transparent": png(
        bytes((0, 1, 2, 2, 1, 0)),
        colour=PALETTE,
        before=chunk(b"PLTE", bytes((255, 0, 0, 0, 255, 0, 1, 2, 3))) + chunk(b"tRNS", bytes((0, 128))),
    ),
    "a colour that stands for transparent": png(SIX, before=chunk(b"tRNS", struct.pack(">3H", 10, 20, 30))),
    "a gamma that is not applied": png(SIX, before=chunk(b"gAMA", struct.pack(">I", 100_000))),
    "text with a wrong checksum": png(SIX, before=chunk(b"tEXt", b"Comment\0hello", damaged=True)),
    "text behind the pixels with a wrong checksum": png(SIX, after=chunk(b"tEXt", b"Comment\0hello", damaged=True)),
    "interlaced": interlaced(*PASSES),
    "black at its end": png(SIX[:9] + bytes(9)),
    "without an end": png(SIX, end=b""),
    **{f"EXIF orientation {turn}": png(SIX, before=turned(turn)) for turn in range(10)},
}
"""Each with its pixels, as SPEC section 2 says."""
NO_PHOTOS: Mapping[str, bytes] = {
    "nothing": b"",
    "text": b"not a photo at all",
    "zeros": bytes(64),
    "a PNG without pixels": MAGIC + header(3, 2) + chunk(b"IEND", b""),
    "a PNG cut within its pixels": png(SIX, end=b"")[:-20],
    "a PNG whose pixels end too soon": MAGIC + header(3, 2) + chunk(b"IDAT", stored(SIX[:9], 9)) + chunk(b"IEND", b""),
    "an interlaced PNG without its last pass": interlaced(*PASSES[:3]),
    "a PNG with a wrong checksum of its size": MAGIC + header(3, 2)[:-1] + b"x" + chunk(b"IDAT", stored(SIX, 9)),
    "a PNG of no width": MAGIC + header(0, 1) + chunk(b"IDAT", stored(b"\0", 1)) + chunk(b"IEND", b""),
    "a PNG of 64,000,001 pixels": MAGIC + header(64_000_001, 1) + chunk(b"IEND", b""),
    "a PNG of 3,600,000,000 pixels": MAGIC + header(60_000, 60_000) + chunk(b"IEND", b""),
    "a JPEG's beginning": bytes.fromhex("ffd8ffe000104a46494600010100000100010000"),
    "a web page": b"<!DOCTYPE html><html>",
}
"""What no client takes for a photo."""
