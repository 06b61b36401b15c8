"""Folders of examples, one folder a person or label: who is in one, and the first head's base laid out alone."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from demo.errors import DemoError
from demo.example_arrays import pack
from demo.example_files import is_photo, is_tensor
from demo.roles import Person
from device.errors import PhotoError
from device.recognise.image import load_photo
from export.errors import ExamplesError
from export.examples.photo_folders import PhotoFolders, find_people
from export.examples.problems import raise_together


def list_photos(directory: Path) -> dict[str, list[Path]]:
    """Return each person's photos, people and photos by name; tensors where there is no photo.

    Raises:
        DemoError: there is no such folder, nobody in it, or folders that cannot be used: all of them are told.
    """
    people = look_for_people(directory)
    is_example = _kind_in(people)
    return {name: [path for path in photos if is_example(path)] for name, photos in people.photos.items()}


def count_passed_over(directory: Path) -> int:
    """Count the files and folders there that `list_photos` passes over."""
    people = look_for_people(directory)
    is_example = _kind_in(people)
    others = (path for photos in people.photos.values() for path in photos if not is_example(path))
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


def lay_out_base(people: Sequence[Person], directory: Path) -> Path:
    """Lay out the base examples of everyone who has some, in `directory`, which is made anew; return what it is.

    Photos are copied, one folder a person; tensors become one `.npz` in it.
    """
    shutil.rmtree(directory, ignore_errors=True)
    base = [(person.name, photo) for person in people for photo in person.base]
    if all(is_tensor(photo) for _, photo in base):
        directory.mkdir(parents=True)
        pack(base, directory / "base.npz")
        return directory / "base.npz"
    for name, photo in base:
        (directory / name).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(photo, directory / name / photo.name)
    return directory


def _tell_all(directory: Path, people: PhotoFolders) -> None:
    """Raise what is wrong with folders, and with the photos in them, as one `DemoError`."""
    problems: list[Exception] = list(people.problems)
    for path in (path for photos in (*people.photos.values(), *people.unlabelled) for path in photos):
        try:
            if is_photo(path):
                load_photo(path)
        except PhotoError as error:
            problems.append(error)
    try:
        raise_together(str(directory), problems)
    except (ExamplesError, PhotoError) as error:
        raise DemoError(str(error)) from error


def _kind_in(people: PhotoFolders) -> Callable[[Path], bool]:
    """Return what tells an example: a photo, or where there is none in any folder a tensor."""
    return is_photo if any(is_photo(path) for photos in people.photos.values() for path in photos) else is_tensor
