"""The files of a head: a quantised one that is too far from Keras is left out, and no other."""

from collections.abc import Callable

import numpy as np
import pytest

from cloud.training.converter import Converter
from cloud.training.values import ConversionInputs
from cloud.training.weights import HeadWeights
from contract.manifest import Precision
from export.errors import ParityError
from export.tflite import parity
from export.tflite.quantize import Quantize
from tests.cloud.training.conftest import SyntheticRows, vector_head

IMPOSSIBLE = parity.Tolerance(mean_error=-1.0, mean_cosine=1.1, label_agreement=1.0)


@pytest.fixture
def inputs(make_rows: Callable[..., SyntheticRows]) -> ConversionInputs:
    """Return a small head and features of its people."""
    rows = make_rows(vector_head(6), people=6)
    embedding, features = rows.embed(), rows.inputs.features
    weights = HeadWeights(embedding.kernel, embedding.bias, np.zeros(0, np.float32))
    return ConversionInputs(rows.inputs.head_file, weights, features, features[0])


def test_a_quantised_file_beyond_its_tolerance_is_left_out_and_the_report_says_so(
    inputs: ConversionInputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(parity.TOLERANCES, Quantize.DYNAMIC, IMPOSSIBLE)
    outcome = Converter().convert(inputs)
    assert (list(outcome.files), list(outcome.logits)) == ([Precision.FLOAT32], [Precision.FLOAT32])
    left_out = outcome.parity[Precision.DYNAMIC]
    assert isinstance(left_out, dict)
    assert str(left_out["left_out"]).startswith("parity of the dynamic head: expected a mean error of at most -1 ")
    float32 = outcome.parity[Precision.FLOAT32]
    assert isinstance(float32, dict)
    assert "left_out" not in float32


def test_without_a_float32_file_within_its_tolerance_there_is_no_release(
    inputs: ConversionInputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(parity.TOLERANCES, Quantize.NONE, IMPOSSIBLE)
    with pytest.raises(ParityError, match="parity of the float32 head"):
        Converter().convert(inputs)
