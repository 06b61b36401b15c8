"""Folders of photos, one folder a person: who is in one, and one with the first head's base alone."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from demo.errors import DemoError
from demo.roles import Person
from device.errors import PhotoError
from device.recognise.image import load_photo
from export.errors import ExamplesError
from export.examples.photo_folders import PhotoFolders, find_people
from export.examples.problems import raise_together

PHOTO_SUFFIXES = frozenset(
    {
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".gif", ".ppm", ".pgm", ".pbm", ".heic", ".heif"),
        *(".avif", ".tif", ".tiff"),
    }
)
"""What is meant to be a photo, one that cannot be opened too: it is told then. Other files are passed over."""


def list_photos(directory: Path) -> dict[str, list[Path]]:
    """Return each person's photos, people and photos by name, from one folder a person.

    Raises:
        DemoError: there is no such folder, nobody in it, or folders that cannot be used: all of them are told.
    """
    people = look_for_people(directory)
    return {name: [path for path in photos if _is_photo(path)] for name, photos in people.photos.items()}


def count_passed_over(directory: Path) -> int:
    """Count the files and folders there that `list_photos` passes over."""
    people = look_for_people(directory)
    others = (path for photos in people.photos.values() for path in photos if not _is_photo(path))
    return len(people.passed_over) + sum(1 for _ in others)


def look_for_people(directory: Path) -> PhotoFolders:
    """Find everybody's folder and files. Raises as `list_photos`."""
    if not directory.is_dir():
        raise DemoError(f"{directory}: expected a folder with one folder a person, got nothing of that name")
    people = find_people(directory)
    if people.problems:
        _tell_all(directory, people)
    if not people.photos:
        raise DemoError(f"{directory}: expected one folder a person, got none")
    return people


def lay_out_base(people: Iterable[Person], directory: Path) -> None:
    """Copy the base photos of everyone who has some to `directory`, which is made anew."""
    shutil.rmtree(directory, ignore_errors=True)
    for person in people:
        for photo in person.base:
            (directory / person.name).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(photo, directory / person.name / photo.name)


def _tell_all(directory: Path, people: PhotoFolders) -> None:
    """Raise what is wrong with folders, and with the photos in them, as one `DemoError`."""
    problems: list[Exception] = list(people.problems)
    for path in (path for photos in (*people.photos.values(), *people.unlabelled) for path in photos):
        try:
            if _is_photo(path):
                load_photo(path)
        except PhotoError as error:
            problems.append(error)
    try:
        raise_together(str(directory), problems)
    except (ExamplesError, PhotoError) as error:
        raise DemoError(str(error)) from error


def _is_photo(path: Path) -> bool:
    return path.suffix.lower() in PHOTO_SUFFIXES
