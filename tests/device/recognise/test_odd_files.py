"""Photo files as cameras, programs and broken downloads leave them, each made here by hand, byte by byte."""

import importlib.util
import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from device.errors import PhotoError
from device.recognise import image as image_module
from device.recognise.image import MAX_JPEG_PIXELS, MAX_PIXELS, decode_photo
from tests.conftest import missing

Pixels = NDArray[np.uint8]


def draw(width: int, height: int) -> Pixels:
    """Smooth colours with some noise: what JPEG keeps well, and no two blocks the same."""
    rows, columns = np.mgrid[0:height, 0:width]
    smooth = np.stack([rows * 5 % 256, columns * 3 % 256, (rows + columns) * 2 % 256], axis=-1)
    noisy: Pixels = np.clip(smooth + np.random.default_rng(0).integers(-9, 9, smooth.shape), 0, 255).astype(np.uint8)
    return noisy


def encode(pixels: Pixels, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **options)
    return out.getvalue()


def chunk(name: bytes, content: bytes, *, crc: int | None = None, length: int | None = None) -> bytes:
    """One chunk of a PNG; its checksum and its length can be wrong."""
    right = zlib.crc32(name + content)
    return (
        struct.pack(">I", len(content) if length is None else length)
        + name
        + content
        + struct.pack(">I", right if crc is None else crc)
    )


def png(pixels: Pixels, *, before: bytes = b"", after: bytes = b"", end: bytes = chunk(b"IEND", b"")) -> bytes:
    height, width, channels = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, {3: 2, 4: 6}[channels], 0, 0, 0)
    body = chunk(b"IHDR", header) + before + chunk(b"IDAT", zlib.compress(rows)) + after + end
    return b"\x89PNG\r\n\x1a\n" + body


def itxt(keyword: bytes, text: bytes) -> bytes:
    return keyword + b"\0\0\0\0\0" + text


BOMB = zlib.compress(bytes(4 << 20))
ANCILLARY = {
    "a large text": chunk(b"tEXt", b"Comment\0" + b"x" * (3 << 20)),
    "a text that inflates to megabytes": chunk(b"zTXt", b"Comment\0\0" + BOMB),
    "a text that does not inflate": chunk(b"zTXt", b"Comment\0\0nonsense"),
    "a text of an unknown compression": chunk(b"zTXt", b"Comment\0\x07nonsense"),
    "an international text cut short": chunk(b"iTXt", b"XML:com.adobe.xmp\0\1"),
    "a checksum of a text that is wrong": chunk(b"tEXt", b"Comment\0hello", crc=1),
    "a checksum of a profile that is wrong": chunk(b"iCCP", b"sRGB\0\0" + BOMB, crc=1),
    "a profile that inflates to megabytes": chunk(b"iCCP", b"sRGB\0\0" + BOMB),
    "a profile that does not inflate": chunk(b"iCCP", b"sRGB\0\0nonsense"),
    "an empty profile": chunk(b"iCCP", b""),
    "a resolution cut short": chunk(b"pHYs", b"\0"),
    "a gamma cut short": chunk(b"gAMA", b"\0"),
    "chromaticities cut short": chunk(b"cHRM", b"\0\0\0"),
    "a rendering intent cut short": chunk(b"sRGB", b""),
    "an animation without frames": chunk(b"acTL", bytes(8)),
    "a frame out of order": chunk(b"acTL", b"\0\0\0\2\0\0\0\0") + chunk(b"fcTL", b"\0\0\0\7" + bytes(22)),
    "transparency of another kind": chunk(b"tRNS", b"\0"),
    "damaged EXIF": chunk(b"eXIf", b"MM\0*\xff\xff"),
    "EXIF with a wrong checksum": chunk(b"eXIf", b"MM\0*\0\0\0\x08", crc=1),
    "a suggested palette with a wrong checksum": chunk(b"PLTE", bytes(6), crc=1),
    "a private chunk with a wrong checksum": chunk(b"prVt", b"anything", crc=0),
    "many texts": chunk(b"tEXt", b"Comment\0" + b"x" * (1 << 20)) * 50,
}


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("what", ANCILLARY)
def test_what_is_no_pixel_never_makes_a_png_damaged(what: str, place: str) -> None:
    """Such photos were "damaged", and those with a broken beginning "something else"."""
    pixels = draw(40, 30)
    photo = decode_photo(png(pixels, **{place: ANCILLARY[what]}))
    assert np.array_equal(photo.pixels, pixels)


@pytest.mark.parametrize(
    "end",
    [b"", b"\0\0", chunk(b"IEND", b"", crc=1), chunk(b"tEXt", b"Comment\0cut", length=999), b"behind" * 9],
    ids=["none", "cut", "wrong checksum", "cut text", "something else"],
)
def test_a_png_whose_pixels_are_whole_needs_no_end(end: bytes) -> None:
    pixels = draw(40, 30)
    assert np.array_equal(decode_photo(png(pixels, end=end)).pixels, pixels)


def test_a_png_that_is_turned_stays_turned_beside_a_damaged_chunk() -> None:
    pixels = draw(40, 30)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))
    xmp = chunk(b"iTXt", itxt(b"XML:com.adobe.xmp", b'<x tiff:Orientation="6"/>'))
    for says_so in (turned, xmp):
        for damage in (b"", ANCILLARY["a profile that does not inflate"], ANCILLARY["a large text"]):
            photo = decode_photo(
                png(pixels, before=says_so + damage + ANCILLARY["a private chunk with a wrong checksum"])
            )
            assert np.array_equal(photo.pixels, np.rot90(pixels, -1))


@pytest.mark.parametrize("at", ["header", "pixels"])
def test_a_png_with_damaged_pixels_is_refused(at: str) -> None:
    """One whose pixels did not inflate was a black photo, without a word."""
    whole = png(draw(40, 30), before=ANCILLARY["a large text"])
    place = 18 if at == "header" else whole.index(b"IDAT") + 4
    with pytest.raises(PhotoError, match=r"^a\.png: (the photo is damaged|expected a photo)"):
        decode_photo(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :], where="a.png")


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.9])
def test_a_png_cut_within_its_pixels_is_refused(cut: float) -> None:
    whole = png(draw(40, 30))
    with pytest.raises(PhotoError, match="damaged"):
        decode_photo(whole[: int(len(whole) * cut)])


def pgm(maximum: int, values: list[int], *, magic: bytes = b"P5") -> bytes:
    body = b"".join(struct.pack(">H", value) for value in values)
    if magic == b"P2":
        body = " ".join(map(str, values)).encode()
    return magic + b"\n2 2\n%d\n" % maximum + body


@pytest.mark.parametrize("magic", [b"P5", b"P2"])
@pytest.mark.parametrize("maximum", [65535, 4095, 1023])
def test_a_pgm_of_16_bits_is_scaled_and_not_clipped(magic: bytes, maximum: int) -> None:
    photo = decode_photo(pgm(maximum, [0, maximum // 4, maximum // 2, maximum], magic=magic))
    assert photo.pixels[..., 0].ravel().tolist() == [0, 63, 127, 255]


OPTIONS: dict[str, dict[str, object]] = {
    "plain": {},
    "with restarts": {"restart_marker_blocks": 2},
    "with restarts a row": {"restart_marker_rows": 1},
    "without subsampling": {"subsampling": 0},
    "progressive": {"progressive": True},
    "optimised": {"optimize": True, "quality": 30},
}


@pytest.mark.parametrize("size", [(64, 48), (61, 47)])
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("grey", [False, True], ids=["colour", "grey"])
def test_a_jpeg_that_lacks_only_its_end_is_taken(options: dict[str, object], size: tuple[int, int], grey: bool) -> None:
    pixels = draw(*size)
    whole = encode(pixels[..., 0] if grey else pixels, "JPEG", **options)
    assert whole.endswith(b"\xff\xd9")
    for cut in (whole[:-2], whole[:-1]):
        assert np.array_equal(decode_photo(cut).pixels, decode_photo(whole).pixels)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("grey", [False, True], ids=["colour", "grey"])
def test_a_jpeg_cut_anywhere_else_is_refused_or_whole(options: dict[str, object], grey: bool) -> None:
    """An end marker behind a cut photo makes decoders fill what is missing with grey, without a word."""
    pixels = draw(64, 48)
    whole = encode(pixels[..., 0] if grey else pixels, "JPEG", **options)
    expected = decode_photo(whole).pixels
    refused = 0
    for cut in range(100, len(whole) - 2):
        try:
            taken = decode_photo(whole[:cut]).pixels
        except PhotoError:
            refused += 1
        else:
            assert np.array_equal(taken, expected), cut
    assert refused >= len(whole) - 2 - 100 - 8


SEGMENTS = [
    *(b"", b"\0", b"JFIF\0", b"Exif\0\0", b"MPF\0", b"MPF\0MM\0*\0\0\0\x08\0\x05", b"ICC_PROFILE\0", b"Adobe"),
    *(b"ICC_PROFILE\0\1\2x", b"Photoshop 3.0\x008BIM\x03\xed\0\0\0\0\0\x08\1", b"http://ns.adobe.com/xap/1.0/\0<x"),
]


@pytest.mark.parametrize("content", SEGMENTS)
@pytest.mark.parametrize("end", [b"", b"\xff\xd9"], ids=["without end", "with end"])
def test_what_programs_write_into_a_jpeg_never_makes_it_damaged(content: bytes, end: bytes) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    whole = encode(draw(64, 48), "JPEG", exif=exif)
    for marker in (*range(0xE0, 0xF0), 0xFE):
        segment = b"\xff" + bytes([marker]) + struct.pack(">H", len(content) + 2) + content
        odd = whole[:-2] + end
        for data in (odd[:2] + segment + odd[2:], odd[:20] + segment + odd[20:]):
            assert np.array_equal(decode_photo(data).pixels, decode_photo(whole).pixels), hex(marker)


@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 80}], ids=["lossless", "lossy"])
def test_a_webp_cut_behind_its_pixels_is_taken(options: dict[str, object]) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    whole = encode(draw(64, 48), "WEBP", exif=exif, xmp=b"<x/>" * 40, icc_profile=b"x" * 200, **options)
    expected = decode_photo(whole).pixels
    for cut in (1, 5, 100):
        assert np.array_equal(decode_photo(whole[:-cut]).pixels, expected)
    with pytest.raises(PhotoError, match="damaged"):
        decode_photo(encode(draw(64, 48), "WEBP", **options)[:-30])


def boxes(*brands: bytes) -> bytes:
    return (
        struct.pack(">I", 8 + 4 * (len(brands) + 1)) + b"ftyp" + brands[0] + bytes(4) + b"".join(brands[1:]) + bytes(99)
    )


NAMED = {
    "an empty file; copy it again": [b""],
    "an AVIF photo; save it as JPEG": [boxes(b"avif", b"mif1"), boxes(b"mif1", b"avif"), boxes(b"avis")],
    "a TIFF file": [b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"II+\0\x08\0"],
    "an SVG drawing; save it as JPEG": [
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\xef\xbb\xbf<?xml version='1.0'?>\n<!DOCTYPE svg PUBLIC ''>\n<svg/>",
    ],
    "a PDF document": [b"%PDF-1.7\n"],
    "a video; take a picture from it": [
        boxes(b"isom", b"mp42"),
        boxes(b"qt  "),
        b"\x1aE\xdf\xa3",
        b"RIFF\0\0\0\0AVI LIST",
    ],
    "a web page; download the photo itself": [b"<!DOCTYPE html><html>", b"\n<html lang=en>"],
    "a camera's raw photo": [boxes(b"crx "), b"II*\0\x10\0\0\0CR\2\0"],
    "an archive; unpack it": [b"PK\x03\x04"],
    "a JPEG XL photo": [b"\xff\x0a\0", b"\0\0\0\x0cJXL \r\n\x87\n"],
    "a Photoshop file": [b"8BPS\0\1"],
    "a Git LFS pointer; fetch it": [b"version https://git-lfs.github.com/spec/v1\n"],
    "a file of zeros; copy it again": [bytes(4096)],
    "a Targa picture; save it as JPEG": [
        encode(np.full((9, 7, 3), 9, np.uint8), "TGA"),
        encode(np.full((9, 7, 3), 9, np.uint8), "TGA", compression="tga_rle"),
        encode(np.full((9, 7), 9, np.uint8), "TGA"),
        bytes([0, 1, 1, 0, 0, 0, 1, 24]) + bytes(8),
    ],
    "an icon; save it as JPEG": [encode(np.full((16, 16, 3), 9, np.uint8), "ICO"), b"\0\0\2\0\1\0\x20\x20"],
}


@pytest.mark.parametrize(("kind", "data"), [(kind, data) for kind, files in NAMED.items() for data in files])
def test_what_is_no_photo_is_called_by_its_name_with_what_to_do(kind: str, data: bytes) -> None:
    with pytest.raises(PhotoError) as caught:
        decode_photo(data, where="a.jpg")
    assert str(caught.value).startswith(f"a.jpg: expected a photo (JPEG, PNG, WEBP, BMP, GIF, PPM), got {kind}")


def test_a_heic_photo_says_what_to_install_where_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    monkeypatch.setattr(image_module, "_opens_heic", lambda: False)
    for data in (boxes(b"heic", b"mif1"), boxes(b"mif1", b"heic"), boxes(b"msf1", b"hevc")):
        with pytest.raises(PhotoError, match=r"got a HEIC photo; save it as JPEG or PNG, or install .*fedex\[heic\]"):
            decode_photo(data)


def test_a_heic_photo_is_taken_where_the_optional_package_is() -> None:
    if importlib.util.find_spec("pillow_heif") is None:
        missing("pillow-heif (pip install pillow-heif)")
    heif = importlib.import_module("pillow_heif")
    out = io.BytesIO()
    smooth = np.repeat(np.repeat(draw(8, 6), 16, axis=0), 16, axis=1)
    heif.from_pillow(Image.fromarray(smooth)).save(out, quality=95)
    photo = decode_photo(out.getvalue())
    assert photo.pixels.shape == smooth.shape
    assert np.abs(photo.pixels.astype(int) - smooth).mean() < 12
    for damaged in (out.getvalue()[:200], out.getvalue()[:-300], boxes(b"heic", b"mif1")):
        with pytest.raises(PhotoError, match="damaged"):
            decode_photo(damaged)


def large_jpeg(width: int, height: int, *, progressive: bool = False) -> bytes:
    """A JPEG of one grey; only its rows of blocks are made, one row's bytes for all of them."""
    small = encode(np.full((16, 16), 128, np.uint8), "JPEG", quality=50, progressive=progressive)
    return _resized(small, width, height)


def _resized(small: bytes, width: int, height: int) -> bytes:
    """Another size in the header of a grey photo, and as many blocks that are like the one before."""
    frame = next(at for at in range(len(small)) if small[at : at + 2] in (b"\xff\xc0", b"\xff\xc2"))
    scan = small.index(b"\xff\xda")
    start = scan + 2 + struct.unpack_from(">H", small, scan + 2)[0]
    header = small[: frame + 5] + struct.pack(">HH", height, width) + small[frame + 9 : start]
    blocks = -(-width // 8) * -(-height // 8)
    # Annex K's tables for luminance: DC difference of 0 bits is 00, EOB is 1010.
    bits = "001010" * 4
    three = int(bits, 2).to_bytes(3, "big")
    return header + three * -(-blocks // 4) + b"\xff\xd9"


@pytest.mark.parametrize(("width", "height"), [(12000, 9000), (16320, 12240)], ids=["108 megapixels", "200 megapixels"])
def test_photos_of_large_sensors_are_taken_in_the_memory_of_smaller_ones(
    width: int, height: int, tmp_path: Path
) -> None:
    """They were refused. The pixels, and so the sample id, are those of the photo at half its size."""
    path = tmp_path / "large.jpg"
    path.write_bytes(large_jpeg(width, height))
    program = (
        "import sys\nfrom pathlib import Path\nfrom device.recognise.image import load_photo\n"
        "photo = load_photo(sys.argv[1])\n"
        "print(*photo.pixels.shape, photo.pixels.min(), photo.pixels.max())\n"
        "[peak] = [line for line in Path('/proc/self/status').read_text().splitlines() if line.startswith('VmHWM')]\n"
        "print(peak.split()[1])"  # not ru_maxrss, in which the process counts that started this one
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    shape, memory = done.stdout.splitlines()
    assert shape.split() == [str(height // 2), str(width // 2), "3", "128", "128"]
    assert int(memory) < 3 * 3 * MAX_PIXELS // 1024, "three times the pixels of the largest photo, in KiB"


def test_a_large_photo_is_read_at_the_largest_part_that_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_module, "MAX_PIXELS", 1000)
    monkeypatch.setattr(image_module, "MAX_JPEG_PIXELS", 64_000)
    for size, shape in {(31, 32): (32, 31), (64, 50): (25, 32), (101, 99): (25, 26), (250, 200): (25, 32)}.items():
        assert decode_photo(encode(draw(*size), "JPEG")).pixels.shape[:2] == shape
    for data in (
        encode(draw(64, 50), "PNG"),
        encode(draw(64, 50), "JPEG", progressive=True),
        encode(draw(300, 300), "JPEG"),
    ):
        with pytest.raises(PhotoError, match=r"expected at most .*, got (64x50|300x300)"):
            decode_photo(data)


def test_a_photo_that_is_too_large_is_told_the_bound_of_its_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A JPEG of 16001x16000 was told that 64 million pixels are the most."""
    monkeypatch.setattr(image_module, "MAX_PIXELS", 1000)
    monkeypatch.setattr(image_module, "MAX_JPEG_PIXELS", 64_000)
    for data, bound in {
        encode(draw(64, 50), "PNG"): "1000 pixels, got 64x50",
        encode(draw(300, 300), "JPEG"): "64000 pixels, got 300x300",
        encode(draw(64, 50), "JPEG", progressive=True): (
            r"1000 pixels, as the JPEG is progressive \(others: 64000\), got 64x50"
        ),
    }.items():
        with pytest.raises(PhotoError, match=f"expected at most {bound}$"):
            decode_photo(data)


def test_the_bound_of_a_jpeg_is_four_photos() -> None:
    assert MAX_JPEG_PIXELS == 4 * MAX_PIXELS


def test_alpha_is_left_out_and_colours_count_as_they_are_stored() -> None:
    values = [[[10, 20, 30, 0], [40, 50, 60, 128]], [[70, 80, 90, 255], [255, 0, 255, 1]]]
    pixels = np.array(values, np.uint8)
    photo = decode_photo(png(pixels))
    assert photo.pixels.tolist() == [[[10, 20, 30], [40, 50, 60]], [[70, 80, 90], [255, 0, 255]]]
    palette = chunk(b"PLTE", bytes([1, 2, 3, 4, 5, 6])) + chunk(b"tRNS", b"\0\x80")
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 8, 3, 0, 0, 0))
    indexed = b"\x89PNG\r\n\x1a\n" + header + palette + chunk(b"IDAT", zlib.compress(b"\0\0\1")) + chunk(b"IEND", b"")
    assert decode_photo(indexed).pixels.tolist() == [[[1, 2, 3], [4, 5, 6]]]
