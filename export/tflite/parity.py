"""Keras against TFLite: how a converted file is compared with its network, and how far off it may be."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from contract.documents import Json
from contract.manifest import Precision
from export.errors import ParityError
from export.tflite.convert import QUANTIZE_OF
from export.tflite.quantize import Quantize

BATCH = 32
LEAST_SPREAD = 0.01
"""Of values that hardly differ among themselves: rounding of float32 is no disagreement about a constant."""
TINY = 1e-3
"""Where most samples are this small beside the root mean square, they are not what is typical."""

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ParityReport:
    """How far TFLite's values, features or logits, are from those of Keras on the same samples.

    What it is judged by does not change when both are scaled by one factor. Any NaN or infinity makes all of it NaN.
    """

    samples: int
    max_error: float
    """The largest difference of one value."""
    mean_error: float
    """The mean difference of a value."""
    deviation: float
    """By what errors are judged: the standard deviation of Keras's values, at least `LEAST_SPREAD` of their root mean
    square."""
    mean_cosine: float
    """Samples that are tiny beside the others count little, for their directions are noise; 1 where all are 0."""
    label_agreement: float | None
    """The share of samples with the same best class; None of features."""

    @property
    def relative_error(self) -> float:
        """The mean error in deviations: 0 where nothing differs, infinite where Keras's values are all 0."""
        if self.mean_error == 0:
            return 0.0
        return self.mean_error / self.deviation if self.deviation else math.inf

    def document(self) -> dict[str, Json]:
        """Return the report as parity.json keeps it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What a mode may cost."""

    mean_error: float
    """At most, in standard deviations of the values."""
    mean_cosine: float
    """At least."""
    label_agreement: float
    """At least."""


# Measured at freeze2, 4, 5 and 6 on real and synthetic faces, as (mean error, cosine): with trained weights at most
# (1e-6, 1), (0.001, 1), (0.035, 0.9990) and (0.06, 0.9969), mode by mode; with drawn weights, which amplify whatever
# differs, (5e-6, 1), (0.008, 0.9999), (0.074, 0.9956) and (0.16, 0.978). Each tolerance leaves drawn weights some room.
# What it has to catch, with trained weights at freeze6: pixels scaled to 0..1 (0.21, 0.965), channels in reverse
# (0.29, 0.937), one of 112 batch normalisations lost (0.10, 0.992). Labels of fitted heads agreed on all of 64 photos.
TOLERANCES = {
    Quantize.NONE: Tolerance(mean_error=1e-4, mean_cosine=0.99999, label_agreement=0.98),
    Quantize.FLOAT16: Tolerance(mean_error=0.02, mean_cosine=0.9995, label_agreement=0.98),
    Quantize.DYNAMIC: Tolerance(mean_error=0.09, mean_cosine=0.993, label_agreement=0.95),
    Quantize.INT8: Tolerance(mean_error=0.2, mean_cosine=0.97, label_agreement=0.9),
}


def compare_features(expected: Floats, got: Floats) -> ParityReport:
    """Compare features (n, *shape) of Keras and of TFLite."""
    return _compare(expected, got, label_agreement=None)


def compare_logits(expected: Floats, got: Floats) -> ParityReport:
    """Compare logits (n, classes) of Keras and of TFLite; answers that are not numbers agree with none."""
    numbers = np.isfinite(expected).all(axis=1) & np.isfinite(got).all(axis=1)
    same = (expected.argmax(axis=1) == got.argmax(axis=1)) & numbers
    return _compare(expected, got, label_agreement=float(same.mean()))


def keras_values(network: keras.Model, inputs: NDArray[Any]) -> Floats:
    """Return what a Keras network answers to inputs (n, *shape), batch normalisation on its stored statistics."""
    values: Floats = network.predict(inputs, batch_size=BATCH, verbose=0)
    return values


def check_prefix(report: ParityReport, quantize: Quantize) -> None:
    """Refuse features beyond the tolerance of their mode.

    Raises:
        ParityError: naming the figure.
    """
    _check_values(f"parity of the {quantize} prefix", report, TOLERANCES[quantize])


def check_head(report: ParityReport, precision: Precision, *, fitted: bool = True) -> None:
    """Refuse logits beyond the tolerance of their precision.

    The labels of a head that was not `fitted` to such photos are chance, and small differences turn them.

    Raises:
        ParityError: naming the figure.
    """
    where, tolerance = f"parity of the {precision} head", TOLERANCES[QUANTIZE_OF[precision]]
    _check_values(where, report, tolerance)
    if fitted:
        _check_labels(where, report, tolerance)


def check_network(report: ParityReport, quantize: Quantize) -> None:
    """Refuse a converted prefix and fitted head that give other labels than the network does.

    Raises:
        ParityError: naming the figure.
    """
    _check_labels(f"parity of the {quantize} prefix with its head", report, TOLERANCES[quantize])


def _check_values(where: str, report: ParityReport, tolerance: Tolerance) -> None:
    error = report.relative_error
    if not error <= tolerance.mean_error:  # NaN is beyond any tolerance
        expected = f"a mean error of at most {tolerance.mean_error:g} standard deviations"
        raise ParityError(where, expected=expected, got=f"{error:.3g}")
    if not report.mean_cosine >= tolerance.mean_cosine:
        expected = f"a mean cosine of at least {tolerance.mean_cosine:g}"
        raise ParityError(where, expected=expected, got=f"{report.mean_cosine:.5f}")


def _check_labels(where: str, report: ParityReport, tolerance: Tolerance) -> None:
    """Refuse too many other labels; of few photos one may always have another: it may lie right between two."""
    different = round((1 - (report.label_agreement or 0.0)) * report.samples)
    allowed = max(1, int((1 - tolerance.label_agreement) * report.samples))
    if different > allowed:
        expected = f"another label on at most {allowed} of {report.samples} inputs"
        raise ParityError(where, expected=expected, got=f"{different}")


def _compare(expected: Floats, got: Floats, *, label_agreement: float | None) -> ParityReport:
    """Compare values (n, ...) in float64, which holds the squares of the smallest and the largest float32."""
    ours, theirs = (values.reshape(len(values), -1).astype(np.float64) for values in (expected, got))
    if not (np.isfinite(ours).all() and np.isfinite(theirs).all()):
        return ParityReport(len(ours), math.nan, math.nan, math.nan, math.nan, label_agreement)
    error = np.abs(ours - theirs)
    root_mean_square = float(np.sqrt(np.mean(ours**2)))
    return ParityReport(
        samples=len(ours),
        max_error=float(error.max()),
        mean_error=float(error.mean()),
        deviation=max(float(ours.std()), LEAST_SPREAD * root_mean_square),
        mean_cosine=_mean_cosine(ours, theirs),
        label_agreement=label_agreement,
    )


def _mean_cosine(ours: Doubles, theirs: Doubles) -> float:
    """Return the mean cosine of rows; one shorter than is typical counts by its length, one of zeros not at all.

    Zeros against something have the cosine 0. The length of a pair is that of the longer one.
    """
    each, other = np.linalg.norm(ours, axis=1), np.linalg.norm(theirs, axis=1)
    lengths, products = np.maximum(each, other), each * other
    typical = max(float(np.median(lengths)), TINY * float(np.sqrt(np.mean(lengths**2))))
    if typical == 0:
        return 1.0
    weights = np.minimum(lengths / typical, 1)
    cosines = np.divide((ours * theirs).sum(axis=1), products, out=np.zeros(len(ours)), where=products > 0)
    return float((weights * cosines).sum() / weights.sum())
