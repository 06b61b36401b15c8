"""Keras against TFLite: the figures, and when they are too much."""

import numpy as np
import pytest

from contract.manifest import Precision
from export.errors import ParityError
from export.tflite.parity import ParityReport, check_head, check_network, check_prefix, compare_features, compare_logits
from export.tflite.quantize import Quantize

FEATURES = np.random.default_rng(0).normal(size=(50, 4, 4, 8)).astype(np.float32)
LOGITS = np.random.default_rng(1).normal(size=(50, 6)).astype(np.float32)


def report(*, mean_error: float = 0.0, mean_cosine: float = 1.0, label_agreement: float | None = 1.0) -> ParityReport:
    return ParityReport(
        samples=50,
        max_error=1.0,
        mean_error=mean_error,
        deviation=2.0,
        mean_cosine=mean_cosine,
        label_agreement=label_agreement,
    )


def test_a_perfect_conversion_has_no_error() -> None:
    same = compare_features(FEATURES, FEATURES)
    assert (same.samples, same.max_error, same.mean_error, same.label_agreement) == (50, 0, 0, None)
    assert same.mean_cosine == pytest.approx(1)
    assert same.deviation == pytest.approx(FEATURES.std())


def test_errors_are_of_single_values() -> None:
    other = FEATURES.copy()
    other[3, 1, 2, 5] += 4
    found = compare_features(FEATURES, other)
    assert found.max_error == pytest.approx(4)
    assert found.mean_error == pytest.approx(4 / FEATURES.size)


def test_opposite_features_have_cosine_minus_one() -> None:
    assert compare_features(FEATURES, -FEATURES).mean_cosine == pytest.approx(-1)


def test_labels_agree_where_the_best_class_is_the_same() -> None:
    other = LOGITS.copy()
    other[:10] = -other[:10]
    assert compare_logits(LOGITS, LOGITS).label_agreement == 1
    assert compare_logits(LOGITS, other).label_agreement == pytest.approx(0.8)


@pytest.mark.parametrize("mode", list(Quantize))
def test_each_mode_has_a_tolerance_and_a_perfect_conversion_keeps_it(mode: Quantize) -> None:
    check_prefix(compare_features(FEATURES, FEATURES), mode)
    check_network(compare_logits(LOGITS, LOGITS), mode)


@pytest.mark.parametrize("mode", list(Quantize))
def test_features_of_wrongly_scaled_pixels_are_refused_in_each_mode(mode: Quantize) -> None:
    """Measured at freeze6 with trained weights: pixels as 0..1 give a mean error of 0.21 deviations, cosine 0.965."""
    with pytest.raises(ParityError, match=f"parity of the {mode} prefix: expected a mean error of at most"):
        check_prefix(report(mean_error=0.43), mode)
    with pytest.raises(ParityError, match=r"expected a mean cosine of at least 0.9\d*, got 0.965"):
        check_prefix(report(mean_cosine=0.965), mode)


def test_what_is_not_a_number_is_refused() -> None:
    with pytest.raises(ParityError, match="got nan"):
        check_prefix(report(mean_error=float("nan")), Quantize.INT8)


def test_a_fitted_head_must_agree_on_labels_and_one_that_is_not_need_not() -> None:
    check_head(report(label_agreement=0.5), Precision.DYNAMIC, fitted=False)
    with pytest.raises(ParityError, match="expected another label on at most 2 of 50 photos, got 25"):
        check_head(report(label_agreement=0.5), Precision.DYNAMIC)


def test_of_few_photos_one_may_have_another_label() -> None:
    few = compare_logits(np.array([[1, 2], [5, 1]], np.float32), np.array([[2, 1], [5, 1]], np.float32))
    check_network(few, Quantize.NONE)


def test_a_prefix_that_turns_labels_is_refused_though_its_features_are_near() -> None:
    with pytest.raises(ParityError, match="parity of the dynamic prefix with its head: expected another label"):
        check_network(report(label_agreement=0.9), Quantize.DYNAMIC)
