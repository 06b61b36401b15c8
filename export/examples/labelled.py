"""Labelled examples: what a first head is to know, and how they are gathered one by one from wherever they lie.

An example that one label has twice counts once; one that two labels have is a problem. Where faces are found, a photo
without one is passed over, and a label that has no photo left is a problem. What cannot be used is told at once, in one
error, after all of it was looked at.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.errors import shown
from contract.holdout import Split, assign_split
from contract.inputs import PhotoInput
from contract.samples import SAMPLE_ID_BYTES, face_sample_id
from device.recognise.preparation import Example, as_example, name_example
from export.errors import ExamplesError
from export.examples.problems import raise_together
from export.examples.subjects import ONE_FACE, SubjectFinder

FEWEST_LABELS = 2
BASE_SECRET = b"fedex-base" + bytes(6)
"""A device's secret hides its samples' ids; base samples have nothing to hide."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelledExamples:
    """Photos or tensors with their labels, label by label; what one label has twice is there once."""

    names: tuple[str, ...]
    inputs: NDArray[Any]
    """(n, *input shape), as the prefix takes them."""
    labels: NDArray[np.uint32]
    """(n,), indices into `names`."""
    sample_ids: NDArray[np.uint8]
    """(n, 16)."""
    passed_over: int = 0
    """Files and folders beside them that systems, cameras and programs have left."""
    without_face: tuple[str, ...] = ()
    """Where the photos are in which no face was found."""

    def held_out(self) -> NDArray[np.bool_]:
        """Tell which examples (n,) judge a head, by the contract's split; the others train it."""
        before: dict[int, int] = defaultdict(int)
        judges = []
        for label, name in zip(self.labels.tolist(), self.sample_ids, strict=True):
            judges.append(assign_split(name.tobytes(), before[label]) is Split.HELD_OUT)
            before[label] += 1
        return np.array(judges, bool)


@dataclass(slots=True)
class Gathering:
    """Labelled examples, as far as they are gathered."""

    subjects: SubjectFinder
    problems: list[Exception] = field(default_factory=list)
    _inputs: list[NDArray[Any]] = field(default_factory=list)
    _labels: list[int] = field(default_factory=list)
    _sample_ids: list[bytes] = field(default_factory=list)
    _owners: dict[bytes, int] = field(default_factory=dict)
    """The id of each photo or tensor -> the label that has it."""
    _without_face: Counter[int] = field(default_factory=Counter)
    """Label -> its photos without a face."""

    def add(self, given: Example, label: int, *, where: str) -> None:
        """Add one example of a label, unless the label has it already; one of two labels joins the problems."""
        example = as_example(given, self.subjects.input)
        name = name_example(example, BASE_SECRET)
        owner = self._owners.setdefault(name, label)
        if owner != label:
            what = "a photo" if isinstance(self.subjects.input, PhotoInput) else "a tensor"
            self.problems.append(ExamplesError(where, expected=f"{what} of one label", got="one that another has too"))
        elif len(self._owners) > len(self._labels) + self._without_face.total():
            self._take(example, name, label, where=where)

    def _take(self, example: Example, name: bytes, label: int, *, where: str) -> None:
        subject = self.subjects.find(example, where=where)
        if subject is None:
            self._without_face[label] += 1
            return
        self._inputs.append(subject.values)
        self._labels.append(label)
        self._sample_ids.append(name if subject.box is None else face_sample_id(BASE_SECRET, name, subject.box))

    def finish(self, names: Sequence[str], *, where: str, expected: str, passed_over: int = 0) -> LabelledExamples:
        """Return all of them; `expected` says what was looked for `where`.

        Raises:
            ExamplesError: anything that cannot be used, or fewer than two labels.
            PhotoError: a single file that is no photo.
        """
        for label in sorted(self._without_face.keys() - set(self._labels)):
            if label < len(names):
                got = f"none in {self._without_face[label]}"
                self.problems.append(ExamplesError(f"label {shown(names[label])}", expected=ONE_FACE, got=got))
        raise_together(where, self.problems, expected=expected)
        if len(names) < FEWEST_LABELS:
            raise ExamplesError(where, expected=f"{expected}, of at least {FEWEST_LABELS} labels", got=str(len(names)))
        return LabelledExamples(
            names=tuple(names),
            inputs=np.stack(self._inputs),
            labels=np.array(self._labels, np.uint32),
            sample_ids=np.frombuffer(b"".join(self._sample_ids), np.uint8).reshape(-1, SAMPLE_ID_BYTES),
            passed_over=passed_over,
            without_face=tuple(self.subjects.without_face),
        )
