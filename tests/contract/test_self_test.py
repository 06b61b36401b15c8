"""Self-tests: cosines in millionths, what an upload says of them, and which devices a service refuses."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from contract.documents import Fields
from contract.errors import Impossible, Malformed, SelfTestFailed
from contract.self_test import PPM, SelfTest, Setup, as_cosine, check_self_test, cosine_ppm

SETUP = Setup("an app 1", "a runtime 2", "a delegate", "a system 3")
FEATURES = npst.arrays(np.float32, (2, 3), elements=st.floats(-6e4, 6e4, width=32))


def feature(*values: float) -> np.ndarray:  # type: ignore[type-arg]  # float32 (n,)
    return np.array(values, np.float32)


@given(FEATURES)
def test_a_feature_is_like_itself_at_any_length_and_unlike_its_opposite(one: np.ndarray) -> None:  # type: ignore[type-arg]  # float32 (2, 3)
    expected = PPM if np.any(one) else 0
    assert cosine_ppm(one, one) == cosine_ppm(one, one * np.float32(2)) == -cosine_ppm(one, -one) == expected


@given(FEATURES, FEATURES)
def test_a_cosine_is_the_same_both_ways_and_in_bounds(one: np.ndarray, other: np.ndarray) -> None:  # type: ignore[type-arg]  # float32 (2, 3)
    assert -PPM <= cosine_ppm(one, other) == cosine_ppm(other, one) <= PPM


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_like_nothing(bad: float) -> None:
    assert cosine_ppm(feature(1, 2), feature(1, bad)) == cosine_ppm(feature(1, bad), feature(1, bad)) == 0
    assert cosine_ppm(feature(1, 2), feature(0, 0)) == 0


def test_the_smallest_and_the_largest_floats_have_a_cosine() -> None:
    assert cosine_ppm(feature(1e-45, 0), feature(3e38, 0)) == PPM
    assert cosine_ppm(feature(3e38, 3e38), feature(-3e38, 3e38)) == 0


def test_an_outcome_is_read_back() -> None:
    outcome = SelfTest(SETUP, -7)
    assert SelfTest.parse(Fields(outcome.document(), where="upload.self_test")) == outcome


@pytest.mark.parametrize("name", ["", "x" * 129, "two\nlines", "Größe"])
def test_a_name_that_no_upload_can_carry_is_not_made(name: str) -> None:
    with pytest.raises(Malformed, match=r"self_test\.delegate: expected text like"):
        Setup("app", "runtime", name, "system")


@pytest.mark.parametrize("cosine", [PPM + 1, -PPM - 1])
def test_no_cosine_is_beyond_1(cosine: int) -> None:
    with pytest.raises(Impossible, match=r"self_test\.cosine_ppm"):
        SelfTest(SETUP, cosine)


def test_a_device_at_the_least_cosine_passes_and_one_below_is_told_both() -> None:
    check_self_test(SelfTest(SETUP, 990_000), least_cosine_ppm=990_000, where="upload.self_test")
    said = (
        "upload.self_test: expected a self-test at cosine 0.990000 at least, got 0.989999 "
        "(an app 1, a runtime 2, a delegate, a system 3)"
    )
    with pytest.raises(SelfTestFailed, match=f"^{re.escape(said)}$"):
        check_self_test(SelfTest(SETUP, 989_999), least_cosine_ppm=990_000, where="upload.self_test")


def test_a_cosine_is_shown_as_people_read_it() -> None:
    assert (as_cosine(PPM), as_cosine(-1), as_cosine(712_345)) == ("1.000000", "-0.000001", "0.712345")
