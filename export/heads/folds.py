"""Cross-validation of a last layer: how photos and people are left out where no held-out ones exist.

Each fold's classifier never saw some photos of people it knows, nor anything of some people, its strangers:

    fold 0    photos of A, B trained on    one photo each of C, D left out    everything of E left out
    fold 1    photos of B, E trained on    one photo each of A, C left out    everything of D left out  ...

A left-out photo is scored by a classifier that had one photo less of that person than the real one has. `gain` says how
much the person's logit would grow with it, by what a mean of more photos gains: the mean of m vectors of mutual cosine
s has the expected cosine s / sqrt((1 + (m - 1) s) / m) to one more of them.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract.callbacks import Progress, ignore
from export.heads.batches import Members
from export.heads.class_means import ABSENT_LOGIT, Classifier, Floats, Frame, Labels, Samples, unit_vectors
from export.heads.fit import fit_folds
from export.heads.recipe import FEW_SAMPLES, Recipe

MOST_FOLDS, FEWEST_FOLDS = 10, 2
FEWEST_VOUCHED = 20
"""Labels that stand for strangers by themselves; with fewer, others do as well."""
MOST_SCORED = 1 << 26
"""Logits of the known that are kept, and of strangers: with many classes not every sample is scored."""
MOST_COLUMNS = 16_384
"""Columns that train side by side: with many classes fewer folds are run, and some photos are never left out."""
ENOUGH_STRANGERS = 500
"""People: the threshold that lets in a fortieth of them goes by a dozen, and is hardly another with twice as many."""


@dataclass(frozen=True, slots=True)
class Folds:
    """The samples of each fold, each (folds, n)."""

    members: Members
    """What it trains on."""
    left_out: Members
    """What it leaves out of the classes that it knows."""
    strangers: Members
    """What it knows nothing of."""

    def together(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
        """Return the parts (n,) of one fold that leaves out what any of these does: members, left out, strangers."""
        strangers = self.strangers.any(axis=0)
        left_out = self.left_out.any(axis=0) & ~strangers
        return ~(strangers | left_out), left_out, strangers

    def among(self, rows: NDArray[np.intp], samples: int) -> Folds:
        """Return the folds of so many samples, of which these had only `rows`."""
        parts = [np.zeros((len(self.members), samples), bool) for _ in range(3)]
        for part, of_rows in zip(parts, (self.members, self.left_out, self.strangers), strict=True):
            part[:, rows] = of_rows
        return Folds(*parts)


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Samples with the logits of a classifier that was not trained on them."""

    logits: Floats
    """(m, classes); classes it does not know are at `ABSENT_LOGIT`."""
    labels: NDArray[np.int64]
    """(m,), their classes."""
    weights: Floats
    """(m,), positive."""

    def __add__(self, others: Scored) -> Scored:
        return Scored(
            np.concatenate([self.logits, others.logits]),
            np.concatenate([self.labels, others.labels]),
            np.concatenate([self.weights, others.weights]),
        )

    def at_most(self, logits: int) -> Scored:
        """Return them, or as many of all labels alike as have so many logits."""
        most = max(logits // max(self.logits.shape[1], 1), 1)
        if len(self.labels) <= most:
            return self
        rows = evenly(np.arange(len(self.labels)), self.labels, most)
        return Scored(self.logits[rows], self.labels[rows], self.weights[rows])

    def finite(self) -> Scored:
        """Return those whose logits are numbers."""
        numbers = np.isfinite(self.logits).all(axis=1)
        if numbers.all():
            return self
        return Scored(self.logits[numbers], self.labels[numbers], self.weights[numbers])


@dataclass(frozen=True, slots=True, eq=False)
class CrossValidated:
    """What folds said of samples that they were not trained on."""

    known: Scored
    """Of people whom the fold knows."""
    gain: Floats
    """(m,), by what factor its class's logit would grow with one more photo; 1 or more."""
    strangers: Scored
    """Of people whom the fold does not know."""

    def corrected(self) -> Scored:
        """Return the known as a classifier that had the left-out photo, too, would be expected to answer them."""
        logits, own = self.known.logits.copy(), (np.arange(len(self.known.labels)), self.known.labels)
        logits[own] += np.maximum(logits[own], 0) * (self.gain - 1)
        return Scored(logits, self.known.labels, self.known.weights)


def cross_validate(
    embeddings: Floats,
    labels: Labels,
    *,
    classes: int,
    recipe: Recipe,
    weights: Floats | None = None,
    moments: Labels | None = None,
    vouched: NDArray[np.bool_] | None = None,
    start: Classifier | None = None,
    progress: Progress = ignore,
) -> CrossValidated:
    """Return answers to left-out photos and strangers, over embeddings (n, d) and labels (n,) below `classes`.

    `weights` and `start` are as for `fit_classifier`; a sample of weight 0 is nobody's. Samples with one number in
    `moments` (n,) are near-duplicates, and left out together. Of labels with samples that are `vouched` for (n,) only
    those stand for strangers, and where such labels are enough, no others do: nobody sets everybody's threshold by
    invented names, nor by features between two people.
    """
    counts = np.ones(len(labels), np.float32) if weights is None else weights
    rows = np.flatnonzero(counts > 0)
    alike = np.arange(len(labels)) if moments is None else moments
    may_be = may_be_strangers(labels, counts > 0, vouched)
    people = len(np.unique(labels[rows][may_be[rows]]))
    number = folds_for(classes, samples=len(rows), people=people)
    folds = assign_folds(labels[rows], folds=number, seed=recipe.seed, moments=alike[rows])
    folds = folds.among(rows, len(labels))
    heads = fit_folds(
        embeddings,
        labels,
        folds.members,
        classes=classes,
        weights=counts,
        start=start,
        recipe=recipe,
        progress=progress,
    )
    samples = Samples(embeddings, labels, counts)
    strange = folds.strangers & may_be
    most = max(most_scored(classes) // len(heads), 1)
    scored, unknown = (
        [evenly(np.flatnonzero(part), labels, most) for part in parts] for parts in (folds.left_out, strange)
    )
    known = [_answers(samples, rows, head) for rows, head in zip(scored, heads, strict=True)]
    strangers = [_answers(samples, rows, head) for rows, head in zip(unknown, heads, strict=True)]
    hide_alone(strangers, labels, counts > 0, vouched)
    left_out = np.concatenate(scored)
    distinct = _labels_of_moments(labels[rows], alike[rows])
    photos = np.maximum(np.bincount(distinct, minlength=classes)[labels[left_out]], 2)
    gain = _gain(photos, _likeness(samples.counted(np.ones(len(labels), bool))))
    return CrossValidated(_together(known), gain, _together(strangers))


def may_be_strangers(
    labels: Labels, counted: NDArray[np.bool_], vouched: NDArray[np.bool_] | None
) -> NDArray[np.bool_]:
    """Return which samples (n,) may stand for strangers."""
    if vouched is None:
        return np.ones(len(labels), np.bool_)
    by_others = np.unique(labels[counted & vouched])
    return vouched if len(by_others) >= FEWEST_VOUCHED else vouched | ~np.isin(labels, by_others)


def hide_alone(
    strangers: Sequence[Scored], labels: Labels, counted: NDArray[np.bool_], vouched: NDArray[np.bool_] | None
) -> None:
    """Let no stranger be taken for a label of which nothing is vouched for, where enough others are.

    A name near a known person would answer that person's photos where they are left out, and raise the threshold.
    """
    if vouched is None:
        return
    by_others = np.unique(labels[counted & vouched])
    if len(by_others) >= FEWEST_VOUCHED:
        alone = np.setdiff1d(labels[counted], by_others)
        for answers in strangers:
            answers.logits[:, alone] = ABSENT_LOGIT


def folds_for(classes: int, *, samples: int, people: int) -> int:
    """Tell how many folds to run: ten where their columns fit, at least two; of many samples, one where that is enough.

    Up to 16,384 samples it goes by the classes alone. Each fold takes as long as training the head itself, and leaves
    out a tenth of the people and of the photos. Of more samples that is soon enough photos of the known; strangers have
    to be `ENOUGH_STRANGERS`, of the `people` who may stand for them. So columns become fewer by the square of how many
    times as many samples there are, but no fewer than that takes (`docs/learning.md` has what was measured).
    """
    usual = max(min(MOST_FOLDS, MOST_COLUMNS // classes), FEWEST_FOLDS)
    if samples <= FEW_SAMPLES:
        return usual
    affordable = int(MOST_COLUMNS / classes * (FEW_SAMPLES / samples) ** 2)
    needed = -(-ENOUGH_STRANGERS * MOST_FOLDS // max(people, 1))
    return min(usual, max(affordable, needed, 1))


def assign_folds(labels: Labels, *, folds: int, seed: int, moments: Labels | None = None) -> Folds:
    """Deal people and photos out to `folds`, at random by `seed`.

    A tenth of the people, or one, are strangers of a fold. A fold leaves out a tenth of a person's photos, at least
    one, where that leaves it some. With fewer than `MOST_FOLDS` folds some people are never strangers, and some
    photos are never left out.
    """
    chance = np.random.default_rng(seed)
    people = _rows_of_each(labels)
    alike = np.arange(len(labels)) if moments is None else moments
    shares = max(folds, min(MOST_FOLDS, len(people)))
    strangers, left_out = np.zeros((2, folds, len(labels)), bool)
    for place, person in enumerate(chance.permutation(len(people))):
        rows = people[person]
        together = _rows_of_each(alike[rows])
        photos = [rows[together[number]] for number in chance.permutation(len(together))]
        own = place % shares
        if own < folds:
            strangers[own, rows] = True
        if len(photos) > 1:
            _leave_out(left_out, photos, chance.permutation([fold for fold in range(folds) if fold != own]))
    return Folds(~(left_out | strangers), left_out, strangers)


def _rows_of_each(labels: Labels) -> list[NDArray[np.intp]]:
    _, first = np.unique(np.sort(labels), return_index=True)
    return np.split(np.argsort(labels, kind="stable"), first[1:])


def _leave_out(left_out: Members, photos: Sequence[NDArray[np.intp]], folds: NDArray[np.intp]) -> None:
    """Deal photos, each with its near-duplicates, out to folds."""
    at_once = -(-len(photos) // MOST_FOLDS)
    for place, rows in enumerate(photos[: len(folds) * at_once]):
        left_out[folds[place % len(folds)], rows] = True


def _together(parts: Sequence[Scored]) -> Scored:
    return functools.reduce(operator.add, parts)


def most_scored(classes: int) -> int:
    """Return how many of the known, or of strangers, are scored at most where there are so many classes."""
    return max(MOST_SCORED // classes, 1)


def evenly(rows: NDArray[np.intp], labels: Labels, most: int) -> NDArray[np.intp]:
    """Choose at most so many rows, of all labels alike."""
    if len(rows) <= most:
        return rows
    by_label = rows[np.argsort(labels[rows], kind="stable")]
    return by_label[np.linspace(0, len(rows) - 1, most).astype(np.intp)]


def _answers(samples: Samples, rows: NDArray[np.intp], head: Classifier) -> Scored:
    kernel, bias = head
    logits: Floats = samples.vectors(rows) @ kernel
    logits += bias
    return Scored(logits, samples.labels[rows].astype(np.int64), samples.weights[rows])


def _labels_of_moments(labels: Labels, moments: Labels) -> NDArray[np.int64]:
    """Return the label of each moment; one under several labels is as many."""
    most = int(moments.max(initial=0)) + 1
    of_moments: NDArray[np.int64] = np.unique(labels.astype(np.int64) * most + moments) // most
    return of_moments


def _likeness(samples: Samples) -> float:
    """Return the mean cosine, from the centre, of two photos of one person, at least 0; 1 where nobody has two."""
    centre, counts = Frame.of(samples).centre, np.bincount(samples.labels)
    sums = np.zeros((len(counts), len(centre)))
    for rows in samples.chunks():
        units = unit_vectors(samples.vectors(rows) - centre)
        order = np.argsort(samples.labels[rows], kind="stable")
        here, starts = np.unique(samples.labels[rows][order], return_index=True)
        sums[here] += np.add.reduceat(units[order], starts, axis=0, dtype=np.float64)
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
