"""People's photos of three kinds as features at freeze4: as they are, with small faces, and with covered ones.

A third of each person's photos are only ever tested, and ten of the others train, or as many as there are. Computed
once and kept:

    deeper-<kind>.npz    features float32 (n, *shape), owners int64 (n,), tests bool (n,), ids uint8 (n, 16)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.isolated import in_fresh_process
from bench.measure.bundles import export_bundle
from bench.measure.features import SECRET
from contract.bundle import read_device_bundle
from contract.samples import SAMPLE_ID_BYTES
from contract.self_test import PPM, SelfTest, Setup
from contract.upload import Upload, decode_upload, encode_upload
from demo.album import CROPS
from demo.folders import list_photos
from device.recognise.image import Photo, load_photo
from device.recognise.models import load_prefix
from device.recognise.preparation import name_example, prepare
from device.recognise.tflite import open_runtime

CUT = "freeze4"
TRAINING_PHOTOS, SAMPLES_AN_UPLOAD = 10, 10
TESTED = 3
"""One photo of so many is tested."""
FACE_PIXELS = 20
"""How wide a face of the small photos is."""
MASK, MASK_COLOUR = (0.18, 0.55, 0.82, 0.95), (168, 196, 214)
"""Left, top, right and bottom, in shares of a crop: the lower half of its face."""

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


def make_small(pixels: Pixels) -> Pixels:
    """Return a crop as a face of `FACE_PIXELS` shows it, at its old size."""
    image = Image.fromarray(pixels)
    shrunk = FACE_PIXELS / (CROPS.face * image.width)
    small = image.resize((round(image.width * shrunk), round(image.height * shrunk)), Image.Resampling.LANCZOS)
    return np.asarray(small.resize(image.size, Image.Resampling.BICUBIC))


def cover(pixels: Pixels) -> Pixels:
    """Return a crop with a box over the lower half of its face."""
    covered, (height, width, _) = pixels.copy(), pixels.shape
    left, top, right, bottom = (round(share * side) for share, side in zip(MASK, (width, height) * 2, strict=True))
    covered[top:bottom, left:right] = MASK_COLOUR
    return covered


KINDS: Mapping[str, Callable[[Pixels], Pixels]] = {
    "plain": lambda pixels: pixels,
    "small": make_small,
    "covered": cover,
}


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Photos of people as features, rows (n,)."""

    features: Floats
    """(n, *shape)."""
    owners: Integers
    """Who is in each, counted from 0."""
    tests: Flags
    """Which are never trained on."""
    ids: NDArray[np.uint8]
    """(n, 16), of samples."""

    def __getitem__(self, rows: Flags) -> Examples:
        return Examples(self.features[rows], self.owners[rows], self.tests[rows], self.ids[rows])

    def half_of_the_people(self) -> Integers:
        """Return every second person, in the order of a stated chance."""
        return np.sort(np.random.default_rng(0).permutation(np.unique(self.owners))[::2])


def read_examples(work: Path, kind: str, *, faces: Path) -> Examples:
    """Return the photos of a kind as features, computed in a process of their own the first time."""
    kept = work / f"deeper-{kind}.npz"
    if not kept.is_file():
        in_fresh_process(_compute, export_bundle(work, cut=CUT) / "device", faces, kind, kept)
    with np.load(kept) as arrays:
        return Examples(arrays["features"], arrays["owners"], arrays["tests"], arrays["ids"])


def choose_photos(photos: list[Path]) -> list[tuple[Path, bool]]:
    """Return the photos of one person that are used, and which of them are tested."""
    in_order = sorted(photos)
    tests = in_order[TESTED - 1 :: TESTED]
    training = [photo for photo in in_order if photo not in tests][:TRAINING_PHOTOS]
    return [*((photo, False) for photo in training), *((photo, True) for photo in tests)]


def seal(features: Floats, examples: Examples) -> tuple[Floats, float]:
    """Return features (n, *shape) as they come out of uploads by the default codec, and the bytes of a sample there."""
    self_test = SelfTest(Setup("bench", "TFLite", "cpu, 1 thread", "this machine"), PPM)
    uploads = []
    for first in range(0, len(features), SAMPLES_AN_UPLOAD):
        batch = slice(first, first + SAMPLES_AN_UPLOAD)
        labels = tuple(f"person {owner}" for owner in examples.owners[batch])
        revisions = np.ones(len(labels), np.uint32)
        upload = Upload("0" * 64, self_test, features[batch], labels, examples.ids[batch], revisions)
        uploads.append(encode_upload(upload))
    return np.concatenate([decode_upload(one).features for one in uploads]), sum(map(len, uploads)) / len(features)


def _compute(bundle: Path, faces: Path, kind: str, kept: Path) -> None:
    device = read_device_bundle(bundle)
    prefix = load_prefix(device, runtime=open_runtime(), threads=1)
    people = sorted(list_photos(faces).items())
    chosen = [(owner, *one) for owner, (_, photos) in enumerate(people) for one in choose_photos(photos)]
    photos = [Photo.from_pixels(KINDS[kind](load_photo(photo).pixels)) for _, photo, _ in chosen]
    features = np.concatenate([prefix.run(prepare(photo, device.input)[np.newaxis]) for photo in photos])
    ids = b"".join(name_example(photo, SECRET) for photo in photos)
    part = kept.with_suffix(".part.npz")
    np.savez(
        part,
        features=features,
        owners=np.array([owner for owner, _, _ in chosen], np.int64),
        tests=np.array([is_test for _, _, is_test in chosen], bool),
        ids=np.frombuffer(ids, np.uint8).reshape(-1, SAMPLE_ID_BYTES),
    )
    part.replace(kept)
