"""Ten photos as they would be sent: as files, as pixels, and as features at each of the paper's cuts.

Real people and weights where `FEDEX_DATA` names them, else drawn people and a seeded network. Features are Keras's, at
full precision; how a prefix is quantised changes little of how they compress. Kept:

    ten-photos.npz    <cut> float32 (10, *shape) for each cut, jpeg_bytes int64 (10,), raw_bytes int64
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.data import BenchData, find_data
from bench.isolated import in_fresh_process
from contract.cuts import CUTS
from demo.folders import list_photos
from device.recognise.image import load_photo
from device.recognise.preparation import prepare

PHOTOS = 10
SENT_CUTS = tuple(name for name in CUTS if name != "full")
JPEG_QUALITY = 85

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class TenPhotos:
    """What ten photos are, in each form."""

    on: str
    """What they are of, in words."""
    features: Mapping[str, Floats]
    """By cut, (10, *shape)."""
    jpeg_bytes: int
    """Of all ten at 160x160."""
    raw_bytes: int


def read_ten_photos(work: Path) -> TenPhotos:
    """Return ten photos of ten people, through the whole network once, in a process of its own."""
    kept = work / "ten-photos.npz"
    data = find_data(work=work)
    in_fresh_process(_compute, data, kept)
    with np.load(kept) as arrays:
        features = {cut: arrays[cut] for cut in SENT_CUTS}
        return TenPhotos(data.name, features, int(arrays["jpeg_bytes"].sum()), int(arrays["raw_bytes"]))


def draw_ten_photos() -> TenPhotos:
    """Return photos that nobody took: numbers of the right shapes, for tests."""
    random = np.random.default_rng(0)
    features = {cut: random.standard_normal((PHOTOS, *CUTS[cut].feature_shape)).astype(np.float32) for cut in SENT_CUTS}
    for cut in SENT_CUTS[:-1]:  # the last is after a normalisation, the others after a ReLU
        features[cut] = np.maximum(features[cut], 0)
    return TenPhotos("numbers drawn from a seed", features, PHOTOS * 7000, PHOTOS * 160 * 160 * 3)


def _compute(data: BenchData, kept: Path) -> None:
    from export.quiet import import_quietly

    import_quietly("keras")
    import keras

    from contract.inputs import PhotoInput
    from export.network.backbone import draw_reference, load_reference
    from export.network.inception_resnet_v1 import STANDARDIZATION
    from export.network.standardization import standardized

    people = sorted(list_photos(data.faces).items())[:PHOTOS]
    photos = np.stack([prepare(load_photo(sorted(own)[0]), PhotoInput(160, 160)) for _, own in people])
    classes = len(people)
    if data.weights is None:
        network = draw_reference(classes=classes, seed=0, photos=photos)
    else:
        network = load_reference(classes=classes, weights=data.weights)
    outputs = {cut: network.get_layer(CUTS[cut].layer).output for cut in SENT_CUTS}
    found = keras.Model(network.input, outputs)(standardized(photos, STANDARDIZATION), training=False)
    features = {cut: np.asarray(found[cut], np.float32) for cut in SENT_CUTS}
    sizes = np.array([_jpeg_size(photo) for photo in photos])
    np.savez(kept, jpeg_bytes=sizes, raw_bytes=np.array(photos.nbytes), **features)


def _jpeg_size(pixels: NDArray[np.uint8]) -> int:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=JPEG_QUALITY)
    return file.tell()
