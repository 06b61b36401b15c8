"""Golden photos and what is none: FEDEX_WRITE_GOLDEN=1 writes them anew, as tests/contract/test_golden.py says."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from contract.documents import Json
from contract.fitting import fit_photo
from contract.inputs import Fit, PhotoInput
from device.errors import PhotoError
from device.recognise.image import Photo, decode_photo
from device.recognise.preparation import prepare
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


WIDTH, HEIGHT = 12, 7
PIXELS = np.array(
    [[(21 * x, 36 * y, (37 * x * y + 11 * x) % 256) for x in range(WIDTH)] for y in range(HEIGHT)], np.uint8
)


def fitted_vectors() -> list[Json]:
    """The photo as inputs smaller, larger and of its own size take it, in each fit, in colour and grey."""
    sizes = [(4, 5), (16, 16), (HEIGHT, WIDTH)]
    fits = [fit for fit in Fit if fit is not Fit.FACES]
    inputs = [PhotoInput(*size, channels, fit) for fit in fits for size in sizes for channels in (3, 1)]
    return [fitted_vector(taken) for taken in inputs]


def fitted_vector(taken: PhotoInput) -> Json:
    values = prepare(Photo.from_pixels(PIXELS), taken)
    size: dict[str, Json] = {"height": taken.height, "width": taken.width, "channels": taken.channels}
    photo: dict[str, Json] = {"width": WIDTH, "height": HEIGHT, "pixels": PIXELS.tobytes().hex()}
    return {"photo": photo, "input": {**size, "fit": taken.fit.value}, "values": values.tobytes().hex()}


def test_golden_photos_are_fitted_as_the_page_says() -> None:
    """The mean of pixels with the page's weights, in double precision, is within 1 of each byte of the reference."""
    for vector in written(GOLDEN / "fitted.json", fitted_vectors()):
        said = vector["input"]
        taken = PhotoInput(said["height"], said["width"], said["channels"], Fit(said["fit"]))
        got = np.frombuffer(bytes.fromhex(vector["values"]), np.uint8).reshape(taken.shape)
        assert np.abs(fitted_by_the_page(taken) - got).max() <= 1


def fitted_by_the_page(taken: PhotoInput) -> NDArray[np.float64]:
    """SPEC section 2, steps 2 to 4, written down as they stand there."""
    pixels = PIXELS.astype(np.int64)
    if taken.channels == 1:
        pixels = (pixels @ np.array([19595, 38470, 7471]) + 32768 >> 16)[..., np.newaxis]
    at = fit_photo(WIDTH, HEIGHT, photo_input=taken)
    part = pixels[at.part.top : at.part.top + at.part.height, at.part.left : at.part.left + at.part.width]
    down, across = weights(at.part.height, at.place.height), weights(at.part.width, at.place.width)
    fitted = np.zeros(taken.shape)
    resized = np.einsum("ij,jkc,lk->ilc", down, part, across)
    fitted[at.place.top : at.place.top + at.place.height, at.place.left : at.place.left + at.place.width] = resized
    return fitted


def weights(length: int, size: int) -> NDArray[np.float64]:
    """Of each of `length` pixels in each of `size`: (size, length), rows of sum 1."""
    step = length / size
    centres = (np.arange(size) + 0.5) * step
    each = np.maximum(0, 1 - np.abs(np.arange(length) + 0.5 - centres[:, np.newaxis]) / max(1, step))
    mean: NDArray[np.float64] = each / each.sum(axis=1, keepdims=True)
    return mean


def test_golden_files_that_are_no_photos_are_refused() -> None:
    vectors: list[Json] = [{"why": name, "file": data.hex()} for name, data in NO_PHOTOS.items()]
    for one in written(GOLDEN / "refusals" / "photos.json", vectors):
        with pytest.raises(PhotoError):
            decode_photo(bytes.fromhex(one["file"]))
