"""Keras against TFLite: the figures, and when they are too much."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from contract.manifest import Precision
from export.errors import ParityError
from export.tflite.parity import ParityReport, check_head, check_network, check_prefix, compare_features, compare_logits
from export.tflite.quantize import Quantize

Floats = NDArray[np.float32]

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
    with pytest.raises(ParityError, match="expected another label on at most 2 of 50 inputs, got 25"):
        check_head(report(label_agreement=0.5), Precision.DYNAMIC)


def test_of_few_photos_one_may_have_another_label() -> None:
    few = compare_logits(np.array([[1, 2], [5, 1]], np.float32), np.array([[2, 1], [5, 1]], np.float32))
    check_network(few, Quantize.NONE)


def test_a_prefix_that_turns_labels_is_refused_though_its_features_are_near() -> None:
    with pytest.raises(ParityError, match="parity of the dynamic prefix with its head: expected another label"):
        check_network(report(label_agreement=0.9), Quantize.DYNAMIC)


FINITE = st.floats(-8, 8, width=32).map(np.float32)
PAIRS = st.tuples(*[arrays(np.float32, (5, 6), elements=FINITE)] * 2)


@given(pair=PAIRS, power=st.integers(-90, 90))
@settings(derandomize=True)
def test_scaling_both_by_a_power_of_two_changes_no_judgement(pair: tuple[Floats, Floats], power: int) -> None:
    """An untrained MobileNetV2, whose features are tiny, was refused for a "cosine of 0.00000"."""
    expected, got = (np.where(np.abs(values) < 2.0**-30, 0, values).astype(np.float32) for values in pair)
    scale = np.float32(2.0**power)
    before, after = compare_logits(expected, got), compare_logits(expected * scale, got * scale)
    assert after.mean_cosine == before.mean_cosine
    assert after.relative_error == before.relative_error
    assert after.label_agreement == before.label_agreement


@given(values=arrays(np.float32, (5, 6), elements=st.floats(allow_nan=False, allow_infinity=False, width=32)))
@settings(derandomize=True)
def test_the_same_values_agree_however_small_or_large(values: Floats) -> None:
    """Denormal ones too, and those whose squares are beyond float32."""
    found = compare_logits(values, values)
    assert found.relative_error == 0
    assert found.mean_cosine == pytest.approx(1)
    check_head(found, Precision.FLOAT32)


@given(pair=PAIRS)
@settings(derandomize=True)
def test_figures_lie_within_their_bounds(pair: tuple[Floats, Floats]) -> None:
    found = compare_features(*pair)
    assert -1.000001 <= found.mean_cosine <= 1.000001
    assert found.relative_error >= 0


@pytest.mark.parametrize("size", [1e-44, 1e-25, 1.0, 1e25, 3e38])
def test_wrong_features_of_any_size_are_refused(size: float) -> None:
    expected = np.array([[1, 0, 0.5], [0, 1, 1]], np.float32) * np.float32(size)
    check_prefix(compare_features(expected, expected), Quantize.NONE)
    with pytest.raises(ParityError, match="expected a mean error of at most"):
        check_prefix(compare_features(expected, expected[:, ::-1]), Quantize.INT8)


def test_nothing_agrees_with_nothing_and_with_nothing_else() -> None:
    zeros = np.zeros((4, 3), np.float32)
    nothing = compare_features(zeros, zeros)
    assert (nothing.mean_cosine, nothing.relative_error) == (1, 0)
    for expected, got in ((zeros, zeros + 1e-30), (zeros + 1, zeros)):
        found = compare_features(expected, got)
        assert found.mean_cosine == 0
        with pytest.raises(ParityError):
            check_prefix(found, Quantize.INT8)


def test_constant_features_agree_up_to_rounding_and_no_further() -> None:
    """Their standard deviation is 0, by which a rounding error was infinite."""
    constant = np.full((4, 3), 0.7, np.float32)
    check_prefix(compare_features(constant, np.nextafter(constant, 1, dtype=np.float32)), Quantize.NONE)
    with pytest.raises(ParityError, match="mean error"):
        check_prefix(compare_features(constant, constant * np.float32(1.01)), Quantize.NONE)


@pytest.mark.parametrize(("dead", "noise"), [(1, 0.0), (1, 1e-3), (20, 0.0), (20, 1e-4), (45, 0.0), (45, 1e-9)])
def test_dead_samples_spoil_nothing(dead: int, noise: float) -> None:
    """Their features are 0 in Keras, or as good as 0: TFLite's rounding has no direction."""
    expected, got = FEATURES.copy(), FEATURES.copy()
    expected[:dead] = 0
    got[:dead] = noise * FEATURES[::-1][:dead]
    check_prefix(compare_features(expected, got), Quantize.DYNAMIC)


@pytest.mark.parametrize("dead", [1, 20, 45])
def test_dead_samples_hide_nothing(dead: int) -> None:
    expected, got = FEATURES.copy(), FEATURES.copy()
    expected[:dead], got[:dead] = 0, 0
    got[dead:] = -got[dead:]
    assert compare_features(expected, got).mean_cosine == pytest.approx(-1)


def test_a_sample_that_explodes_does_not_hide_the_directions_of_the_others() -> None:
    expected = FEATURES.copy()
    expected[0] *= 1e3
    got = -expected
    got[0] = expected[0]
    assert compare_features(expected, got).mean_cosine < -0.9


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("side", [0, 1])
def test_one_value_that_is_no_number_is_beyond_any_tolerance(side: int, value: float) -> None:
    pair = [LOGITS.copy(), LOGITS.copy()]
    pair[side][3, 2] = value
    found = compare_logits(pair[0], pair[1])
    assert found.label_agreement == pytest.approx(0.98)
    with pytest.raises(ParityError, match="got nan"):
        check_head(found, Precision.DYNAMIC, fitted=False)


def test_infinities_in_the_same_place_are_refused_too() -> None:
    same = LOGITS.copy()
    same[3, 2] = np.inf
    with pytest.raises(ParityError, match="got nan"):
        check_head(compare_logits(same, same), Precision.DYNAMIC)
