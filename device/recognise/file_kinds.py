"""Names what a file is that is no photo of a kind we open, by its first bytes, and says what to do with it."""

from __future__ import annotations

import re

HEIC, AVIF = "a HEIC photo", "an AVIF photo"
EMPTY = "an empty file"

_SAVE = "save it as JPEG or PNG"
_ADVICE = {
    HEIC: f"{_SAVE}, or install the extra fedex[heic]",
    EMPTY: "copy it again",
}
_BRAND_AT, _BRANDS = 8, 64
"""A file of boxes (ISO 14496-12) begins with its length, "ftyp" and the brands it keeps to."""
_OF_BRAND = {
    **dict.fromkeys((b"avif", b"avis"), AVIF),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), HEIC),
    b"crx ": "a camera's raw photo",
}
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (rb"II\*\0.{4}CR|IIRO|IIRS|IIU\0|FUJIFILMCCD-RAW|\0MRM|FOVb", "a camera's raw photo"),
    (rb"II[*+]\0|MM\0[*+]", "a TIFF file or a camera's raw photo"),
    (rb"%PDF", "a PDF document"),
    (rb"%!PS|\xc5\xd0\xd3\xc6", "a PostScript file"),
    (rb"8BPS", "a Photoshop file"),
    (rb"\xff\x0a|\0\0\0\x0cJXL ", "a JPEG XL photo"),
    (rb"\xff\x4f\xff\x51|\0\0\0\x0cjP  ", "a JPEG 2000 photo"),
    (rb"\0\0[\x02\x03\x0a\x0b]\0{5}(?!\0{8})|\0\x01[\x01\x09]\0\0..[\x0f\x10\x18\x20]", "a Targa picture"),
    (rb"\0\0[\x01\x02]\0", "an icon"),
    (rb"\x1aE\xdf\xa3|RIFF.{4}AVI |\0\0\x01[\xb3\xba]|FLV\x01|0&\xb2u\x8ef\xcf\x11", "a video"),
    (rb"RIFF.{4}WAVE|ID3|OggS|fLaC|\xff[\xf2\xf3\xfb]", "a sound"),
    (rb"PK\x03\x04|7z\xbc\xaf|Rar!|\x1f\x8b|BZh|\xfd7zXZ", "an archive"),
    (rb"\x93NUMPY", "a tensor (.npy)"),
    (rb"version https://git-lfs", "a Git LFS pointer"),
    (rb"\s*(?:<\?xml.{0,400}?|<!--.{0,400}?-->\s*)?(?:<!DOCTYPE svg.{0,400}?)?<svg\b", "an SVG drawing"),
    (rb"\s*<(?:!doctype html|html)\b", "a web page"),
    (rb"\0{16}", "a file of zeros"),
)
_WHAT_TO_DO = {
    "a video": "take a picture from it",
    "a sound": "leave it out",
    "a tensor (.npy)": "save its pixels as PNG, or use a bundle that takes tensors",
    "an archive": "unpack it",
    "a Git LFS pointer": "fetch it with `git lfs pull`",
    "a web page": "download the photo itself",
    "a file of zeros": "copy it again",
    "a PDF document": "save its picture as JPEG or PNG",
}
_MARK = re.compile(rb"\xef\xbb\xbf")


def kind_of(data: bytes) -> str | None:
    """Name the kind of a file ("a TIFF file ..."), or return None where its first bytes say nothing."""
    if not data:
        return EMPTY
    if data[4:8] == b"ftyp":
        return _kind_of_boxes(data)
    start = _MARK.sub(b"", data[:4096], count=1)
    return next(
        (kind for beginning, kind in _BEGINNINGS if re.match(beginning, start, re.DOTALL | re.IGNORECASE)), None
    )


def advice_for(kind: str) -> str:
    """Say in a few words what to do with a file of this kind."""
    return _ADVICE.get(kind) or _WHAT_TO_DO.get(kind, _SAVE)


def _kind_of_boxes(data: bytes) -> str:
    """Judge by the main brand, then by those it says it also keeps to; what is left holds film."""
    end = min(int.from_bytes(data[:4], "big"), _BRANDS)
    brands = [data[_BRAND_AT:12], *(data[at : at + 4] for at in range(16, end, 4))]
    if any(_OF_BRAND.get(brand) == AVIF for brand in brands):
        return AVIF
    return next((_OF_BRAND[brand] for brand in brands if brand in _OF_BRAND), "a video")
