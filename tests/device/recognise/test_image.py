import io
import os
import socket
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from contract.inputs import PhotoInput
from device.errors import PhotoError
from device.recognise.image import MAX_FILE_BYTES, Photo, decode_photo, load_photo
from device.recognise.preparation import prepare

Pixels = NDArray[Any]


SQUARE = PhotoInput(160, 160)


def draw(width: int, height: int, *, seed: int = 0) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def encode(pixels: Pixels, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **options)
    return out.getvalue()


def png_header(width: int, height: int) -> bytes:
    """Make a PNG that claims a size and holds no pixels."""
    chunks = [b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0), b"IDAT", b"IEND"]
    framed = [struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


def test_a_photo_of_the_prefix_size_passes_through_unchanged(tmp_path: Path) -> None:
    pixels = draw(160, 160)
    path = tmp_path / "photo.png"
    path.write_bytes(encode(pixels))
    photo = load_photo(path)
    assert np.array_equal(photo.pixels, pixels)
    assert prepare(photo, SQUARE) is photo.pixels


@pytest.mark.parametrize(("width", "height"), [(250, 250), (92, 112), (4000, 3000), (161, 160), (1, 1)])
def test_every_size_becomes_a_uint8_square_the_same_from_file_and_from_pixels(width: int, height: int) -> None:
    pixels = draw(width, height)
    prepared = prepare(decode_photo(encode(pixels)), SQUARE)
    assert prepared.shape == (160, 160, 3)
    assert prepared.dtype == np.uint8
    assert np.array_equal(prepared, prepare(pixels, SQUARE))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(orientation: int) -> None:
    """The eight orientations of EXIF 2.32, table 4.6.4.A: each photo must look like the first."""
    upright = draw(40, 30)
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.swapaxes(0, 1),
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].swapaxes(0, 1),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert np.array_equal(decode_photo(encode(np.ascontiguousarray(stored), exif=exif)).pixels, upright)


def test_damaged_exif_leaves_the_pixels_as_they_are() -> None:
    pixels = draw(40, 30)
    assert np.array_equal(decode_photo(encode(pixels, exif=b"Exif\0\0MM\0*\0\0\xff\xff")).pixels, pixels)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "1", "CMYK", "I;16"])
def test_other_colour_modes_become_rgb(mode: str) -> None:
    out = io.BytesIO()
    image = Image.new("I;16", (50, 40), 40000) if mode == "I;16" else Image.fromarray(draw(50, 40)).convert(mode)
    image.save(out, "JPEG" if mode == "CMYK" else "PNG")
    assert decode_photo(out.getvalue()).pixels.shape == (40, 50, 3)


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    out = io.BytesIO()
    Image.new("I;16", (8, 8), 0x4000).save(out, "PNG")
    assert decode_photo(out.getvalue()).pixels.max() == 0x40


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "expected a photo"),
        (b"not a photo at all", "expected a photo"),
        (b"II*\0\x08\0\0\0\0\0", "expected a photo"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "expected a photo"),
        (encode(draw(64, 64))[:-500], "damaged"),
        (encode(draw(64, 64), "JPEG")[:-300], "damaged"),
        (png_header(9000, 9000), "expected at most 64000000 pixels, got 9000x9000"),
        (png_header(60000, 60000), "expected at most 64000000 pixels"),
        (png_header(64, 64), "damaged"),
        (bytes(MAX_FILE_BYTES + 1), "expected at most 67108864 bytes"),
    ],
    ids=["empty", "text", "tiff", "postscript", "cut-png", "cut-jpeg", "81-mpixel", "bomb", "no-pixels", "long"],
)
def test_what_is_no_photo_is_refused_by_name(data: bytes, complaint: str) -> None:
    with pytest.raises(PhotoError, match=f"^a.jpg: .*{complaint}"):
        decode_photo(data, where="a.jpg")


@pytest.mark.parametrize("cut", range(0, 400, 7))
def test_a_photo_cut_anywhere_is_refused(cut: int) -> None:
    whole = encode(draw(16, 16))
    with pytest.raises(PhotoError):
        decode_photo(whole[: min(cut, len(whole) - 20)])


@pytest.mark.parametrize("name", ["missing.jpg", "missing/photo.jpg", "x" * 300])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(PhotoError, match="cannot be read"):
        load_photo(tmp_path / name)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((9, 9, 3), np.float32),
        np.zeros((9, 9), np.uint8),
        np.zeros((9, 9, 4), np.uint8),
        np.zeros((0, 9, 3), np.uint8),
    ],
    ids=["float", "grey", "alpha", "empty"],
)
def test_pixels_of_another_kind_are_refused(pixels: Pixels) -> None:
    with pytest.raises(PhotoError, match="expected uint8"):
        prepare(pixels, SQUARE)
    with pytest.raises(PhotoError, match="expected uint8"):
        Photo.from_pixels(pixels)


def test_what_is_not_a_file_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    """Opening a pipe that nobody writes to never ended, and neither did reading some devices."""
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
    for path, what in (
        (tmp_path / "pipe", "a pipe"),
        (tmp_path / "socket", "a socket"),
        (tmp_path, "a folder"),
        (Path("/dev/zero"), "a device"),
    ):
        with pytest.raises(PhotoError, match=f"expected a file, got {what}"):
            load_photo(path)


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(PhotoError, match=f"expected at most {MAX_FILE_BYTES} bytes, got {1 << 40}"):
        load_photo(path)


def test_a_link_to_a_photo_is_a_photo(tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(encode(draw(160, 160)))
    (tmp_path / "link").symlink_to(tmp_path / "photo.png")
    assert load_photo(str(tmp_path / "link")).pixels.shape == (160, 160, 3)
