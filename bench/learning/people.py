"""People as embeddings: data sets through a device's own prefix and the head's body, or synthetic people.

::

    lfw65, orl, faces94    photos as they are, each a crop of a face
    lfw65 whole            the same photos put into scenes, as the demo does, and found by the detector
    synthetic              directions of people, and photos around them, with spreads like those of lfw65

Embeddings of photos are computed once and kept:

    <work>/<name>.npz      embeddings float32 (n, d), owners int64 (n,)
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.isolated import in_fresh_process
from bench.measure.bundles import export_bundle
from bench.measure.embeddings import embed_with_head
from contract.bundle import read_device_bundle
from contract.training_bundle import KERAS_HEAD_FILE
from demo.album import CROPS, HEIGHT, USUAL, WIDTH, cut_portrait
from demo.drawing.scenes import draw_scene
from demo.folders import list_photos
from demo.real_data import find_real_data
from demo.shots import Sitter
from device.recognise.image import Photo, load_photo
from device.recognise.models import load_detector, load_prefix
from device.recognise.regions import RegionFinder
from device.recognise.tflite import open_runtime

DIMENSIONS, LENGTH = 512, 16
"""Of synthetic embeddings, as of the others."""

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Photos of people as embeddings, person by person."""

    name: str
    embeddings: Floats
    """(n, d)."""
    owners: Integers
    """(n,): who is in each, counted from 0."""

    @property
    def count(self) -> int:
        """How many people there are."""
        return int(self.owners.max()) + 1

    def photos_of(self, person: int) -> Integers:
        """Return the rows of one person's photos."""
        return np.flatnonzero(self.owners == person)


@dataclass(frozen=True, slots=True)
class PhotoSet:
    """A folder of real photos, and whether they are put into scenes."""

    folder: str
    whole: bool = False


PHOTO_SETS: Mapping[str, PhotoSet] = {
    "lfw65": PhotoSet("lfw65"),
    "lfw65-whole": PhotoSet("lfw65", whole=True),
    "orl": PhotoSet("orl"),
    "faces94": PhotoSet("faces94"),
}


@dataclass(frozen=True, slots=True)
class Spread:
    """How synthetic people and their photos lie about, as lfw65's do; shares of an embedding's length."""

    common: float = 0.27
    """What all photos have in common."""
    person: float = 0.845
    photo: float = 0.46
    """On average; each photo's own is log-normal about it."""
    unlike: float = 0.25
    """Standard deviation of the logarithm of that."""
    decay: float = 0.026
    """By what power of e the spread falls from one direction to the next, of people and of photos alike."""


def real_folders(environment: Mapping[str, str] = os.environ) -> Mapping[str, Path]:
    """Return the folder of every set of real photos that is there."""
    real = find_real_data(environment)
    if real is None:
        return {}
    folders = {name: real.faces.parent / one.folder for name, one in PHOTO_SETS.items()}
    return {name: folder for name, folder in folders.items() if folder.is_dir()}


def read_people(name: str, *, work: Path) -> People:
    """Return the people of a set of real photos; their embeddings are computed the first time."""
    kept = work / f"{name}.npz"
    if not kept.is_file():
        whole = PHOTO_SETS[name].whole
        bundle = export_bundle(work, detector="back" if whole else "none")
        features, owners = in_fresh_process(_features, bundle / "device", real_folders()[name], whole=whole)
        embeddings = in_fresh_process(embed_with_head, bundle / "training" / KERAS_HEAD_FILE, features)
        part = kept.with_suffix(".part.npz")
        np.savez(part, embeddings=embeddings, owners=owners)
        part.replace(kept)
    with np.load(kept) as arrays:
        return People(name, arrays["embeddings"], arrays["owners"])


def draw_people(count: int, *, photos: int, seed: int, spread: Spread = Spread()) -> People:
    """Return synthetic people with so many photos each."""
    random = np.random.default_rng((seed, count, photos))
    common = _directions(random, 1, spread.decay)
    persons = _directions(random, count, spread.decay).repeat(photos, axis=0)
    own = _directions(random, count * photos, spread.decay)
    unlike = np.exp(random.normal(0, spread.unlike, (len(own), 1)))
    drawn = spread.common * common + spread.person * persons + spread.photo * unlike * own
    units = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return People(f"synthetic{count}", (LENGTH * units).astype(np.float32), np.arange(count).repeat(photos))


def near_duplicates(embeddings: Floats, random: np.random.Generator, *, spread: float = 0.2) -> Floats:
    """Return photos like those of the same moments: `spread` is the length of what differs, in shares of a photo's."""
    noise = random.normal(size=embeddings.shape)
    lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
    moved: Floats = (embeddings + spread * lengths * noise / np.linalg.norm(noise, axis=1, keepdims=True)).astype(
        np.float32
    )
    return moved


def _directions(random: np.random.Generator, count: int, decay: float) -> NDArray[np.float64]:
    drawn = random.normal(size=(count, DIMENSIONS)) * np.exp(-decay * np.arange(DIMENSIONS))
    units: NDArray[np.float64] = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return units


def _features(bundle: Path, faces: Path, *, whole: bool) -> tuple[Floats, Integers]:
    device, runtime = read_device_bundle(bundle), open_runtime()
    prefix = load_prefix(device, runtime=runtime, threads=1)
    detector = load_detector(device, runtime=runtime, threads=1)
    finder = RegionFinder(device.input, detector.run if detector else None)
    features: list[Floats] = []
    owners: list[int] = []
    for number, (person, path) in enumerate(_photos(faces)):
        photo, sitter = _in_a_scene(path, number) if whole else (load_photo(path), Sitter(path.parent.name))
        region = sitter.find(finder.find(photo))
        if region is not None:
            features.append(prefix.run(region.values[np.newaxis])[0])
            owners.append(person)
    return np.stack(features), np.array(owners, np.int64)


def _photos(faces: Path) -> Iterator[tuple[int, Path]]:
    for person, (_, photos) in enumerate(sorted(list_photos(faces).items())):
        for path in sorted(photos):
            yield person, path


def _in_a_scene(path: Path, number: int) -> tuple[Photo, Sitter]:
    """Put a photo into a scene of its own, the face as wide as in the demo's."""
    random = np.random.default_rng(number)
    side = round(random.uniform(*USUAL) * HEIGHT / CROPS.face)
    scene = draw_scene([cut_portrait(path, CROPS)], random, sides=[side], width=WIDTH, height=HEIGHT)
    return Photo(scene.pixels), Sitter(path.parent.name, scene.spots[0])
