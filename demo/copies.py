"""The only home of photos that are there twice, by their files' bytes: ignored within a person, refused between two.

To a device a photo and its copy are one sample; a demo that counted both would wait for a sample that never comes.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from demo.errors import DemoError


@dataclass(frozen=True, slots=True)
class Distinct:
    """Each person's photos, every one different, and the copies that were left out."""

    photos: dict[str, list[Path]]
    copies: list[Path]


def without_copies(people: Mapping[str, Sequence[Path]]) -> Distinct:
    """Leave out what a person has twice; of a photo and its copies the first stays.

    Raises:
        DemoError: a photo is in two people's folders, or cannot be read.
    """
    first: dict[bytes, tuple[str, Path]] = {}
    distinct = Distinct({name: [] for name in people}, [])
    for name, photo in ((name, photo) for name, photos in people.items() for photo in photos):
        owner, original = first.setdefault(_digest(photo), (name, photo))
        if owner != name:
            raise DemoError(f"{photo}: expected a photo of one person, got the one that is {original}, too")
        (distinct.photos[name] if original is photo else distinct.copies).append(photo)
    return distinct


def _digest(photo: Path) -> bytes:
    try:
        return hashlib.sha256(photo.read_bytes()).digest()
    except OSError as error:
        raise DemoError(f"{photo}: expected a photo, got a file that cannot be read: {error.strerror}") from error
