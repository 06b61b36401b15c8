"""Which people there are to play with: real ones where their photos are, synthetic ones everywhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from pathlib import Path

from bench.learning.people import PHOTO_SETS, People, draw_people, read_people

SYNTHETIC = {"synthetic65": 65, "synthetic200": 200, "synthetic500": 500}
STAND_IN = "synthetic65"
"""Of all people whose photos are not there."""
PHOTOS_EACH = 17
"""Of synthetic people; those of lfw65 have as many on average."""
KEPT = 8
NAMES = (*PHOTO_SETS, *SYNTHETIC)


def available(worlds: Sequence[str], *, real: Collection[str]) -> tuple[str, ...]:
    """Return the worlds that can be had, given the real ones that are there; where none can, the stand-in."""
    there = tuple(world for world in worlds if world in SYNTHETIC or world in real)
    return there or (STAND_IN,)


@lru_cache(maxsize=KEPT)
def people_of(world: str, *, work: Path, seed: int) -> People:
    """Return the people of a world, the same object for the same call; synthetic ones are others for each seed."""
    if world in SYNTHETIC:
        return draw_people(SYNTHETIC[world], photos=PHOTOS_EACH, seed=seed)
    return read_people(world, work=work)
