"""Given inputs: what a bundle is compared on, and what each of them is, where its owner said so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.recognise.preparation import Example
from export.errors import ExamplesError
from export.examples.subjects import ONE_FACE, SubjectFinder


@dataclass(frozen=True, slots=True, eq=False)
class GivenInputs:
    """Photos or tensors from all over what was given."""

    inputs: NDArray[Any]
    """(n, *input shape), as the prefix takes them."""
    labels: NDArray[np.int64] | None = None
    """(n,), indices into `names`; None where nothing was said of them."""
    names: tuple[str, ...] | None = None
    """What the labels are called, in order; None where they are the network's classes by number."""
    without_face: tuple[str, ...] = ()
    """Where the photos are in which no face was found."""


@dataclass(slots=True)
class GivenGathering:
    """Given inputs, as far as they are gathered; a photo without a face is passed over where faces are found."""

    subjects: SubjectFinder
    _inputs: list[NDArray[Any]] = field(default_factory=list)
    _kept: list[bool] = field(default_factory=list)

    def add(self, example: Example, *, where: str) -> None:
        """Add one."""
        subject = self.subjects.find(example, where=where)
        self._kept.append(subject is not None)
        if subject is not None:
            self._inputs.append(subject.values)

    def finish(self, labels: NDArray[np.int64] | None, names: tuple[str, ...] | None, *, where: str) -> GivenInputs:
        """Return all of them; `labels` (n,) are of all that were added.

        Raises:
            ExamplesError: none is left.
        """
        if not self._inputs:
            raise ExamplesError(where, expected=ONE_FACE, got=f"none in {len(self._kept)}")
        kept = None if labels is None else labels[np.array(self._kept)]
        return GivenInputs(np.stack(self._inputs), kept, names, tuple(self.subjects.without_face))


def spread(count: int, most: int) -> NDArray[np.int64]:
    """Choose at most `most` of `count` places, from all over: neighbours are of one label."""
    return np.unique(np.linspace(0, count - 1, most).astype(np.int64)) if count > most else np.arange(count)


def indexed(labels: Sequence[str], names: Sequence[str]) -> NDArray[np.int64]:
    """Return the place of each label among the names."""
    places = {name: place for place, name in enumerate(names)}
    return np.array([places[label] for label in labels], np.int64)
