"""Temperature and the threshold of "unknown": how a head learns when to say that it does not know.

A head's answer is the most probable class of softmax(logits / temperature), or "unknown" where that probability is
below the threshold. Both are fitted on photos the head has not seen: of people it knows, and of strangers. Where too
few were held out, cross-validation (`export.heads.folds`) stands in for them; strangers always come from it.

    known left out, and strangers    both are fitted on both
    strangers alone                  a stated temperature; a threshold above what strangers reach
    no strangers                     both are stated defaults
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from contract.callbacks import Progress, ignore
from export.heads.calibration import Calibration, FittedOn
from export.heads.fit import ABSENT_LOGIT, Floats, Labels, Recipe
from export.heads.folds import CrossValidated, cross_validate

STRANGERS_REFUSED = 0.98
"""The share of strangers to call unknown, where that costs no more of the known than `KNOWN_REFUSED`."""
KNOWN_REFUSED = 0.15
"""By estimate: cross-validation overstates it, for its classifiers have fewer photos of each."""
ENOUGH_HELD_OUT = 100
"""From so many held-out photos on, they alone stand for the known."""
FEWEST_CLASSES = 3
"""With fewer, nothing can be said of strangers: a fold that leaves one of two out always answers the other."""
FEWEST_KNOWN = 6
"""Three labels of two photos. One of fewer, unlike the rest, would decide alone; on real faces they add nothing."""
FEWEST_STRANGERS = 3
TEMPERATURES = np.geomspace(0.05, 20.0, 121)
STATED_TEMPERATURE = 3.0
"""For heads of this recipe, whose logits have a stated scale; two photos a label of real faces fit 2.9 to 4.0."""
MOST_ASKED = 0.9
"""No threshold that known photos had no say in asks for more.

It is also that of two labels, where nothing can be fitted: at freeze6 with the stated temperature it accepts all known
photos and refuses nine of ten strangers.
"""


def calibrate(
    embeddings: Floats,
    labels: Labels,
    *,
    classes: int,
    recipe: Recipe,
    held_out: tuple[Floats, Labels] | None = None,
    progress: Progress = ignore,
) -> Calibration:
    """Calibrate a classifier that `recipe` trains on embeddings (n, d) and labels (n,).

    `held_out` are logits (m, classes) of that very classifier on photos it has not seen, with their labels (m,).
    """
    if len(np.unique(labels)) < FEWEST_CLASSES:
        return default_calibration(classes)
    folds = cross_validate(embeddings, labels, classes=classes, recipe=recipe, progress=progress)
    return calibrate_by(folds, held_out=held_out)


def calibrate_by(folds: CrossValidated, *, held_out: tuple[Floats, Labels] | None = None) -> Calibration:
    """Calibrate by a cross-validation that was already run; `held_out` as for `calibrate`."""
    logits, labels = folds.corrected_logits(), folds.known_labels
    if held_out is not None and len(held_out[1]) >= ENOUGH_HELD_OUT:
        logits, labels = held_out[0], held_out[1].astype(np.int64)
    elif held_out is not None:
        logits, labels = np.concatenate([logits, held_out[0]]), np.concatenate([labels, held_out[1]])
    return fit_unknown(logits, labels, folds.stranger_logits)


def default_calibration(classes: int) -> Calibration:
    """Return the calibration of a head of this recipe where nothing shows what strangers look like to it."""
    threshold = MOST_ASKED if classes < FEWEST_CLASSES else _half_sure(classes)
    return Calibration(STATED_TEMPERATURE, threshold)


def own_calibration(classes: int) -> Calibration:
    """Return the calibration of a head as its network came with it: its own probabilities, and half of sureness."""
    return Calibration(1.0, _half_sure(classes))


def fit_unknown(known_logits: Floats, known_labels: Labels, stranger_logits: Floats) -> Calibration:
    """Fit both to logits (m, classes) of the known and (k, classes) of strangers, of photos that nobody trained on.

    The threshold refuses `STRANGERS_REFUSED`; or, where that would cost too many of the known, it refuses
    `KNOWN_REFUSED` of those; or, where strangers would then mostly be accepted, it makes both errors equally frequent.
    With too few of the known it goes by strangers alone, and without strangers it is the default. Logits that are not
    finite are passed over.
    """
    numbers = np.isfinite(known_logits).all(axis=1)
    known_logits, known_labels = known_logits[numbers], known_labels[numbers]
    stranger_logits = stranger_logits[np.isfinite(stranger_logits).all(axis=1)]
    if len(stranger_logits) < FEWEST_STRANGERS:
        return default_calibration(stranger_logits.shape[1])
    if len(known_logits) < FEWEST_KNOWN:
        return _fit_to_strangers(known_logits, stranger_logits)
    return _fit_to_both(known_logits, known_labels, stranger_logits)


def _fit_to_both(known_logits: Floats, known_labels: Labels, stranger_logits: Floats) -> Calibration:
    temperature = fit_temperature(known_logits, known_labels, strangers=stranger_logits)
    known = np.sort(confidences(known_logits, temperature))
    strangers = np.sort(confidences(stranger_logits, temperature))
    if _are_alike(np.concatenate([known, strangers])):
        threshold = default_calibration(known_logits.shape[1]).threshold
        return _described(STATED_TEMPERATURE, threshold, known, strangers, FittedOn.DEFAULT)
    at_most = max(float(np.quantile(known, KNOWN_REFUSED)), _balance(known, strangers))
    threshold = min(float(np.quantile(strangers, STRANGERS_REFUSED)), at_most)
    return _described(temperature, threshold, known, strangers, FittedOn.BOTH)


def _fit_to_strangers(known_logits: Floats, stranger_logits: Floats) -> Calibration:
    """Refuse `STRANGERS_REFUSED` of strangers whose log odds are normal: of few, the quantile itself is chance."""
    known, strangers = (confidences(logits, STATED_TEMPERATURE) for logits in (known_logits, stranger_logits))
    if _are_alike(strangers):
        threshold = default_calibration(stranger_logits.shape[1]).threshold
        return _described(STATED_TEMPERATURE, threshold, known, strangers, FittedOn.DEFAULT)
    odds = np.log(strangers) - np.log(np.maximum(1 - strangers, np.finfo(np.float64).eps))
    quantile = odds.mean() + NormalDist().inv_cdf(STRANGERS_REFUSED) * odds.std(ddof=1)
    threshold = min(1 / (1 + float(np.exp(-quantile))), MOST_ASKED)
    return _described(STATED_TEMPERATURE, threshold, known, strangers, FittedOn.STRANGERS)


def _described(
    temperature: float,
    threshold: float,
    known: NDArray[np.float64],
    strangers: NDArray[np.float64],
    fitted_on: FittedOn,
) -> Calibration:
    """Return a calibration with what it does to the photos that it was fitted on, given their confidences."""
    return Calibration(
        temperature,
        threshold,
        len(known),
        float(np.mean(known >= threshold)) if len(known) else 1.0,
        len(strangers),
        float(np.mean(strangers < threshold)),
        fitted_on,
    )


def _half_sure(classes: int) -> float:
    """Return what lies halfway between guessing and certainty."""
    return min((1 + 1 / classes) / 2, MOST_ASKED)


def _are_alike(confidences: NDArray[np.float64]) -> bool:
    return float(np.ptp(confidences)) < 1e-9


def fit_temperature(logits: Floats, labels: Labels, *, strangers: Floats | None = None) -> float:
    """Fit the temperature at which the true classes of `labels` are most likely and strangers look like no one.

    Known photos count by their negative log likelihood, strangers by their cross-entropy to the uniform distribution.
    Without strangers this is temperature scaling (Guo et al., 2017).
    """
    losses = [negative_log_likelihood(logits, labels, t) + _stranger_loss(strangers, t) for t in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])


def confidences(logits: Floats, temperature: float) -> NDArray[np.float64]:
    """Return the probability (n,) of the most probable class."""
    top: NDArray[np.float64] = np.exp(_log_softmax(logits, temperature).max(axis=1))
    return top


def negative_log_likelihood(logits: Floats, labels: Labels, temperature: float) -> float:
    """Return the mean of -log p of the labels (n,) at a temperature, in nats. `n` is at least 1."""
    return -float(_log_softmax(logits, temperature)[np.arange(len(labels)), labels].mean())


def _balance(known: NDArray[np.float64], strangers: NDArray[np.float64]) -> float:
    """Find where as large a share of the known is refused as of strangers accepted; both are sorted."""
    thresholds = np.unique(np.concatenate([known, strangers]))
    refused = np.searchsorted(known, thresholds, side="left") / len(known)
    accepted = 1 - np.searchsorted(strangers, thresholds, side="left") / len(strangers)
    difference = np.abs(refused - accepted)
    return float(thresholds[difference <= difference.min() + 1e-12].mean())


def _stranger_loss(logits: Floats | None, temperature: float) -> float:
    if logits is None:
        return 0.0
    there = logits > ABSENT_LOGIT / 2
    likelihoods = np.where(there, _log_softmax(logits, temperature), 0.0)
    return -float((likelihoods.sum(axis=1) / there.sum(axis=1)).mean())


def _log_softmax(logits: Floats, temperature: float) -> NDArray[np.float64]:
    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    log_softmax: NDArray[np.float64] = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
    return log_softmax
