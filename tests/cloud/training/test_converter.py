"""The files of a head: made as a whole or from a template; one that is too far from Keras is left out or refused."""

from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn

import keras
import numpy as np
import pytest

from cloud.training import converter
from cloud.training.conversion import ConversionInputs
from cloud.training.converter import Converter
from cloud.training.executors.arrays import collect_in_memory
from cloud.training.heads import flatten, load_head
from cloud.training.values import EmbeddingInputs, HeadNumbers
from cloud.training.weights import HeadWeights
from contract.manifest import Precision
from export.errors import ParityError
from export.tflite import parity
from export.tflite.quantize import Quantize
from export.tflite.template import HeadTemplate
from tests.cloud.training.conftest import SyntheticRows, convolutional_head, vector_head

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


@pytest.fixture
def no_converter(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return what takes the whole converter away."""

    def fail(head: keras.Model, *, precision: Precision) -> NoReturn:
        pytest.fail("it was converted as a whole")

    return lambda: monkeypatch.setattr(converter, "convert_head", fail)


def more_classes(inputs: ConversionInputs, classes: int) -> ConversionInputs:
    """Return another head of the same body."""
    chance = np.random.default_rng(classes)
    kernel = chance.normal(size=(len(inputs.weights.kernel), classes)).astype(np.float32)
    bias = chance.normal(size=classes).astype(np.float32)
    return replace(inputs, weights=HeadWeights(kernel, bias, inputs.weights.body))


def test_later_heads_of_a_body_are_made_without_the_whole_converter(
    inputs: ConversionInputs, no_converter: Callable[[], None]
) -> None:
    more = more_classes(inputs, 20)
    whole, warm = Converter().convert(more), Converter()
    warm.convert(inputs)
    no_converter()
    filled = warm.convert(more)
    assert list(filled.files) == [Precision.FLOAT32, Precision.DYNAMIC]
    for precision, logits in whole.logits.items():
        np.testing.assert_array_equal(filled.logits[precision], logits)
    assert filled.parity == whole.parity


def test_the_first_conversion_finds_a_template_where_there_was_time_to_prepare(
    inputs: ConversionInputs, no_converter: Callable[[], None]
) -> None:
    warm, temperatures = Converter(), HeadNumbers(1.0, 1.0)
    rows = EmbeddingInputs.of_new(inputs.samples, inputs.head_file, best=None, temperatures=temperatures)
    warm.embed(rows, collect=collect_in_memory)
    warm.prepare()
    no_converter()
    assert list(warm.convert(more_classes(inputs, 9)).files) == [Precision.FLOAT32, Precision.DYNAMIC]


def test_a_head_of_another_bundle_is_converted_as_a_whole(
    make_rows: Callable[..., SyntheticRows], inputs: ConversionInputs
) -> None:
    warm = Converter()
    warm.convert(inputs)
    rows = make_rows(convolutional_head(6), people=6)
    embedding, features = rows.embed(), rows.inputs.features
    weights = HeadWeights(embedding.kernel, embedding.bias, np.zeros(0, np.float32))
    other = ConversionInputs(rows.inputs.head_file, weights, features, features[0])
    for precision, logits in Converter().convert(other).logits.items():
        np.testing.assert_array_equal(warm.convert(other).logits[precision], logits)


def test_a_body_of_its_own_is_in_the_files_whatever_templates_there_are(
    make_rows: Callable[..., SyntheticRows],
) -> None:
    rows = make_rows(convolutional_head(6), people=6)
    embedding, features = rows.embed(), rows.inputs.features
    weights = HeadWeights(embedding.kernel, embedding.bias, np.zeros(0, np.float32))
    with_bundles = ConversionInputs(rows.inputs.head_file, weights, features, features[0])
    body = flatten(load_head(rows.inputs.head_file, None).body)
    body += np.random.default_rng(0).uniform(0, 0.2, len(body)).astype(np.float32)
    with_own = replace(with_bundles, weights=replace(weights, body=body))
    warm = Converter()
    before = warm.convert(with_bundles).logits[Precision.FLOAT32]
    own = warm.convert(with_own).logits[Precision.FLOAT32]
    np.testing.assert_array_equal(own, Converter().convert(with_own).logits[Precision.FLOAT32])
    assert not np.allclose(own, before)
    np.testing.assert_array_equal(warm.convert(with_bundles).logits[Precision.FLOAT32], before)


def test_a_file_from_a_template_that_is_wrong_is_made_as_a_whole(
    inputs: ConversionInputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    warm, fill = Converter(), HeadTemplate.fill
    warm.convert(inputs)
    monkeypatch.setattr(HeadTemplate, "fill", lambda self, kernel, bias: fill(self, -kernel, bias))
    more = more_classes(inputs, 20)
    outcome = warm.convert(more)
    for precision, logits in Converter().convert(more).logits.items():
        np.testing.assert_array_equal(outcome.logits[precision], logits)
