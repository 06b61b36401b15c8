"""Folders of photos, one folder a person: who is in one, and one with the first head's base alone."""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from demo.errors import DemoError
from demo.roles import Person

PHOTO_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})


def list_photos(directory: Path) -> dict[str, list[Path]]:
    """Return each person's photos, people and photos by name, from one folder a person.

    Raises:
        DemoError: there is no such folder, or nobody in it.
    """
    if not directory.is_dir():
        raise DemoError(f"{directory}: expected a folder with one folder a person, got nothing of that name")
    people = {path.name: list(_photos_of(path)) for path in sorted(directory.iterdir()) if path.is_dir()}
    if not people:
        raise DemoError(f"{directory}: expected one folder a person, got none")
    return people


def lay_out_base(people: Iterable[Person], directory: Path) -> None:
    """Copy the base photos of everyone who has some to `directory`, which is made anew."""
    shutil.rmtree(directory, ignore_errors=True)
    for person in people:
        for photo in person.base:
            (directory / person.name).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(photo, directory / person.name / photo.name)


def _photos_of(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.iterdir()) if path.suffix.lower() in PHOTO_SUFFIXES)
