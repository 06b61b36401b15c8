"""Trained weights as bytes."""

import numpy as np
import pytest

from cloud.training.weights import HeadWeights, decode_weights, encode_weights
from contract.errors import ContractError, Malformed
from contract.tensors import encode_tensors

KERNEL = np.arange(6, dtype=np.float32).reshape(2, 3)
BIAS = np.ones(3, np.float32)
WEIGHTS = HeadWeights(KERNEL, BIAS, np.arange(5, dtype=np.float32))


def test_weights_come_back_as_they_were() -> None:
    read = decode_weights(encode_weights(WEIGHTS))
    np.testing.assert_array_equal(read.kernel, WEIGHTS.kernel)
    np.testing.assert_array_equal(read.bias, WEIGHTS.bias)
    np.testing.assert_array_equal(read.body, WEIGHTS.body)


def test_a_body_that_is_the_bundles_is_empty() -> None:
    assert len(decode_weights(encode_weights(HeadWeights(KERNEL, BIAS))).body) == 0


def test_the_same_weights_are_the_same_bytes() -> None:
    assert encode_weights(WEIGHTS) == encode_weights(WEIGHTS)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_weights_that_diverged_are_not_finite(wrong: float) -> None:
    assert not HeadWeights(KERNEL, np.full(3, wrong, np.float32)).is_finite()
    assert WEIGHTS.is_finite()


@pytest.mark.parametrize(
    "tensors",
    [
        {},
        {"kernel": KERNEL, "bias": BIAS},
        {"kernel": KERNEL, "bias": BIAS[:2], "body": BIAS},
        {"kernel": KERNEL.astype(np.float16), "bias": BIAS, "body": BIAS},
        {"kernel": BIAS, "bias": BIAS, "body": BIAS},
    ],
)
def test_other_tensors_are_no_weights(tensors: dict[str, np.ndarray]) -> None:  # type: ignore[type-arg]  # any
    with pytest.raises(Malformed, match="weights"):
        decode_weights(encode_tensors(tensors, {"format": 1}))


def test_another_format_is_refused() -> None:
    with pytest.raises(ContractError):
        decode_weights(encode_tensors({"kernel": KERNEL, "bias": BIAS, "body": BIAS}, {"format": 2}))
