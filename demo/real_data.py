"""Where real weights and faces are looked for: FEDEX_DATA, then shared/data beside the checkout.

`python -m demo.real_data` prints where they are, or nothing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from contract.command_line import run as run_main
from contract.environment import path

DATA = "FEDEX_DATA"
BESIDE = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


@dataclass(frozen=True, slots=True)
class RealData:
    """A folder that has both."""

    folder: Path

    @property
    def weights(self) -> Path:
        """The VGGFace2 weights."""
        return self.folder / "weights" / "facenet_vggface2.npz"

    @property
    def faces(self) -> Path:
        """65 people of Labeled Faces in the Wild, one folder each."""
        return self.folder / "faces" / "lfw65"

    @property
    def is_there(self) -> bool:
        """Whether both are."""
        return self.weights.is_file() and self.faces.is_dir()


def find_real_data(environment: Mapping[str, str] = os.environ) -> RealData | None:
    """Return the first place that has real data, as a whole path, or None."""
    places = (environment.get(DATA), BESIDE)
    found = (_data_in(place) for place in places if place)
    return next((data for data in found if data.is_there), None)


def is_usable(place: str) -> bool:
    """Return whether a folder has real data."""
    return _data_in(place).is_there


def _data_in(place: str | Path) -> RealData:
    return RealData(path(place).resolve())


def main() -> None:
    """Print the folder of real data, if there is one."""
    real = find_real_data()
    print(real.folder if real else "", end="")


if __name__ == "__main__":
    run_main(main)
