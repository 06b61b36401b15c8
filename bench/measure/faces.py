"""How well, and in how much time, faces are found in whole photos: the stage before the prefix of a bundle of faces.

Finding is the whole procedure: letterbox, detector, merging, second looks, the square cut out. Whole photos are drawn
scenes with one person each, whose face is a quarter of the height, anywhere; crops are the same photos alone. A first
head of everybody (two base photos each) names the subject of both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.data import find_data
from bench.isolated import in_fresh_process
from bench.measure.bundles import export_bundle
from bench.row import BenchRow, NotMeasured, at_least
from bench.timing import compare
from contract.boxes import Box, overlap, whole_box
from contract.bundle import DeviceBundle, read_device_bundle
from demo.drawing.scenes import HEIGHT, WIDTH, Spot, draw_scene
from demo.folders import list_photos
from demo.roles import Shares, assign_roles
from device.errors import RuntimeUnavailable
from device.recognise.image import Photo, load_photo
from device.recognise.models import Head, load_bundled_head, load_detector, load_prefix
from device.recognise.regions import Region, RegionFinder
from device.recognise.tflite import RUNTIME_MODULES, Model, TFLiteRuntime, open_runtime

SIZES = ((250, 250), (WIDTH, HEIGHT))
ROUNDS, WARM_UP, TIMED_PHOTOS = 60, 10, 10
PHOTOS_EACH = 3
"""Of each person, none of them a base photo."""
FACE_SHARE = 0.25
"""How wide a face is, in shares of a whole photo's height."""
USUAL_SHARE = 0.6
"""How wide a face is in a crop in which none is found, in shares of its side."""
SAME_PLACE = 0.5
"""The least intersection over union of a face in a scene with that of the crop, where the crop was put."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one photo, taken whole and as a crop."""

    found: bool
    """Whether the subject of the whole photo is the person in it."""
    others: int
    """Faces that were found in it where nobody is."""
    right_whole: bool
    right_crop: bool


def measure(work: Path) -> list[BenchRow | NotMeasured]:
    """Return the time of finding on each runtime, then what is found, and accuracy."""
    bundle, data = export_bundle(work, detector="back") / "device", find_data(work=work)
    rows = [row for name in RUNTIME_MODULES for row in in_fresh_process(_measure_runtime, name, bundle, data.faces)]
    return rows + summarise(in_fresh_process(_try_photos, bundle, data.faces), of=data.name)


def summarise(outcomes: Sequence[Outcome], *, of: str) -> list[BenchRow | NotMeasured]:
    """Return the rows of what is found, and of accuracy."""
    what = f"{len(outcomes)} whole photos {WIDTH}x{HEIGHT}, faces {FACE_SHARE:g} of the height, {of}"

    def percent(values: Sequence[float]) -> float:
        return 100 * float(np.mean(values))

    crops = percent([one.right_crop for one in outcomes])
    return [
        BenchRow(f"person found, {what}", percent([one.found for one in outcomes]), "percent", goal=at_least(99)),
        BenchRow(f"faces where nobody is, {what}", percent([one.others for one in outcomes]), "in 100 photos"),
        BenchRow(
            f"right on whole photos over crops, {what}",
            percent([one.right_whole for one in outcomes]),
            "percent",
            reference=crops,
            goal=at_least(0.99),
        ),
    ]


def _measure_runtime(name: str, folder: Path, faces: Path) -> list[BenchRow | NotMeasured]:
    try:
        runtime = open_runtime(name)
    except RuntimeUnavailable as error:
        return [NotMeasured(f"finding a face, {name}", str(error))]
    setup = _Setup.of(read_device_bundle(folder), runtime)
    portraits = [setup.portrait(path) for _, path in _tests(faces)[::PHOTOS_EACH][:TIMED_PHOTOS]]
    taken = np.zeros((1, *setup.prefix.input_shape[1:]), np.uint8)
    rows: list[BenchRow | NotMeasured] = []
    for width, height in SIZES:
        photos = cycle([portrait.in_scene(seed, width, height).photo for seed, portrait in enumerate(portraits)])
        times = compare(
            lambda photos=photos: setup.finder.find(next(photos)),  # type: ignore[misc]  # bound per pass
            lambda: setup.prefix.run(taken),
            rounds=ROUNDS,
            warm_up=WARM_UP,
        )
        what = f"finding faces beside the prefix, {width}x{height}, {runtime}"
        rows.append(BenchRow(what, 1000 * times.measured_s, "ms", reference=1000 * times.reference_s))
    return rows


def _try_photos(folder: Path, faces: Path) -> list[Outcome]:
    setup = _Setup.of(read_device_bundle(folder), open_runtime())
    return [setup.try_photo(path, name=name, seed=seed) for seed, (name, path) in enumerate(_tests(faces))]


def _tests(faces: Path) -> list[tuple[str, Path]]:
    everybody = assign_roles(list_photos(faces), shares=Shares(new=0), seed=0)
    return [(person.name, photo) for person in everybody for photo in person.tests[:PHOTOS_EACH]]


@dataclass(frozen=True, slots=True, eq=False)
class _Whole:
    """A scene with one person."""

    photo: Photo
    spot: Spot


@dataclass(frozen=True, slots=True, eq=False)
class _Portrait:
    """A crop, and its subject as far as one is found."""

    pixels: NDArray[np.uint8]
    subject: Region | None

    def in_scene(self, seed: int, width: int, height: int) -> _Whole:
        """Put it into a scene, as large as its face asks for."""
        box = None if self.subject is None else self.subject.box
        share = USUAL_SHARE if box is None else (box[2] - box[0]) / self.pixels.shape[1]
        side = min(round(FACE_SHARE * height / share), height)
        scene = draw_scene([self.pixels], np.random.default_rng(seed), sides=[side], width=width, height=height)
        return _Whole(Photo(scene.pixels), scene.spots[0])

    def box_in(self, spot: Spot) -> Box | None:
        """Return where the face should be."""
        if self.subject is None or self.subject.box is None:
            return None
        scale = spot.side / self.pixels.shape[1]
        left, top, right, bottom = (edge * scale for edge in self.subject.box)
        return whole_box((spot.left + left, spot.top + top, spot.left + right, spot.top + bottom))


@dataclass(frozen=True, slots=True, eq=False)
class _Setup:
    """An open bundle."""

    finder: RegionFinder
    prefix: Model
    head: Head

    @classmethod
    def of(cls, bundle: DeviceBundle, runtime: TFLiteRuntime) -> "_Setup":
        """Open a bundle's models, each on one thread."""
        detector = load_detector(bundle, runtime=runtime, threads=1)
        assert detector is not None  # it was asked for
        prefix = load_prefix(bundle, runtime=runtime, threads=1)
        return cls(RegionFinder(bundle.input, detector.run), prefix, load_bundled_head(bundle, runtime=runtime))

    def portrait(self, path: Path) -> _Portrait:
        """Read a crop and find its subject."""
        photo = load_photo(path)
        return _Portrait(photo.pixels, _subject(self.finder.find(photo)))

    def try_photo(self, path: Path, *, name: str, seed: int) -> Outcome:
        """Name the person of a photo, in a scene and alone."""
        portrait = self.portrait(path)
        whole = portrait.in_scene(seed, WIDTH, HEIGHT)
        regions, expected = self.finder.find(whole.photo), portrait.box_in(whole.spot)
        there = [
            expected is not None and one.box is not None and overlap(one.box, expected) >= SAME_PLACE for one in regions
        ]
        return Outcome(
            found=any(is_there and one.is_subject for is_there, one in zip(there, regions, strict=True)),
            others=len(regions) - sum(there),
            right_whole=self._named(_subject(regions)) == name,
            right_crop=self._named(portrait.subject) == name,
        )

    def _named(self, region: Region | None) -> str | None:
        if region is None:
            return None
        [logits] = self.head.model.run(self.prefix.run(region.values[np.newaxis]))
        return self.head.labels[int(np.argmax(logits))]


def _subject(regions: Sequence[Region]) -> Region | None:
    return next((region for region in regions if region.is_subject), None)
