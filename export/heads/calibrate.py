"""Temperature and the threshold of "unknown": how a head learns when to say that it does not know.

A head's answer is the most probable class of softmax(logits / temperature), or "unknown" where that probability is
below the threshold. Temperature and thresholds are fitted on photos the head has not seen: of people it knows, and of
strangers. Cross-validation (`export.heads.folds`) leaves out photos of the known, to which held-out ones are added;
strangers always come from it. Each label and each stranger counts once, however many photos there are.

    known left out, and strangers    the temperature is fitted on both; a threshold lets in a stated share of strangers
    strangers alone                  a stated temperature; a threshold above what strangers reach
    no strangers                     both are stated defaults
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from contract.callbacks import Progress, ignore
from contract.unknown import STRANGERS_LET_IN, Strictness, UnknownPoint
from export.heads.calibration import Calibration, FittedOn
from export.heads.class_means import ABSENT_LOGIT, Floats, Labels
from export.heads.folds import CrossValidated, Scored, cross_validate
from export.heads.recipe import Recipe

FEWEST_CLASSES = 3
"""With fewer, nothing can be said of strangers: a fold that leaves one of two out always answers the other."""
FEWEST_KNOWN = 6
"""Photos of the known. One of fewer, unlike the rest, would decide alone; on real faces they add nothing."""
FEWEST_STRANGERS = 3
"""People, of whom each is left out in turn."""
FEWEST_FOR_QUANTILE = 200
"""People, of whom five lie above the balanced point: two or three alike ones are chance."""
PREDICTED_COUNTS = 5
"""As many strangers above a quantile as the prediction counts for."""
SURE_ODDS = 30.0
"""Log odds of what is as good as certain."""
CELLS_AT_ONCE = 1 << 20
"""So many logits are looked at in double precision at a time."""
MOST_FITTED = 1 << 24
"""Logits of each that a temperature is fitted to, which tries a dozen: one number needs no more of them."""
TEMPERATURES = np.geomspace(0.05, 20.0, 121)
LEAST_SPREAD = 1e-3
"""Of logits: an answer whose logits differ by less is a guess. Class means give up to 16."""
STATED_TEMPERATURE = 3.0
"""For heads of this recipe, whose logits have a stated scale; two photos a label of real faces fit 2.9 to 4.0."""
MOST_ASKED = 0.9
"""No threshold that known photos had no say in asks for more.

It is also that of two labels, where nothing can be fitted.
"""
TEMPERATURE_OF_TWO = 6.8
"""Of two labels' class means: at freeze6 it accepts 98 % of the known and refuses 92 to 95 % of strangers."""


def calibrate(
    embeddings: Floats,
    labels: Labels,
    *,
    classes: int,
    recipe: Recipe,
    held_out: Scored | None = None,
    progress: Progress = ignore,
) -> Calibration:
    """Calibrate a classifier that `recipe` trains on embeddings (n, d) and labels (n,).

    `held_out` are answers of that very classifier.
    """
    if len(np.unique(labels)) < FEWEST_CLASSES:
        return default_calibration(classes)
    folds = cross_validate(embeddings, labels, classes=classes, recipe=recipe, progress=progress)
    return calibrate_by(folds, held_out=held_out)


def calibrate_by(folds: CrossValidated, *, held_out: Scored | None = None) -> Calibration:
    """Calibrate by a cross-validation that was already run; `held_out` as for `calibrate`."""
    known = folds.corrected()
    return fit_unknown(known if held_out is None else known + held_out, folds.strangers)


def default_calibration(classes: int) -> Calibration:
    """Return the calibration of a head of this recipe where nothing shows what strangers look like to it."""
    if classes < FEWEST_CLASSES:
        return Calibration(TEMPERATURE_OF_TWO, MOST_ASKED)
    return Calibration(STATED_TEMPERATURE, _half_sure(classes))


def own_calibration(classes: int) -> Calibration:
    """Return the calibration of a head as its network came with it: its own probabilities, and half of sureness."""
    return Calibration(1.0, _half_sure(classes))


def fit_unknown(known: Scored, strangers: Scored) -> Calibration:
    """Fit both to what was said of the known and of strangers.

    With too few of the known it goes by strangers alone, and without strangers it is the default. Logits that are not
    finite are passed over.
    """
    known, strangers = known.finite(), strangers.finite()
    classes = strangers.logits.shape[1]
    if len(np.unique(strangers.labels)) < FEWEST_STRANGERS:
        return default_calibration(classes)
    if len(known.labels) < FEWEST_KNOWN:
        temperature, fitted_on = STATED_TEMPERATURE, FittedOn.STRANGERS
    else:
        some = strangers.at_most(MOST_FITTED)
        temperature, fitted_on = fit_temperature(known.at_most(MOST_FITTED), strangers=some), FittedOn.BOTH
    answered, let_in = _Sureness.of(known, temperature), _Sureness.of(strangers, temperature)
    if _are_guesses(strangers.logits) or _are_alike(np.concatenate([let_in.sure, answered.sure])):
        return replace(default_calibration(classes), known=len(known.labels), strangers=len(strangers.labels))
    at_most, points = 1.0 if fitted_on is FittedOn.BOTH else MOST_ASKED, dict[Strictness, UnknownPoint]()
    for point, share in STRANGERS_LET_IN.items():
        at_most = min(_bound(let_in, share=share), at_most)  # no friendlier point asks for more
        points[point] = UnknownPoint(
            at_most,
            known_accepted=answered.said(at_most) if len(known.labels) >= FEWEST_KNOWN else None,
            strangers_accepted=float((let_in.sure >= at_most) @ let_in.counts),
        )
    balanced, right = points[Strictness.BALANCED].threshold, min(answered.said(0.0), 1.0)
    return Calibration(temperature, balanced, points, len(known.labels), len(strangers.labels), right, fitted_on)


@dataclass(frozen=True, slots=True, eq=False)
class _Sureness:
    """How sure answers (n,) are at a temperature, which of them are right, and what each counts for."""

    sure: NDArray[np.float64]
    right: NDArray[np.bool_]
    counts: NDArray[np.float64]
    people: int

    @classmethod
    def of(cls, answers: Scored, temperature: float) -> _Sureness:
        right: NDArray[np.bool_] = answers.logits.argmax(axis=1) == answers.labels
        people = len(np.unique(answers.labels))
        return cls(confidences(answers.logits, temperature), right, _once_each(answers), people)

    def said(self, threshold: float) -> float:
        return float(((self.sure >= threshold) & self.right) @ self.counts)


def _once_each(answers: Scored) -> NDArray[np.float64]:
    """Return what each answer counts for, one in all, if every label counts alike."""
    if not len(answers.labels):
        return np.zeros(0)
    weights = answers.weights.astype(np.float64)
    _, place = np.unique(answers.labels, return_inverse=True)
    shares: NDArray[np.float64] = weights / np.bincount(place, weights)[place]
    shares /= shares.sum()
    return shares


def _bound(strangers: _Sureness, *, share: float) -> float:
    """Return what the next stranger stays below but for a `share`, over strangers who count once each.

    Of few people their own quantile is chance, so it is the upper bound of a prediction interval with Student's t,
    their log odds taken for normal. The more of them lie above the quantile, the more that counts itself; of many the
    threshold is never below it, and of few one lookalike would set it alone.
    """
    sure, counts, people = strangers.sure, strangers.counts, strangers.people
    odds = np.log(sure) - np.log(np.maximum(1 - sure, np.finfo(np.float64).eps))
    mean = float(odds @ counts)
    deviation = math.sqrt(float((odds - mean) ** 2 @ counts) * people / (people - 1))
    predicted = mean + _student(1 - share, people - 1) * deviation * math.sqrt(1 + 1 / people)
    quantile, above = _quantile(odds, counts, 1 - share), people * share
    bound = (above * quantile + PREDICTED_COUNTS * predicted) / (above + PREDICTED_COUNTS)
    if people >= FEWEST_FOR_QUANTILE:
        bound = max(bound, quantile)
    return 1 / (1 + math.exp(-min(bound, SURE_ODDS)))


def _quantile(values: NDArray[np.float64], counts: NDArray[np.float64], share: float) -> float:
    order = np.argsort(values)
    below = np.cumsum(counts[order])
    return float(values[order][min(int(np.searchsorted(below, share)), len(values) - 1)])


def _student(share: float, freedom: int) -> float:
    """Return the quantile of Student's t, within 8 % from two degrees of freedom on (Abramowitz and Stegun, 26.7.5)."""
    z = NormalDist().inv_cdf(share)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return z + math.fsum(term / freedom**power for power, term in enumerate(terms, start=1))


def _half_sure(classes: int) -> float:
    """Return what lies halfway between guessing and certainty."""
    return min((1 + 1 / classes) / 2, MOST_ASKED)


def _are_guesses(logits: Floats) -> bool:
    """Tell whether no answer prefers any class that is there: their embeddings are equal."""

    def spread(rows: slice) -> NDArray[np.float64]:
        least = np.where(logits[rows] > ABSENT_LOGIT / 2, logits[rows], np.inf).min(axis=1)
        return np.asarray(logits[rows].max(axis=1) - least, np.float64)

    return float(_of_each(logits, spread).max()) < LEAST_SPREAD


def _are_alike(confidences: NDArray[np.float64]) -> bool:
    return float(np.ptp(confidences)) < 1e-9


def fit_temperature(known: Scored, *, strangers: Scored | None = None) -> float:
    """Fit the temperature at which the true classes are most likely and strangers look like no one.

    The known count by their negative log likelihood, strangers by their cross-entropy to the uniform distribution.
    Without strangers this is temperature scaling (Guo et al., 2017).
    """

    def loss(temperature: float) -> float:
        return _known_loss(known, temperature) + _stranger_loss(strangers, temperature)

    return _lowest(loss, TEMPERATURES.tolist())


def _lowest(loss: Callable[[float], float], temperatures: Sequence[float]) -> float:
    """Return the temperature of the lowest loss; both losses are convex in its inverse, so there is no other valley."""

    def rises_from(place: int) -> bool:
        return loss(temperatures[place]) <= loss(temperatures[place + 1])

    return temperatures[bisect.bisect_left(range(len(temperatures) - 1), True, key=rises_from)]


def confidences(logits: Floats, temperature: float) -> NDArray[np.float64]:
    """Return the probability (n,) of the most probable class."""
    return _of_each(logits, lambda rows: np.exp(_log_softmax(logits[rows], temperature).max(axis=1)))


def negative_log_likelihood(logits: Floats, labels: Labels, temperature: float) -> float:
    """Return the mean of -log p of the labels (n,) at a temperature, in nats. `n` is at least 1."""
    return -float(_log_likelihoods(logits, labels, temperature).mean())


def _known_loss(known: Scored, temperature: float) -> float:
    return -float(_log_likelihoods(known.logits, known.labels, temperature) @ _once_each(known))


def _stranger_loss(strangers: Scored | None, temperature: float) -> float:
    if strangers is None:
        return 0.0
    logits = strangers.logits

    def of_uniform(rows: slice) -> NDArray[np.float64]:
        there = logits[rows] > ABSENT_LOGIT / 2
        likelihoods = np.where(there, _log_softmax(logits[rows], temperature), 0.0)
        means: NDArray[np.float64] = likelihoods.sum(axis=1) / there.sum(axis=1)
        return means

    return -float(_of_each(logits, of_uniform) @ _once_each(strangers))


def _log_likelihoods(logits: Floats, labels: Labels, temperature: float) -> NDArray[np.float64]:
    """Return log p (n,) of the labels."""

    def of_labels(rows: slice) -> NDArray[np.float64]:
        own = labels[rows]
        likelihoods: NDArray[np.float64] = _log_softmax(logits[rows], temperature)[np.arange(len(own)), own]
        return likelihoods

    return _of_each(logits, of_labels)


def _of_each(logits: Floats, function: Callable[[slice], NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return a number (n,) of each row of logits, which are looked at a bounded number at a time."""
    size = max(CELLS_AT_ONCE // max(logits.shape[1], 1), 1)
    parts = [function(slice(begin, begin + size)) for begin in range(0, len(logits), size)]
    return np.concatenate([np.zeros(0), *parts])


def _log_softmax(logits: Floats, temperature: float) -> NDArray[np.float64]:
    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    log_softmax: NDArray[np.float64] = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
    return log_softmax
