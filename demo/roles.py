"""Roles: who is new to the first head, and whose photos are tested, make the base, or are uploaded.

A person may be any label, and a photo any example of it. Each person's photos are taken by name. The odd ones (first,
third, ...) are only ever tested. Of the even ones, the first two make the first head's base and the next three are
uploaded, or as many as the shares say; a new person's base photos are not used at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from demo.errors import TooFewPhotos


@dataclass(frozen=True, slots=True)
class Shares:
    """How much each role gets."""

    base: int = 2
    """Photos of each person that the first head knows."""
    uploads: int = 3
    """Photos of each person."""
    new: float = 15 / 65
    """The share of all people whom the first head does not know."""

    @property
    def least_photos(self) -> int:
        """How many photos a person must have."""
        return 2 * (self.base + self.uploads)


PEOPLE = Shares()
DRAWN_PEOPLE = Shares(new=0.1)
"""Of people who do not exist. A network whose weights are seeded hardly tells them apart: with more new ones fewer of
the others are accepted, and the gate refuses every fourth head or so."""
LEAST_PHOTOS = PEOPLE.least_photos


@dataclass(frozen=True, slots=True)
class Person:
    """One person's role; the three groups of photos have nothing in common."""

    name: str
    is_new: bool
    base: tuple[Path, ...]
    uploads: tuple[Path, ...]
    tests: tuple[Path, ...]


def assign_roles(photos: Mapping[str, Sequence[Path]], *, seed: int, shares: Shares = PEOPLE) -> tuple[Person, ...]:
    """Return everybody's role, by name; `seed` chooses who is new, one at least where there are two people.

    Raises:
        TooFewPhotos: somebody has fewer photos than the shares need: ten.
    """
    names = sorted(photos)
    chosen = np.random.default_rng(seed).permutation(len(names))[
        : max(round(len(names) * shares.new), min(1, len(names) - 1))
    ]
    new = {names[index] for index in chosen}
    return tuple(_role(name, photos[name], shares, is_new=name in new) for name in names)


def spare_photos(photos: Mapping[str, Sequence[Path]], people: Sequence[Person]) -> list[Path]:
    """Return the photos that nobody's role uses, in order."""
    used = {photo for person in people for photo in (*person.base, *person.uploads, *person.tests)}
    return [photo for name in sorted(photos) for photo in sorted(photos[name]) if photo not in used]


def _role(name: str, photos: Sequence[Path], shares: Shares, *, is_new: bool) -> Person:
    if len(photos) < shares.least_photos:
        raise TooFewPhotos(f"{name}: expected at least {shares.least_photos} photos, got {len(photos)}")
    in_order = sorted(photos)
    even = in_order[1::2]
    return Person(
        name=name,
        is_new=is_new,
        base=() if is_new else tuple(even[: shares.base]),
        uploads=tuple(even[shares.base : shares.base + shares.uploads]),
        tests=tuple(in_order[0::2]),
    )
