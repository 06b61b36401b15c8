"""Heads as devices have them, the bundle that a world begins with, and what a cycle makes of them: values, no Keras."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.learning.people import Floats, Integers
from contract.bundle import BaseSamples

Probabilities = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A head as devices have it."""

    labels: tuple[str, ...]
    kernel: Floats
    """(d, classes)."""
    bias: Floats
    temperature: float
    threshold: float
    was_fitted: bool = True
    """Whether the threshold was; a stated default tells the gate nothing."""

    @property
    def fitted_threshold(self) -> float | None:
        """The threshold, where it was fitted."""
        return self.threshold if self.was_fitted else None

    def answer(self, embeddings: Floats) -> tuple[Integers, Probabilities]:
        """Return the most probable class of each embedding (n, d), and its probability."""
        logits = (embeddings @ self.kernel + self.bias).astype(np.float64) / self.temperature
        logits -= logits.max(axis=1, keepdims=True)
        return logits.argmax(axis=1), 1 / np.exp(logits).sum(axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """What the training bundle of a world has."""

    labels: tuple[str, ...]
    base: BaseSamples
    first: Head


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """The heads of a pool between two cycles."""

    best: Head
    latest: Head
    seen: int = 0
    """Best was trained on what the first so many rows say, or judged on it."""
    left_out: tuple[int, ...] = ()
    """But not on these samples, by their places."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a cycle decided."""

    published: bool
    """Whether best is new."""
    reason: str
    seconds: float
    """Of processor: what others do on the machine does not count."""
