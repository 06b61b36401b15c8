"""Keras against TFLite: the only home of how a converted file is compared with its network, and of what is too much."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from contract.cuts import HEAD_SIGNATURE, PREFIX_SIGNATURE
from contract.documents import Json
from contract.manifest import Precision
from export.convert import QUANTIZE_OF, standardise
from export.errors import ParityError
from export.quantize import Quantize
from export.tflite_process import TFLiteProcess

BATCH = 32

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ParityReport:
    """How far TFLite's values, features or logits, are from those of Keras on the same samples."""

    samples: int
    max_error: float  # the largest difference of one value
    mean_error: float  # the mean difference of a value
    deviation: float  # the standard deviation of Keras's values, by which errors are judged
    mean_cosine: float
    label_agreement: float | None  # the share of samples with the same best class; None of features

    def document(self) -> dict[str, Json]:
        """For parity.json."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What a mode may cost: a mean error in standard deviations of the values, a cosine, an agreement of labels."""

    mean_error: float
    mean_cosine: float
    label_agreement: float


TOLERANCES = {
    Quantize.NONE: Tolerance(1e-3, 0.9999, 0.99),
    Quantize.FLOAT16: Tolerance(0.02, 0.999, 0.98),
    Quantize.DYNAMIC: Tolerance(0.15, 0.99, 0.9),
    Quantize.INT8: Tolerance(0.3, 0.95, 0.8),
}


def compare_features(expected: Floats, got: Floats) -> ParityReport:
    """Features (n, *shape) of Keras and of TFLite."""
    return _compare(expected, got, label_agreement=None)


def compare_logits(expected: Floats, got: Floats) -> ParityReport:
    """Logits (n, classes) of Keras and of TFLite."""
    same = expected.argmax(axis=1) == got.argmax(axis=1)
    return _compare(expected, got, label_agreement=float(same.mean()))


def prefix_parity(
    prefix: keras.Model, content: bytes, photos: NDArray[np.uint8], tflite: TFLiteProcess
) -> ParityReport:
    """A prefix and its file on photos, uint8 (n, height, width, 3)."""
    expected = keras_values(prefix, standardise(photos))
    return compare_features(expected, tflite.run(content, signature=PREFIX_SIGNATURE, inputs=photos))


def head_parity(head: keras.Model, content: bytes, features: Floats, tflite: TFLiteProcess) -> ParityReport:
    """A head and its file on features (n, *shape)."""
    expected = keras_values(head, features)
    return compare_logits(expected, tflite.run(content, signature=HEAD_SIGNATURE, inputs=features))


def keras_values(network: keras.Model, inputs: Floats) -> Floats:
    """What a Keras network answers to inputs (n, *shape), batch normalisation on its stored statistics."""
    values: Floats = network.predict(inputs, batch_size=BATCH, verbose=0)
    return values


def check_prefix(report: ParityReport, quantize: Quantize) -> None:
    """Refuses features beyond the tolerance of their mode.

    Raises:
        ParityError: naming the figure.
    """
    _check(f"parity of the {quantize} prefix", report, TOLERANCES[quantize])


def check_head(report: ParityReport, precision: Precision) -> None:
    """Refuses logits beyond the tolerance of their precision.

    Raises:
        ParityError: naming the figure.
    """
    _check(f"parity of the {precision} head", report, TOLERANCES[QUANTIZE_OF[precision]])


def _check(where: str, report: ParityReport, tolerance: Tolerance) -> None:
    error = report.mean_error / max(report.deviation, 1e-12)
    if not error <= tolerance.mean_error:
        expected = f"a mean error of at most {tolerance.mean_error:g} standard deviations"
        raise ParityError(where, expected=expected, got=f"{error:.3g}")
    if not report.mean_cosine >= tolerance.mean_cosine:
        raise ParityError(
            where, expected=f"a mean cosine of at least {tolerance.mean_cosine:g}", got=f"{report.mean_cosine:.5f}"
        )


def _compare(expected: Floats, got: Floats, *, label_agreement: float | None) -> ParityReport:
    error = np.abs(expected - got)
    ours, theirs = (values.reshape(len(values), -1).astype(np.float64) for values in (expected, got))
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    return ParityReport(
        samples=len(expected),
        max_error=float(error.max()),
        mean_error=float(error.mean()),
        deviation=float(expected.std()),
        mean_cosine=float(np.mean(np.sum(ours * theirs, axis=1) / np.maximum(lengths, 1e-12))),
        label_agreement=label_agreement,
    )
