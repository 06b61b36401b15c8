"""Roles: who is new to the first head, and whose photos are tested, make the base, or are uploaded.

Each person's photos are taken by name. The odd ones (first, third, ...) are only ever tested. Of the even ones, the
first two make the first head's base and the next three are uploaded; a new person's base photos are not used at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from demo.errors import TooFewPhotos

BASE_PHOTOS = 2
UPLOADED_PHOTOS = 3
LEAST_PHOTOS = 2 * (BASE_PHOTOS + UPLOADED_PHOTOS)
NEW_SHARE = 15 / 65
"""The share of all people whom the first head does not know."""


@dataclass(frozen=True, slots=True)
class Person:
    """One person's role; the three groups of photos have nothing in common."""

    name: str
    is_new: bool
    base: tuple[Path, ...]
    uploads: tuple[Path, ...]
    tests: tuple[Path, ...]


def assign_roles(
    photos: Mapping[str, Sequence[Path]], *, seed: int, new_share: float = NEW_SHARE
) -> tuple[Person, ...]:
    """Return everybody's role, by name; `seed` chooses who is new (15 of 65, and as many of any other number).

    Raises:
        TooFewPhotos: somebody has fewer than ten photos.
    """
    names = sorted(photos)
    chosen = np.random.default_rng(seed).permutation(len(names))[: round(len(names) * new_share)]
    new = {names[index] for index in chosen}
    return tuple(_role(name, photos[name], is_new=name in new) for name in names)


def _role(name: str, photos: Sequence[Path], *, is_new: bool) -> Person:
    if len(photos) < LEAST_PHOTOS:
        raise TooFewPhotos(f"{name}: expected at least {LEAST_PHOTOS} photos, got {len(photos)}")
    in_order = sorted(photos)
    even = in_order[1::2]
    return Person(
        name=name,
        is_new=is_new,
        base=() if is_new else tuple(even[:BASE_PHOTOS]),
        uploads=tuple(even[BASE_PHOTOS : BASE_PHOTOS + UPLOADED_PHOTOS]),
        tests=tuple(in_order[0::2]),
    )
