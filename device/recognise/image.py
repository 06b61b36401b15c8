"""Decodes photos: file -> oriented RGB pixels, of which `preparation` makes what a prefix takes.

The steps, each of which every client repeats in the same order::

    bounded read -> header: format, size -> decode -> EXIF orientation -> RGB     = the photo's pixels

A JPEG of more pixels than fit is decoded at a half, a quarter or an eighth of its size; those are its pixels then. What
is no pixel in a file may be damaged (`salvage`). Alpha is left out: colours count as they are stored. `export` reads
its photos here too, so that heads train on what devices compute.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import stat
import struct
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile

from device.errors import PhotoError
from device.recognise import salvage
from device.recognise.file_kinds import HEIC, advice_for, kind_of
from device.recognise.png_rows import has_all_rows

MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_PIXELS = 64 * 1000 * 1000
MAX_JPEG_PIXELS = 256 * 1000 * 1000
"""Of a JPEG, which is decoded at a part of its size, in the memory of a photo of `MAX_PIXELS`. One that comes in passes
("progressive") is not: its decoder would have to hold all of it."""

_REDUCTIONS = (2, 4, 8)
"""What JPEG decoders can divide sides by while they decode."""

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "PPM")
"""What phones and boards write. Others stay closed: Pillow would start outside programs for some of them, and libtiff
writes to standard error by itself."""

# What Pillow's decoders raise on damaged bytes; anything else is a bug that should be seen.
_DECODER_ERRORS = (OSError, SyntaxError, ValueError, EOFError, struct.error, IndexError, KeyError, TypeError)

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}

_EXIF_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """One decoded photo."""

    pixels: NDArray[np.uint8]
    """Of shape (height, width, 3), RGB, oriented as its maker meant it."""
    file_sha256: bytes | None = None
    """Of the file that it was decoded from (32 bytes); None for pixels that were never one."""

    @classmethod
    def from_pixels(cls, pixels: NDArray[np.uint8]) -> Photo:
        """Take decoded pixels, as of a camera: uint8 (height, width, 3), RGB. Raises `PhotoError` for others."""
        if not isinstance(pixels, np.ndarray):
            raise PhotoError(f"pixels: expected uint8 (height, width, 3), got a value of type {type(pixels).__name__}")
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.size == 0:
            raise PhotoError(f"pixels: expected uint8 (height, width, 3), got {pixels.dtype} {pixels.shape}")
        return cls(pixels)


def load_photo(path: Path | str) -> Photo:
    """Read and decode one photo file.

    Raises:
        PhotoError: not a file, not a photo, damaged, of over 64 MiB or over 64 million pixels (a JPEG: 256 million).
    """
    path = Path(path)
    try:
        _check_file(path)
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise PhotoError(f"{path}: cannot be read: {error.strerror or error}") from error
    return decode_photo(data, where=str(path))


def _check_file(path: Path) -> None:
    """Refuse, before it is opened, what may never end, never begin, or do something: pipes, devices, folders."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise PhotoError(f"{path}: expected a file, got {_KINDS.get(stat.S_IFMT(found.st_mode), 'something else')}")
    if found.st_size > MAX_FILE_BYTES:
        raise PhotoError(f"{path}: expected at most {MAX_FILE_BYTES} bytes, got {found.st_size}")


def decode_photo(data: bytes, *, where: str = "photo") -> Photo:
    """Decode the bytes of one photo file; bounds are checked on its header, before any pixel is decoded.

    Args:
        data: what the file holds.
        where: begins the message of an error.

    Raises:
        PhotoError: as `load_photo`.
    """
    if len(data) > MAX_FILE_BYTES:
        raise PhotoError(f"{where}: expected at most {MAX_FILE_BYTES} bytes, got more")
    return Photo(np.asarray(_decode(data, where=where)), hashlib.sha256(data).digest())


def _decode(data: bytes, *, where: str) -> Image.Image:
    """Decode the bytes as they are, or what `salvage` makes of them; the last failure says what is wrong."""
    _check_kind(data, where=where)
    try:
        return _decode_as_it_is(data, where=where)
    except PhotoError:
        raise
    except _DECODER_ERRORS as error:
        problem: Exception = error
    for attempt in _attempts(data):
        try:
            return attempt(where)
        except PhotoError:
            raise
        except _DECODER_ERRORS as error:
            problem = error
    if isinstance(problem, UnidentifiedImageError):
        raise PhotoError(f"{where}: expected a photo ({', '.join(FORMATS)}), got something else") from problem
    raise PhotoError(f"{where}: the photo is damaged: {problem}") from problem


def _check_kind(data: bytes, *, where: str) -> None:
    """Refuse by its name what is known not to be opened here."""
    kind = kind_of(data)
    if kind is None or (kind == HEIC and _opens_heic()):
        return
    expected = f"expected a photo ({', '.join(FORMATS)}), got {kind}"
    raise PhotoError(f"{where}: {expected}; {advice_for(kind)}")


def _attempts(data: bytes) -> Iterator[Callable[[str], Image.Image]]:
    if data.startswith(salvage.PNG_SIGNATURE):
        for bare in salvage.bare_pngs(data):
            yield lambda where, bare=bare: _decode_as_it_is(bare, where=where)  # type: ignore[misc]  # bound per pass
    elif data.startswith(salvage.JPEG_START):
        jpeg = salvage.bare_jpeg(data)
        yield lambda where: _decode_as_it_is(jpeg, where=where)
        if salvage.lacks_only_its_end(jpeg):
            yield lambda where: _decode_without_end(jpeg, where=where)
    elif data[:4] + data[8:12] == b"RIFFWEBP":
        yield lambda where: _decode_as_it_is(salvage.bare_webp(data), where=where)


def _decode_without_end(data: bytes, *, where: str) -> Image.Image:
    """Decode a JPEG that lacks its end marker: whatever ends it, its pixels must be the same."""
    first, *others = salvage.endings(data)
    image = _decode_as_it_is(first, where=where)
    for other in others:
        if _decode_as_it_is(other, where=where).tobytes() != image.tobytes():
            raise OSError("the end of its pixels is missing")
    return image


def _decode_as_it_is(data: bytes, *, where: str) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Pillow finds odd about metadata does not concern the pixels
            with _open(data, where=where) as image:
                _check_header(image, where=where)
                image.load()  # first, or the search for EXIF would do it, and what that swallows leave a black photo
                _check_rows(image, data)
                return _to_rgb(_orient(image))
    except Image.DecompressionBombError as error:
        raise PhotoError(f"{where}: expected at most {MAX_PIXELS} pixels, got more") from error


def _check_rows(image: Image.Image, data: bytes) -> None:
    """Refuse a PNG that ends before its pixels do, which Pillow leaves at 0."""
    if image.format != "PNG":
        return
    last = image.crop((0, image.height - 1, image.width, image.height))
    ends_black = not any(last.tobytes())
    if (ends_black or image.info.get("interlace")) and not has_all_rows(salvage.png_chunks(data)):
        raise OSError("the end of its pixels is missing")


def _open(data: bytes, *, where: str) -> Image.Image:
    if data.startswith(salvage.JPEG_START):  # `Image.open` would refuse a large one before it can be reduced
        return JpegImageFile(io.BytesIO(data))
    if kind_of(data) == HEIC:
        return _open_heic(data, where=where)
    return Image.open(io.BytesIO(data), formats=FORMATS)


def _opens_heic() -> bool:
    return importlib.util.find_spec("pillow_heif") is not None


def _open_heic(data: bytes, *, where: str) -> Image.Image:
    """Open a phone's HEIC photo by the optional package; it turns the photo itself, and leaves no orientation."""
    import pillow_heif

    photo = pillow_heif.open_heif(io.BytesIO(data))
    width, height = photo.size
    if width * height > MAX_PIXELS:
        raise PhotoError(f"{where}: expected at most {MAX_PIXELS} pixels, got {width}x{height}")
    image: Image.Image = photo.to_pillow()
    return image


def _check_header(image: Image.Image, *, where: str) -> None:
    if image.width * image.height > MAX_PIXELS and not _reduce(image):
        raise PhotoError(f"{where}: expected at most {_bound(image)}, got {image.width}x{image.height}")
    if image.mode == "F" or (image.mode == "I" and image.format != "PPM"):
        raise PhotoError(f"{where}: expected 8 or 16 bits a channel, got an image of mode {image.mode}")


def _bound(image: Image.Image) -> str:
    """Say how many pixels a photo of this kind may have."""
    if not isinstance(image, JpegImageFile):
        return f"{MAX_PIXELS} pixels"
    if _is_progressive(image):
        return f"{MAX_PIXELS} pixels, as the JPEG is progressive (others: {MAX_JPEG_PIXELS})"
    return f"{MAX_JPEG_PIXELS} pixels"


def _is_progressive(image: JpegImageFile) -> bool:
    return "progressive" in image.info


def _reduce(image: Image.Image) -> bool:
    """Have a large JPEG decoded at a part of its size, if that can be and is enough."""
    width, height = image.size
    if not isinstance(image, JpegImageFile) or _is_progressive(image) or width * height > MAX_JPEG_PIXELS:
        return False
    divisor = next(part for part in _REDUCTIONS if -(-width // part) * -(-height // part) <= MAX_PIXELS)
    image.draft(None, (width // divisor, height // divisor))
    return image.width * image.height <= MAX_PIXELS


def _orient(image: Image.Image) -> Image.Image:
    turn = _TURNS.get(_orientation(image))
    return image if turn is None else image.transpose(turn)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_EXIF_ORIENTATION, 1))
    except _DECODER_ERRORS:
        return 1  # damaged EXIF says nothing about the pixels, which are whole


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits; a plain conversion would clip at 255 instead of scaling
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    return image if image.mode == "RGB" else image.convert("RGB")
