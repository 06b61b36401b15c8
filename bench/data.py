"""What the bench measures on: real weights and faces where there are some, else synthetic people."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from demo.drawing.people import write_people
from demo.errors import DemoError
from demo.real_data import DATA, find_real_data, is_usable

PEOPLE, PHOTOS = 65, 10
REAL = "lfw65"
"""Stands in the name of every measurement on real people."""


@dataclass(frozen=True, slots=True)
class BenchData:
    """Weights and a folder of faces."""

    weights: Path | None
    """None: a seeded backbone."""
    faces: Path

    @property
    def is_real(self) -> bool:
        """Whether both are real."""
        return self.weights is not None

    @property
    def name(self) -> str:
        """How rows say what they were measured on."""
        return f"{REAL}, VGGFace2 weights" if self.is_real else "synthetic faces, seeded weights"


def find_data(environment: Mapping[str, str] = os.environ, *, work: Path) -> BenchData:
    """Return the real data, or draw people below `work` if there are none.

    Raises:
        DemoError: the environment names real data, and there are none.
    """
    check_data(environment)
    real = find_real_data(environment)
    if real is not None:
        return BenchData(real.weights, real.faces)
    return draw_data(work)


def check_data(environment: Mapping[str, str] = os.environ) -> None:
    """Refuse an environment that names real data where there are none: drawn people would be measured for them.

    Raises:
        DemoError: as said.
    """
    named = environment.get(DATA)
    if named and not is_usable(named):
        raise DemoError(f"{DATA}: expected a folder with weights/ and faces/{REAL}/, got {named}")


def draw_data(work: Path, *, people: int = PEOPLE) -> BenchData:
    """Return people drawn below `work`, which every machine can do."""
    synthetic = work / "faces"
    if not synthetic.is_dir():
        write_people(synthetic, people=people, photos=PHOTOS, seed=0)
    return BenchData(None, synthetic)
