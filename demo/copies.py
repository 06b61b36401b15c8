"""Photos that are there twice, by their pixels, or tensors: ignored within a person, refused between two.

To a device photos of the same pixels are one sample, whatever their files are; a demo that counted both would wait for
a sample that never comes.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from demo.errors import DemoError
from demo.example_files import is_tensor, load_example
from device.errors import PhotoError
from device.recognise.image import Photo
from export.examples.problems import MOST_TOLD


@dataclass(frozen=True, slots=True)
class Distinct:
    """Photos without copies."""

    photos: dict[str, list[Path]]
    """Each person's, every one different."""
    copies: list[Path]
    """What was left out."""


def without_copies(people: Mapping[str, Sequence[Path]]) -> Distinct:
    """Leave out what a person has twice; of a photo and its copies the first stays.

    Raises:
        DemoError: photos are in two people's folders, or cannot be read as photos: all of them are told.
    """
    first: dict[bytes, tuple[str, Path]] = {}
    distinct = Distinct({name: [] for name in people}, [])
    problems: list[str] = []
    for name, photo in ((name, photo) for name, photos in people.items() for photo in photos):
        try:
            owner, original = first.setdefault(_digest(photo), (name, photo))
        except (PhotoError, DemoError) as error:
            problems.append(str(error))
            continue
        if owner != name:
            what = "a tensor of one label" if is_tensor(photo) else "a photo of one person"
            problems.append(f"{photo}: expected {what}, got the one that is {original}, too")
        (distinct.photos[name] if original is photo else distinct.copies).append(photo)
    if problems:
        more = [f"and {len(problems) - MOST_TOLD} more"] if len(problems) > MOST_TOLD else []
        raise DemoError("; ".join([*problems[:MOST_TOLD], *more]))
    return distinct


def _digest(photo: Path) -> bytes:
    example = load_example(photo)
    values = example.pixels if isinstance(example, Photo) else example
    return hashlib.sha256(f"{values.dtype}{values.shape}".encode() + values.tobytes()).digest()
