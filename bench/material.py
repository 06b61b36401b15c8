"""The only home of what the bench measures on: real weights and faces where there are some, else drawn people."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from demo.drawing.people import write_people
from demo.real_data import find_real_data

PEOPLE, PHOTOS = 65, 10


@dataclass(frozen=True, slots=True)
class Material:
    """Weights (None: a seeded backbone) and a folder of faces."""

    weights: Path | None
    faces: Path

    @property
    def is_real(self) -> bool:
        """Whether both are real."""
        return self.weights is not None

    @property
    def name(self) -> str:
        """How rows say what they were measured on."""
        return "lfw65, VGGFace2 weights" if self.is_real else "drawn faces, seeded weights"


def find_material(environment: Mapping[str, str] = os.environ, *, work: Path) -> Material:
    """Return the real material, or draw people below `work` if there is none."""
    real = find_real_data(environment)
    if real is not None:
        return Material(real.weights, real.faces)
    drawn = work / "faces"
    if not drawn.is_dir():
        write_people(drawn, people=PEOPLE, photos=PHOTOS, seed=0)
    return Material(None, drawn)
