"""Given inputs: what a bundle is compared on, and what each of them is, where its owner said so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class GivenInputs:
    """Photos or tensors from all over what was given."""

    inputs: NDArray[Any]
    """(n, *input shape), as the prefix takes them."""
    labels: NDArray[np.int64] | None = None
    """(n,), indices into `names`; None where nothing was said of them."""
    names: tuple[str, ...] | None = None
    """What the labels are called, in order; None where they are the network's classes by number."""


def spread(count: int, most: int) -> NDArray[np.int64]:
    """Choose at most `most` of `count` places, from all over: neighbours are of one label."""
    return np.unique(np.linspace(0, count - 1, most).astype(np.int64)) if count > most else np.arange(count)


def indexed(labels: Sequence[str], names: Sequence[str]) -> NDArray[np.int64]:
    """Return the place of each label among the names."""
    places = {name: place for place, name in enumerate(names)}
    return np.array([places[label] for label in labels], np.int64)
