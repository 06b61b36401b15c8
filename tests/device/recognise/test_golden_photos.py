"""Golden photos and what is none: FEDEX_WRITE_GOLDEN=1 writes them anew, as tests/contract/test_golden.py says."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from contract.documents import Json
from device.errors import PhotoError
from device.recognise.image import decode_photo
from tests.contract.test_golden import GOLDEN, compact
from tests.device.recognise.golden_photos import NO_PHOTOS, PHOTOS


def photo_vector(name: str, data: bytes) -> Json:
    height, width, _ = (pixels := decode_photo(data).pixels).shape
    return {"what": name, "file": data.hex(), "width": width, "height": height, "pixels": pixels.tobytes().hex()}


def written(path: Path, vectors: list[Json]) -> list[dict[str, Any]]:
    fresh = compact(vectors)
    if os.environ.get("FEDEX_WRITE_GOLDEN") == "1":
        path.write_bytes(fresh)
    assert path.read_bytes() == fresh
    vectors_there: list[dict[str, Any]] = json.loads(fresh)
    return vectors_there


def test_golden_photos_are_read_as_the_page_says() -> None:
    vectors = written(GOLDEN / "photos.json", [photo_vector(name, data) for name, data in PHOTOS.items()])
    pixels = {one["what"]: bytes.fromhex(one["pixels"]) for one in vectors}
    assert pixels["alpha is left out"] == bytes(byte for at, byte in enumerate(bytes_with_alpha()) if at % 4 != 3)
    assert pixels["colours of 16 bits: the upper 8 count"] == bytes(value >> 8 for value in range(100, 64900, 3600))
    assert pixels["a palette, some of it transparent"][:9] == bytes((255, 0, 0, 0, 255, 0, 1, 2, 3))
    untouched = (
        "interlaced",
        "text with a wrong checksum",
        "without an end",
        "a gamma that is not applied",
        "EXIF orientation 0",
    )
    assert {pixels[what] for what in untouched} == {pixels["colours"]}
    assert pixels["EXIF orientation 3"] == b"".join(pixels["colours"][at : at + 3] for at in range(15, -1, -3))


def bytes_with_alpha() -> bytes:
    """The rows of the photo with alpha, as they lie in its stored block: each after its filter byte."""
    data = PHOTOS["alpha is left out"]
    start = data.index(b"IDAT") + 4 + 2 + 5
    return data[start + 1 : start + 13] + data[start + 14 : start + 26]


def test_golden_files_that_are_no_photos_are_refused() -> None:
    vectors: list[Json] = [{"why": name, "file": data.hex()} for name, data in NO_PHOTOS.items()]
    for one in written(GOLDEN / "refusals" / "photos.json", vectors):
        with pytest.raises(PhotoError):
            decode_photo(bytes.fromhex(one["file"]))
