"""Class means: the classifier that a head begins with, and often ends with.

Means and embeddings are taken from their centre, the mean of the class means: where all embeddings point much the same
way, only what lies beside that way tells classes apart. The logit of a class is the embedding's product with the unit
vector to the class mean, both from the centre, scaled for some `START_LENGTH` where they point the same way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

START_LENGTH = 16.0
"""The logit of an embedding that points exactly at its class mean."""
ABSENT_LOGIT = -1e9
"""What a classifier says of a class that does not exist for it; only ever inside a cross-validation."""
LEAST_SHARE = 0.05
"""Of the centre's length: embeddings that differ by less are not drawn apart any further, for the rounding of a prefix
would be, too."""
NEVER_BIAS = -2 * START_LENGTH
"""The bias of a class that nothing is known of: below all other logits, and near enough to keep their range."""
CHUNK_CELLS = 1 << 25
"""So many numbers of embeddings are in memory at a time."""

Floats = NDArray[np.float32]
Labels = NDArray[np.integer[Any]]
Classifier = tuple[Floats, Floats]
"""A kernel (d, classes) and a bias (classes,)."""


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Embeddings (n, d), which may be memory-mapped, with class indices (n,) and weights (n,); 0 counts for nothing."""

    embeddings: Floats
    """(n, d), or of more samples, with `places`."""
    labels: Labels
    weights: Floats
    places: NDArray[np.intp] | None = None
    """(n,): where the embedding of each sample is; None where they are in order."""

    def __len__(self) -> int:
        return len(self.labels)

    def counted(self, rows: NDArray[np.bool_]) -> Samples:
        """Return some of them, those that count; no embedding is copied."""
        chosen = np.flatnonzero(rows & (self.weights > 0))
        places = chosen if self.places is None else self.places[chosen]
        return Samples(self.embeddings, self.labels[chosen], self.weights[chosen], places)

    def vectors(self, rows: NDArray[np.intp]) -> Floats:
        """Copy the embeddings (k, d) of some of them into memory."""
        vectors: Floats = self.embeddings[rows if self.places is None else self.places[rows]]
        return vectors

    def chunks(self) -> Iterator[NDArray[np.intp]]:
        """Yield the numbers of all of them, a bounded number at a time."""
        size = max(CHUNK_CELLS // max(self.embeddings.shape[1], 1), 1)
        for begin in range(0, len(self), size):
            yield np.arange(begin, min(begin + size, len(self)))


@dataclass(frozen=True, slots=True, eq=False)
class ClassMeans:
    """The weighted means (k, d) of the classes that have samples, and which those are (k,), in order."""

    means: Floats
    present: NDArray[np.int64]

    @classmethod
    def of(cls, samples: Samples) -> ClassMeans:
        """Return those of samples that all count."""
        order = np.argsort(samples.labels, kind="stable")
        present, first = np.unique(samples.labels[order], return_index=True)
        sums = np.zeros((len(present), samples.embeddings.shape[1]), np.float32)
        weights, ends = samples.weights[order], np.append(first, len(order))
        for rows in samples.chunks():
            vectors, begins = samples.vectors(order[rows]), rows[0]
            last = np.searchsorted(first, rows[-1], side="right")
            for place in range(np.searchsorted(first, begins, side="right") - 1, last):
                part = slice(max(ends[place], begins), min(ends[place + 1], rows[-1] + 1))
                sums[place] += weights[part] @ vectors[part.start - begins : part.stop - begins]
        totals = np.add.reduceat(weights, first) if len(first) else weights
        return cls(sums / totals[:, np.newaxis], present.astype(np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Where embeddings are seen from, and by what factor their product with a unit vector becomes a logit."""

    centre: Floats
    """(d,)."""
    scale: float

    @classmethod
    def of(cls, samples: Samples, means: ClassMeans | None = None) -> Frame:
        """Return the frame of samples that all count; without any, nothing is moved or scaled.

        Args:
            samples: these.
            means: theirs, where they are known already.
        """
        means = means or ClassMeans.of(samples)
        if not len(means.means):
            return cls(np.zeros(samples.embeddings.shape[1], np.float32), 1.0)
        centre = means.means.mean(axis=0).astype(np.float32)
        lengths = [np.linalg.norm(samples.vectors(rows) - centre, axis=1) for rows in samples.chunks()]
        length = float(np.concatenate(lengths).mean())
        least = LEAST_SHARE * float(np.linalg.norm(centre))
        return cls(centre, START_LENGTH / (max(length, least) or START_LENGTH))

    def classifier(self, kernel: Floats, bias: Floats) -> Classifier:
        """Turn a classifier of `scale` times embeddings from the centre into one of embeddings as they are."""
        kernel = kernel * np.float32(self.scale)
        return kernel, (bias - self.centre @ kernel).astype(np.float32)

    def inside(self, classifier: Classifier) -> Classifier:
        """Undo `classifier`."""
        kernel, bias = classifier
        return kernel / np.float32(self.scale), (bias + self.centre @ kernel).astype(np.float32)


def begin(
    means: ClassMeans, frame: Frame, *, classes: int, everybody: NDArray[np.bool_], earlier: Classifier | None
) -> Classifier:
    """Return the classifier of class means, in a frame.

    Args:
        means: of what it is to know.
        frame: of these or of more samples.
        classes: how many there are.
        everybody: (classes,), which of them have samples at all, here or in another fold. Those that have none here
            are absent, with the logit `ABSENT_LOGIT`.
        earlier: a classifier whose columns are kept for classes that have no samples at all, all scaled alike. It may
            have fewer columns; a class without one is never the answer.
    """
    kernel = np.zeros((len(frame.centre), classes), np.float32)
    kernel[:, means.present] = unit_vectors(means.means - frame.centre).T
    kernel, bias = frame.classifier(kernel, np.zeros(classes, np.float32))
    here = np.isin(np.arange(classes), means.present)
    bias[~here] = np.where(everybody[~here], ABSENT_LOGIT, NEVER_BIAS)
    if earlier is not None and earlier[0].shape[1]:
        kept = np.flatnonzero(~everybody[: earlier[0].shape[1]])
        factor = np.float32(frame.scale / (float(np.linalg.norm(earlier[0], axis=0).mean()) or 1.0))
        kernel[:, kept], bias[kept] = earlier[0][:, kept] * factor, earlier[1][kept] * factor
    return kernel, bias


def unit_vectors(vectors: Floats) -> Floats:
    """Return vectors (n, d) at length 1, however short they are; one of zeros stays."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: Floats = vectors / np.where(lengths > 0, lengths, 1)
    return units
