"""Synthetic people: what tells one from another, shapes, colours, hair, glasses, beard, and a name.

Nobody here is a real person. Lengths are in units of a canvas of 200 x 200; colours are RGB, 0 to 255.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import numpy as np

Colour = tuple[int, int, int]
Kind = TypeVar("Kind", bound=StrEnum)

FIRST_NAMES = (
    "Ada", "Bo", "Cleo", "Dara", "Edda", "Finn", "Gil", "Hana", "Ivo", "Juno", "Kai", "Lena", "Milo", "Nia",
    "Otto", "Pia", "Quin", "Rosa", "Sami", "Tove", "Ugo", "Vera", "Wim", "Xenia", "Yuri", "Zora",
)  # fmt: skip
LAST_NAMES = (
    "Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel", "Ivy", "Juniper", "Kapok", "Larch",
    "Maple", "Nutmeg", "Oak", "Pine", "Quince", "Rowan", "Spruce", "Teak", "Umber", "Vine", "Willow",
)  # fmt: skip
MAX_PEOPLE = len(FIRST_NAMES) * len(LAST_NAMES)

SKINS: tuple[Colour, ...] = (
    (255, 224, 196), (241, 194, 160), (224, 172, 125), (198, 134, 88), (150, 98, 62), (104, 66, 44), (72, 46, 34),
)  # fmt: skip
HAIRS: tuple[Colour, ...] = (
    (28, 24, 26), (74, 46, 30), (128, 78, 40), (196, 150, 80), (232, 206, 140), (168, 62, 30), (150, 150, 156),
    (232, 232, 232), (112, 40, 92), (40, 84, 128),
)  # fmt: skip
IRISES: tuple[Colour, ...] = (
    (70, 44, 26),
    (40, 30, 24),
    (88, 128, 164),
    (84, 130, 84),
    (130, 134, 140),
    (150, 106, 48),
)


class HairStyle(StrEnum):
    """How the hair is cut."""

    BALD = "bald"
    SHORT = "short"
    FRINGE = "fringe"
    PARTED = "parted"
    CURLY = "curly"
    LONG = "long"
    BOB = "bob"
    BUN = "bun"
    SPIKY = "spiky"


class Beard(StrEnum):
    """What grows below the nose."""

    NONE = "none"
    MOUSTACHE = "moustache"
    GOATEE = "goatee"
    FULL = "full"


class Glasses(StrEnum):
    """What stands before the eyes."""

    NONE = "none"
    ROUND = "round"
    SQUARE = "square"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class SyntheticPerson:
    """All that stays the same from photo to photo of one person."""

    name: str
    skin: Colour
    hair: Colour
    iris: Colour
    lips: Colour
    frames: Colour
    hair_style: HairStyle
    hair_volume: float
    beard: Beard
    glasses: Glasses
    face_width: float
    face_height: float
    jaw: float
    ear_size: float
    eye_spacing: float
    eye_size: float
    eye_height: float
    brow_weight: float
    brow_slope: float
    brow_gap: float
    nose_length: float
    nose_width: float
    mouth_width: float
    mouth_height: float
    lip_weight: float
    freckles: int


def invent_person(index: int, *, seed: int) -> SyntheticPerson:
    """Return person `index` (0 to MAX_PEOPLE - 1) of the crowd `seed`; the same arguments give the same person."""
    rng = np.random.default_rng([seed, index])
    return SyntheticPerson(
        name=person_name(index),
        skin=_shade(rng, SKINS[rng.integers(len(SKINS))], spread=14),
        hair=_shade(rng, HAIRS[rng.integers(len(HAIRS))], spread=14),
        iris=IRISES[rng.integers(len(IRISES))],
        lips=_shade(rng, (176, 84, 84), spread=36),
        frames=_shade(rng, (60, 44, 44), spread=44),
        hair_style=_one_of(rng, HairStyle, weights=(1, 2, 2, 2, 2, 2, 2, 1, 1)),
        hair_volume=rng.uniform(3, 14),
        beard=_one_of(rng, Beard, weights=(5, 1, 1, 2)),
        glasses=_one_of(rng, Glasses, weights=(5, 2, 2, 1)),
        face_width=rng.uniform(36, 50),
        face_height=rng.uniform(50, 64),
        jaw=rng.uniform(0.55, 1.0),
        ear_size=rng.uniform(6, 12),
        eye_spacing=rng.uniform(15, 23),
        eye_size=rng.uniform(6.5, 11),
        eye_height=rng.uniform(-14, -2),
        brow_weight=rng.uniform(2, 6.5),
        brow_slope=rng.uniform(-4, 4),
        brow_gap=rng.uniform(9, 16),
        nose_length=rng.uniform(14, 26),
        nose_width=rng.uniform(6, 14),
        mouth_width=rng.uniform(11, 22),
        mouth_height=rng.uniform(24, 33),
        lip_weight=rng.uniform(2.5, 7),
        freckles=int(rng.choice((0, 0, 0, 24))),
    )


def person_name(index: int) -> str:
    """Return the invented name of person `index`; distinct for 0 to MAX_PEOPLE - 1.

    Raises:
        ValueError: there are not that many names.
    """
    if not 0 <= index < MAX_PEOPLE:
        raise ValueError(f"person number: expected 0 to {MAX_PEOPLE - 1}, got {index}")
    lap, first = divmod(index, len(FIRST_NAMES))
    return f"{FIRST_NAMES[first]} {LAST_NAMES[(first + lap * 7) % len(LAST_NAMES)]}"


def _shade(rng: np.random.Generator, colour: Colour, *, spread: int) -> Colour:
    """Return the colour moved by up to `spread` in each channel."""
    red, green, blue = np.clip(np.asarray(colour) + rng.integers(-spread, spread + 1, 3), 0, 255)
    return int(red), int(green), int(blue)


def _one_of(rng: np.random.Generator, kinds: type[Kind], *, weights: tuple[int, ...]) -> Kind:
    return list(kinds)[rng.choice(len(weights), p=np.asarray(weights) / sum(weights))]
