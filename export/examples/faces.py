"""People and their photos, read from folders (`export.examples.photo_folders`): everything in these must be a photo.

What cannot be used is told at once, in one error, after all of it was looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contract.callbacks import Progress, ignore
from contract.holdout import Split, assign_split
from contract.inputs import PhotoInput
from contract.samples import SAMPLE_ID_BYTES, sample_id
from device.errors import PhotoError
from device.recognise.image import Photo, load_photo
from device.recognise.preparation import prepare
from export.errors import FacesError
from export.examples.photo_folders import find_people, find_photos, raise_together

FEWEST_PEOPLE = 2
BASE_SECRET = b"fedex-base" + bytes(6)
"""A device's secret hides its photos' ids; base samples have nothing to hide."""


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Photos of people, person by person; a photo that one person has twice is there once."""

    names: tuple[str, ...]
    photos: NDArray[np.uint8]
    """(n, *input shape), as the prefix takes them."""
    labels: NDArray[np.uint32]
    """(n,), indices into `names`."""
    sample_ids: NDArray[np.uint8]
    """(n, 16)."""
    passed_over: int = 0
    """Files and folders beside the photos that systems, cameras and programs have left."""

    def held_out(self) -> NDArray[np.bool_]:
        """Tell which photos (n,) judge a head, by the contract's split; the others train it."""
        before: dict[int, int] = defaultdict(int)
        judges = []
        for label, photo_id in zip(self.labels.tolist(), self.sample_ids, strict=True):
            judges.append(assign_split(photo_id.tobytes(), before[label]) is Split.HELD_OUT)
            before[label] += 1
        return np.array(judges, bool)


def read_faces(directory: Path, *, photo_input: PhotoInput, progress: Progress = ignore) -> People:
    """Read the people of a folder; `progress` is told the photos read, and of how many.

    Raises:
        FacesError: no such folder, fewer than two people, one without photos, two of the same name, a name that cannot
            be a label, or one photo in two people's folders; or several things that cannot be used.
        PhotoError: a single file that is no photo.
    """
    found = find_people(directory)
    problems: list[Exception] = list(found.problems)
    reading = _Reading(problems, photo_input)
    folders = [*found.photos.values(), *found.unlabelled]
    paths = [(index, path) for index, photos in enumerate(folders) for path in photos]
    for done, (index, path) in enumerate(paths, 1):
        reading.add(path, index)
        progress(done, len(paths))
    raise_together(f"faces {directory}", problems)
    if len(found.photos) < FEWEST_PEOPLE:
        expected = f"at least {FEWEST_PEOPLE} people, one folder each"
        raise FacesError(f"faces {directory}", expected=expected, got=f"{len(found.photos)}")
    ids = reading.owners
    return People(
        names=tuple(found.photos),
        photos=np.stack(reading.photos),
        labels=np.array(reading.labels, np.uint32),
        sample_ids=np.frombuffer(b"".join(ids), np.uint8).reshape(len(ids), SAMPLE_ID_BYTES),
        passed_over=len(found.passed_over),
    )


def read_photos(directory: Path, *, photo_input: PhotoInput, count: int) -> NDArray[np.uint8]:
    """Read at most `count` photos, uint8 (n, *input shape), from all over a folder and the folders in it.

    Raises:
        FacesError: no such folder, nothing in it, or several files that are no photos.
        PhotoError: a single file that is no photo.
    """
    files = find_photos(directory)
    if not files:
        raise FacesError(f"photos {directory}", expected="at least one photo", got="an empty folder")
    problems: list[Exception] = []
    chosen = [files[index] for index in np.unique(np.linspace(0, len(files) - 1, count).astype(int))]
    photos = [prepare(photo, photo_input) for photo in _loaded(chosen, problems)]
    raise_together(f"photos {directory}", problems)
    return np.stack(photos)


def _loaded(paths: Iterable[Path], problems: list[Exception]) -> Iterable[Photo]:
    for path in paths:
        try:
            yield load_photo(path)
        except PhotoError as error:
            problems.append(error)


@dataclass(slots=True)
class _Reading:
    """Photos of people, as far as they are read."""

    problems: list[Exception]
    photo_input: PhotoInput
    photos: list[NDArray[np.uint8]] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    owners: dict[bytes, int] = field(default_factory=dict)
    """Sample id -> whose it is; in the order of the photos."""

    def add(self, path: Path, person: int) -> None:
        """Read one photo of a person, unless it has been read already."""
        for photo in _loaded([path], self.problems):
            name = sample_id(BASE_SECRET, photo.pixels)
            if self.owners.setdefault(name, person) != person:
                expected, got = "a photo of one person", "one that is in another folder too"
                self.problems.append(FacesError(str(path), expected=expected, got=got))
            elif len(self.owners) > len(self.photos):
                self.photos.append(prepare(photo, self.photo_input))
                self.labels.append(person)
