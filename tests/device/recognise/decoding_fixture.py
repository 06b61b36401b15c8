"""Writes photo files of every kind, and the pixels that the Python device has of them, for clients to compare.

    python -m tests.device.recognise.decoding_fixture DIR

    DIR/KIND/NAME, NAME.rgb    a file; and width, height (32 bits, little-endian), then R, G, B of each pixel
    DIR/refused/NAME           files that are refused
    DIR/large/108-megapixels   of one grey

KIND is the file's: jpeg, png, webp, gif, bmp; or what is odd about it: odd-png, odd-jpeg, cmyk. The last written is
DIR/done.
"""

from __future__ import annotations

import io
import shutil
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

from device.recognise.image import decode_photo
from tests.device.recognise.golden_photos import header
from tests.device.recognise.test_image import png_header
from tests.device.recognise.test_odd_files import (
    ANCILLARY,
    NAMED,
    OPTIONS,
    SEGMENTS,
    Pixels,
    boxes,
    chunk,
    draw,
    encode,
    itxt,
    large_jpeg,
    png,
)

SIZE = (203, 149)
Files = Iterator[tuple[str, bytes]]


def main(folder: Path) -> None:
    """Write all of it."""
    shutil.rmtree(folder, ignore_errors=True)
    for kind, files in {
        "jpeg": jpegs(),
        "cmyk": cmyks(),
        "png": pngs(),
        "webp": webps(),
        "gif": gifs(),
        "bmp": bmps(),
        "odd-png": odd_pngs(),
        "odd-jpeg": odd_jpegs(),
    }.items():
        write(folder / kind, files)
    for part, data in (*((f"refused/{name}", data) for name, data in refused()), ("large/108-megapixels", large())):
        (folder / part).parent.mkdir(exist_ok=True)
        (folder / part).write_bytes(data)
    (folder / "done").touch()


def write(folder: Path, files: Files) -> None:
    folder.mkdir(parents=True)
    for name, data in files:
        pixels = decode_photo(data, where=name).pixels
        (folder / name).write_bytes(data)
        head = struct.pack("<II", pixels.shape[1], pixels.shape[0])
        (folder / f"{name}.rgb").write_bytes(head + pixels.tobytes())


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def turned(number: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = number
    return exif


def wide_gamut() -> bytes:
    """A profile that changes every colour where it is applied: red and blue change places in XYZ."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"tXYZ").replace(b"bXYZ", b"rXYZ").replace(b"tXYZ", b"bXYZ")


def smooth() -> Pixels:
    """As photos are: no noise of single pixels."""
    image = Image.fromarray(draw(SIZE[0] // 4, SIZE[1] // 4)).resize(SIZE, Image.Resampling.BICUBIC)
    return np.asarray(image)


def jpegs() -> Files:
    for what, pixels in (("smooth", smooth()), ("noisy", draw(*SIZE))):
        for sampling, name in enumerate(("444", "422", "420")):
            for quality in (95, 75):
                yield f"{what}-{name}-{quality}", encode(pixels, "JPEG", quality=quality, subsampling=sampling)
        yield f"{what}-progressive", encode(pixels, "JPEG", quality=90, progressive=True)
        yield f"{what}-grey", encode(pixels[..., 0], "JPEG", quality=90)
    for number in range(1, 9):
        yield f"turned-{number}", encode(smooth(), "JPEG", quality=90, exif=turned(number))
    yield "profile", encode(smooth(), "JPEG", quality=90, icc_profile=wide_gamut())


def cmyks() -> Files:
    for name, pixels in (("smooth", smooth()), ("noisy", draw(*SIZE))):
        yield name, saved(Image.fromarray(pixels).convert("CMYK"), "JPEG", quality=95)


def pngs() -> Files:
    image = Image.fromarray(draw(*SIZE))
    alpha = Image.fromarray(draw(*SIZE)[..., 1])
    for mode in ("RGB", "L", "1", "P"):
        yield mode, saved(image.convert(mode), "PNG")
    with_alpha = image.copy()
    with_alpha.putalpha(alpha)
    yield "RGBA", saved(with_alpha, "PNG")
    yield "LA", saved(with_alpha.convert("LA"), "PNG")
    yield "transparent-entry", saved(image.convert("P"), "PNG", transparency=3)
    yield "two-bits", saved(image.convert("L").quantize(4), "PNG", bits=2)
    yield "profile", saved(image, "PNG", icc_profile=wide_gamut())
    yield "profile-alpha", saved(with_alpha, "PNG", icc_profile=wide_gamut())
    deep = np.random.default_rng(1).integers(0, 1 << 16, (SIZE[1], SIZE[0], 3), np.uint16)
    yield "grey-16-bits", saved(Image.fromarray(deep[..., 0]), "PNG")
    for colour, channels in ((2, 3), (6, 4)):
        rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in np.resize(deep, (SIZE[1], SIZE[0], channels)))
        body = header(*SIZE, colour=colour, bits=16) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
        yield f"colour-{colour}-16-bits", b"\x89PNG\r\n\x1a\n" + body
    for number in range(1, 9):
        yield f"turned-{number}", saved(image, "PNG", exif=turned(number))


def webps() -> Files:
    image = Image.fromarray(smooth())
    with_alpha = image.copy()
    with_alpha.putalpha(Image.fromarray(draw(*SIZE)[..., 1]))
    frames = [Image.fromarray(np.roll(smooth(), 20 * step, axis=1)) for step in range(3)]
    for name, options in (("lossy", {"quality": 80}), ("lossless", {"lossless": True, "exact": True})):
        yield name, saved(image, "WEBP", **options)
        yield f"{name}-alpha", saved(with_alpha, "WEBP", **options)
        yield f"{name}-profile", saved(image, "WEBP", icc_profile=wide_gamut(), **options)
        yield f"{name}-turned", saved(image, "WEBP", exif=turned(6), **options)
        yield f"{name}-animated", saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], **options)


def gifs() -> Files:
    image = Image.fromarray(draw(*SIZE)).quantize(64)
    yield "plain", saved(image, "GIF")
    yield "interlaced", saved(image, "GIF", interlace=True)
    yield "transparent", saved(image, "GIF", transparency=3)
    frames = [Image.fromarray(np.roll(draw(*SIZE), 20 * step, axis=1)).quantize(32) for step in range(3)]
    yield "animated", saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50)
    whole = saved(image, "GIF", optimize=False)
    yield "smaller-picture", whole[:6] + struct.pack("<HH", SIZE[0] + 20, SIZE[1] + 10) + whole[10:]
    at = saved(image, "GIF", transparency=3)
    yield "smaller-transparent", at[:6] + struct.pack("<HH", SIZE[0] + 20, SIZE[1] + 10) + at[10:]


def bmps() -> Files:
    image = Image.fromarray(draw(*SIZE))
    for mode in ("RGB", "L", "1", "P"):
        yield mode, saved(image.convert(mode), "BMP")
    with_alpha = image.copy()
    with_alpha.putalpha(Image.fromarray(draw(*SIZE)[..., 1]))
    yield "RGBA", saved(with_alpha, "BMP")


def odd_pngs() -> Files:
    pixels = draw(40, 30)
    for name, data in ANCILLARY.items():
        for place in ("before", "after"):
            yield f"{name} {place}", png(pixels, **{place: data})
    exif = chunk(b"eXIf", turned(6).tobytes().removeprefix(b"Exif\0\0"))
    yield "turned beside damage", png(pixels, before=exif + ANCILLARY["a private chunk with a wrong checksum"])
    for name, end in (
        ("none", b""),
        ("cut", b"\0\0"),
        ("other", b"behind" * 9),
        ("xmp", chunk(b"iTXt", itxt(b"a", b"b"))),
    ):
        yield f"end {name}", png(pixels, end=end)


def odd_jpegs() -> Files:
    for name, options in OPTIONS.items():
        for grey, pixels in (("colour", draw(61, 47)), ("grey", draw(61, 47)[..., 0])):
            whole = encode(pixels, "JPEG", **options)
            yield f"{name} {grey} without end", whole[:-2]
            yield f"{name} {grey} with half an end", whole[:-1]
    whole = encode(draw(64, 48), "JPEG", exif=turned(6))
    for number, content in enumerate(SEGMENTS):
        for marker in (0xE0, 0xE1, 0xE2, 0xED, 0xEE, 0xFE):
            segment = b"\xff" + bytes([marker]) + struct.pack(">H", len(content) + 2) + content
            yield f"segment {number} {marker:x}", whole[:20] + segment + whole[20:]


def refused() -> Files:
    for number, data in enumerate(data for files in NAMED.values() for data in files):
        yield f"named-{number}", data
    yield "ppm", saved(Image.fromarray(draw(4, 4)), "PPM")
    yield "heic-without-content", boxes(b"heic", b"mif1")
    yield "81-megapixels.png", png_header(9000, 9000)
    yield "bomb.png", png_header(60000, 60000)
    yield "no-pixels.png", png_header(64, 64)
    whole = png(draw(40, 30))
    yield "damaged-header.png", whole[:18] + bytes([whole[18] ^ 1]) + whole[19:]
    place = whole.index(b"IDAT") + 4
    yield "damaged-pixels.png", whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
    yield "108-megapixels-progressive.jpg", large_jpeg(12000, 9000, progressive=True)[:60000]
    yield "300-megapixels.jpg", large_jpeg(20000, 15000)[:60000]
    buffer = io.BytesIO()
    np.save(buffer, draw(4, 4))
    yield "tensor.npy", buffer.getvalue()


def large() -> bytes:
    return large_jpeg(12000, 9000)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
