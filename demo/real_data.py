"""The only home of where real weights and faces are looked for: FEDEX_DATA, then ../shared/data beside the checkout."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


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


def find_real_data(environment: Mapping[str, str] = os.environ) -> RealData | None:
    """Return the first place that has real data, or None."""
    places = [Path(place) for place in (environment.get("FEDEX_DATA"), ROOT.parent / "shared" / "data") if place]
    found = (RealData(place) for place in places)
    return next((data for data in found if data.weights.is_file() and data.faces.is_dir()), None)
