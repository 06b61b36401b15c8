"""Cross-validation of a last layer: how photos and people are left out where no held-out ones exist.

Each fold's classifier never saw some photos of people it knows, nor anything of some people, its strangers:

    fold 0    photos of A, B trained on    one photo each of C, D left out    everything of E left out
    fold 1    photos of B, E trained on    one photo each of A, C left out    everything of D left out  ...

A left-out photo is scored by a classifier that had one photo less of that person than the real one has. `gain` says how
much the person's logit would grow with it, by what a mean of more photos gains: the mean of m vectors of mutual cosine
s has the expected cosine s / sqrt((1 + (m - 1) s) / m) to one more of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract.callbacks import Progress, ignore
from export.heads.fit import Classifier, Floats, Labels, Members, Recipe, fit_folds, unit_vectors

MOST_FOLDS, FEWEST_FOLDS = 10, 2
MOST_COLUMNS = 16_384
"""Columns that train side by side: with many classes fewer folds are run, and some photos are never left out."""


@dataclass(frozen=True, slots=True)
class Folds:
    """The samples of each fold, each (folds, n)."""

    members: Members
    """What it trains on."""
    left_out: Members
    """What it leaves out of the classes that it knows."""
    strangers: Members
    """What it knows nothing of."""


@dataclass(frozen=True, slots=True)
class CrossValidated:
    """Logits of samples by a fold that did not train on them; classes a fold lacks are at `fit.ABSENT_LOGIT`."""

    known_logits: Floats
    """(m, classes)."""
    known_labels: NDArray[np.int64]
    """(m,), class indices."""
    known_samples: NDArray[np.int64]
    """(m,), which sample each is."""
    gain: Floats
    """(m,), by what factor its class's logit would grow with one more photo; 1 or more."""
    stranger_logits: Floats
    """(k, classes)."""

    def corrected_logits(self) -> Floats:
        """Return the known logits as a classifier that had the left-out photo, too, would be expected to give them."""
        logits, own = self.known_logits.copy(), (np.arange(len(self.known_labels)), self.known_labels)
        logits[own] += np.maximum(logits[own], 0) * (self.gain - 1)
        return logits


def cross_validate(
    embeddings: Floats,
    labels: Labels,
    *,
    classes: int,
    recipe: Recipe,
    start: Classifier | None = None,
    progress: Progress = ignore,
) -> CrossValidated:
    """Return logits of left-out photos and of strangers, over embeddings (n, d) and labels (n,) below `classes`.

    Classes without samples are those of `start`, as in the classifier that is trained from it.
    """
    folds = assign_folds(labels, folds=folds_for(classes), seed=recipe.seed)
    heads = fit_folds(embeddings, labels, folds.members, classes=classes, start=start, recipe=recipe, progress=progress)
    known = [_scores(embeddings, rows, head) for rows, head in zip(folds.left_out, heads, strict=True)]
    strangers = [_scores(embeddings, rows, head) for rows, head in zip(folds.strangers, heads, strict=True)]
    samples = np.concatenate([np.flatnonzero(rows) for rows in folds.left_out])
    photos = np.bincount(labels, minlength=classes)[labels[samples]]
    return CrossValidated(
        np.concatenate(known),
        labels[samples].astype(np.int64),
        samples,
        _gain(photos, _likeness(embeddings, labels)),
        np.concatenate(strangers),
    )


def folds_for(classes: int) -> int:
    """Tell how many folds to run: ten where their columns fit, at least two."""
    return max(min(MOST_FOLDS, MOST_COLUMNS // classes), FEWEST_FOLDS)


def assign_folds(labels: Labels, *, folds: int, seed: int) -> Folds:
    """Deal people and photos out to `folds`, at random by `seed`.

    A tenth of the people, or one, are strangers of a fold. A fold leaves out a tenth of a person's photos, at least
    one, where that leaves it some. With fewer than `MOST_FOLDS` folds some people are never strangers, and some
    photos are never left out.
    """
    chance = np.random.default_rng(seed)
    people = _rows_of_each(labels)
    shares = max(folds, min(MOST_FOLDS, len(people)))
    strangers, left_out = np.zeros((2, folds, len(labels)), bool)
    for place, person in enumerate(chance.permutation(len(people))):
        rows = chance.permutation(people[person])
        own = place % shares
        if own < folds:
            strangers[own, rows] = True
        if len(rows) > 1:
            _leave_out(left_out, rows, chance.permutation([fold for fold in range(folds) if fold != own]))
    return Folds(~(left_out | strangers), left_out, strangers)


def _rows_of_each(labels: Labels) -> list[NDArray[np.intp]]:
    _, first = np.unique(np.sort(labels), return_index=True)
    return np.split(np.argsort(labels, kind="stable"), first[1:])


def _leave_out(left_out: Members, rows: NDArray[np.intp], folds: NDArray[np.intp]) -> None:
    at_once = -(-len(rows) // MOST_FOLDS)
    dealt = rows[: len(folds) * at_once]
    left_out[folds[np.arange(len(dealt)) % len(folds)], dealt] = True


def _scores(embeddings: Floats, rows: NDArray[np.bool_], head: Classifier) -> Floats:
    kernel, bias = head
    logits: Floats = embeddings[rows] @ kernel + bias
    return logits


def _likeness(embeddings: Floats, labels: Labels) -> float:
    """Return the mean cosine of two photos of one person, at least 0; 1 where nobody has two."""
    unit = unit_vectors(embeddings)
    counts = np.bincount(labels)
    sums = np.zeros((len(counts), unit.shape[1]))
    np.add.at(sums, labels, unit)
    pairs = float((counts * (counts - 1)).sum())
    cosines = float((sums**2).sum() - counts.sum())
    return max(cosines / pairs, 0.0) if pairs else 1.0


def _gain(photos: NDArray[np.int64], likeness: float) -> Floats:
    """Return by how much the expected cosine to a mean of `photos` (2 or more) exceeds that to a mean of one less.

    It is a factor.
    """
    gain: Floats = np.sqrt(_squared_length(photos - 1, likeness) / _squared_length(photos, likeness)).astype(np.float32)
    return gain


def _squared_length(photos: NDArray[np.int64], likeness: float) -> NDArray[np.float64]:
    """Return that of the mean of so many unit vectors whose mutual cosine is `likeness`."""
    return (1 + (photos - 1) * likeness) / photos
