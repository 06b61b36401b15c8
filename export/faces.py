"""Folders of photos: how people and their photos are read from disk.

    DIR/<person>/<photo>    one folder a person, whose name is the label; both sorted by name, which the split follows

Names that begin with a dot, and files beside the folders, are not looked at. Everything else must be a photo.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contract.callbacks import Progress, ignore
from contract.errors import ContractError
from contract.holdout import Split, assign_split
from contract.labels import label_key, parse_label
from contract.samples import SAMPLE_ID_BYTES, sample_id
from device.recognise.image import load_photo
from export.errors import FacesError

FEWEST_PEOPLE = 2
BASE_SECRET = b"fedex-base" + bytes(6)
"""A device's secret hides its photos' ids; base samples have nothing to hide."""


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Photos of people, person by person; a photo that one person has twice is there once."""

    names: tuple[str, ...]
    photos: NDArray[np.uint8]
    """(n, 160, 160, 3), as the prefix takes them."""
    labels: NDArray[np.uint32]
    """(n,), indices into `names`."""
    sample_ids: NDArray[np.uint8]
    """(n, 16)."""

    def held_out(self) -> NDArray[np.bool_]:
        """Tell which photos (n,) judge a head, by the contract's split; the others train it."""
        before: dict[int, int] = defaultdict(int)
        judges = []
        for label, photo_id in zip(self.labels.tolist(), self.sample_ids, strict=True):
            judges.append(assign_split(photo_id.tobytes(), before[label]) is Split.HELD_OUT)
            before[label] += 1
        return np.array(judges, bool)


def read_faces(directory: Path, *, progress: Progress = ignore) -> People:
    """Read the people of a folder; `progress` is told the photos read, and of how many.

    Raises:
        FacesError: no such folder, fewer than two people, one without photos, two of the same name, a name that cannot
            be a label, or one photo in two people's folders.
        PhotoError: a file in a person's folder that is no photo.
    """
    folders = _people(directory)
    paths = [(index, path) for index, folder in enumerate(folders.values()) for path in _photos_of(folder)]
    photos: list[NDArray[np.uint8]] = []
    labels: list[int] = []
    ids: dict[bytes, int] = {}
    for done, (index, path) in enumerate(paths, 1):
        photo = load_photo(path)
        name = sample_id(BASE_SECRET, photo.pixels)
        if ids.setdefault(name, index) != index:
            raise FacesError(str(path), expected="a photo of one person", got="one that is in another folder too")
        if len(ids) > len(photos):
            photos.append(photo.prepared)
            labels.append(index)
        progress(done, len(paths))
    return People(
        names=tuple(folders),
        photos=np.stack(photos),
        labels=np.array(labels, np.uint32),
        sample_ids=np.frombuffer(b"".join(ids), np.uint8).reshape(len(ids), SAMPLE_ID_BYTES),
    )


def read_photos(directory: Path, *, count: int) -> NDArray[np.uint8]:
    """Read at most `count` photos, uint8 (n, 160, 160, 3), from all over a folder and the folders in it.

    Raises:
        FacesError: no such folder, or nothing in it.
        PhotoError: a file that is no photo.
    """
    _check_folder(directory)
    files = [path for path in sorted(directory.rglob("*")) if path.is_file() and not path.name.startswith(".")]
    if not files:
        raise FacesError(f"photos {directory}", expected="at least one photo", got="an empty folder")
    chosen = np.unique(np.linspace(0, len(files) - 1, count).astype(int))
    return np.stack([load_photo(files[index]).prepared for index in chosen])


def _people(directory: Path) -> dict[str, Path]:
    """Find the folders by label, sorted by name."""
    _check_folder(directory)
    folders = [folder for folder in _visible(directory) if folder.is_dir()]
    if len(folders) < FEWEST_PEOPLE:
        expected = f"at least {FEWEST_PEOPLE} people, one folder each"
        raise FacesError(f"faces {directory}", expected=expected, got=f"{len(folders)}")
    people: dict[str, Path] = {}
    known: dict[str, str] = {}
    for folder in folders:
        label = _label(folder)
        if known.setdefault(label_key(label), label) is not label:
            raise FacesError(str(folder), expected="a name of its own", got=f"the name of {known[label_key(label)]}")
        people[label] = folder
    return people


def _label(folder: Path) -> str:
    try:
        return parse_label(folder.name)
    except ContractError as error:
        raise FacesError(
            str(folder), expected=f"a name that can be a label: {error.expected}", got=error.got
        ) from error


def _photos_of(folder: Path) -> Sequence[Path]:
    photos = _visible(folder)
    if not photos:
        raise FacesError(str(folder), expected="at least one photo", got="an empty folder")
    return photos


def _visible(directory: Path) -> list[Path]:
    return sorted(path for path in directory.iterdir() if not path.name.startswith("."))


def _check_folder(directory: Path) -> None:
    if not directory.is_dir():
        raise FacesError(f"faces {directory}", expected="a folder", got="a file" if directory.exists() else "none")
