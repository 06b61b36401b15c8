"""A healthy head passes whatever its logits are like; a head that answers otherwise does not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from contract.manifest import Precision
from contract.trial import TOLERANCES, compare_logits

LOGITS = npst.arrays(np.float32, st.integers(1, 50), elements=st.floats(-1e6, 1e6, width=32))
TEMPERATURES = st.floats(1e-3, 1e3)


def passes(got: object, expected: object, *, precision: Precision = Precision.FLOAT32, temperature: float = 1) -> bool:
    sides = [np.asarray(side, np.float32) for side in (got, expected)]
    return compare_logits(*sides, precision=precision, temperature=temperature).passes


@given(LOGITS, TEMPERATURES, st.sampled_from(Precision))
def test_what_rounding_to_float32_changes_refuses_no_head(
    expected: np.ndarray[tuple[int], np.dtype[np.float32]], temperature: float, precision: Precision
) -> None:
    """Another order of additions moves a logit by a few steps of float32 at the largest magnitude."""
    step = np.spacing(np.abs(expected).max())
    signs = np.where(np.arange(len(expected)) % 2, 3, -3)
    assert passes(expected + signs * step, expected, precision=precision, temperature=temperature)


@given(LOGITS, TEMPERATURES)
def test_a_head_that_passes_answers_alike(
    expected: np.ndarray[tuple[int], np.dtype[np.float32]], temperature: float
) -> None:
    """Within the tolerance, no class can overtake another one but where both are nearly as good."""
    trial = compare_logits(expected[::-1], expected, precision=Precision.DYNAMIC, temperature=temperature)
    if trial.passes:
        lost = float(expected.max()) - float(expected[int(expected[::-1].argmax())])
        assert lost <= 2 * trial.allowed * (1 + 1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("classes", [1, 2, 5])
def test_no_logit_may_be_anything_but_finite(bad: float, classes: int) -> None:
    got = np.zeros(classes)
    got[-1] = bad
    assert not passes(got, np.zeros(classes), precision=Precision.DYNAMIC, temperature=1000)


@given(st.floats(-(2.0**99), 2.0**99, width=32), st.floats(-(2.0**99), 2.0**99, width=32))
def test_one_class_always_passes(got: float, expected: float) -> None:
    """Its probability is one, whatever its logit is."""
    assert passes([got], [expected])


@given(LOGITS, st.integers(-1000, 1000))
def test_what_all_logits_share_does_not_count(
    expected: np.ndarray[tuple[int], np.dtype[np.float32]], shift: int
) -> None:
    rounded = np.round(expected / 64)
    assert passes(rounded + shift, rounded)


@pytest.mark.parametrize(("precision", "share"), TOLERANCES.items())
def test_the_tolerance_is_a_share_of_the_range(precision: Precision, share: float) -> None:
    expected = [0.0, 1000.0]
    assert passes([0.0, 1000.0 + 1900 * share], expected, precision=precision)
    assert not passes([0.0, 1000.0 + 2100 * share], expected, precision=precision)
