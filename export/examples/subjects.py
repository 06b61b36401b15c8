"""Subjects: what of a photo or tensor an example is, prepared as devices do: the photo's face, or all of it."""

from __future__ import annotations

from contract.inputs import ModelInput
from device.recognise.preparation import Example
from device.recognise.regions import Detector, Region, RegionFinder

ONE_FACE = "a face in at least one photo; --detector none takes photos whole"
"""What is expected of the photos of a label."""


class SubjectFinder:
    """Finds the subject of one example after the other, and remembers the photos in which no face was found.

    Args:
        model_input: what the prefix takes.
        detector: runs the bundle's detector; only an input of faces needs one.
    """

    def __init__(self, model_input: ModelInput, detector: Detector | None = None) -> None:
        self.input = model_input
        self.without_face: list[str] = []
        """Where each photo is that has none."""
        self._regions = RegionFinder(model_input, detector)

    def find(self, example: Example, *, where: str) -> Region | None:
        """Return the subject of what lies `where`; None of a photo without a face. Raises as `RegionFinder.find`."""
        subject = next((region for region in self._regions.find(example) if region.is_subject), None)
        if subject is None:
            self.without_face.append(where)
        return subject
