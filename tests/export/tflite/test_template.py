"""Files that are filled from a template: value for value what the converter would have made."""

from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from contract.cuts import HEAD_SIGNATURE
from contract.manifest import Precision
from device.recognise.tflite import RUNTIME_MODULES
from export.network.classifier import put_together
from export.network.inception_resnet_v1 import ScaleToLength
from export.tflite.convert import convert_head, tflite_schema
from export.tflite.parity import check_head, compare_logits
from export.tflite.process import TFLiteProcess
from export.tflite.template import ALIGNMENT, SMALLEST_QUANTISED, HeadTemplate

Floats = NDArray[np.float32]
PRECISIONS = (Precision.FLOAT32, Precision.DYNAMIC)
WIDTH = 64
BOUNDARY = SMALLEST_QUANTISED // WIDTH
"""With so many classes the converter begins to quantise the last layer."""


def vector_body() -> keras.Model:
    """Return a body without weights, as at freeze6."""
    feature = keras.Input((WIDTH,), name="feature")
    return keras.Model(feature, ScaleToLength(16.0, name="Embedding")(feature))


def deep_body() -> keras.Model:
    """Return a body with convolutions and a dense layer of its own."""
    keras.utils.set_random_seed(0)
    feature = keras.Input((4, 4, 16), name="feature")
    net = keras.layers.Conv2D(32, 3, use_bias=False, name="Conv2d")(feature)
    net = keras.layers.BatchNormalization(name="Conv2d_BatchNorm")(net)
    net = keras.layers.GlobalAveragePooling2D(name="AvgPool")(keras.layers.ReLU(name="ReLU")(net))
    return keras.Model(feature, keras.layers.Dense(WIDTH, name="Bottleneck")(net))


def classifier(classes: int, *, seed: int = 0) -> tuple[Floats, Floats]:
    """Return a kernel and a bias of which the spread differs with the seed."""
    chance = np.random.default_rng((classes, seed))
    kernel = chance.normal(scale=0.1 + seed, size=(WIDTH, classes))
    return kernel.astype(np.float32), chance.normal(size=classes).astype(np.float32)


def convert(body: keras.Model, kernel: Floats, bias: Floats, precision: Precision) -> bytes:
    return convert_head(put_together(body, kernel, bias), precision=precision)


def template(body: keras.Model, classes: int, precision: Precision) -> HeadTemplate:
    """Return a template of a body, made of some classifier."""
    kernel, bias = classifier(classes, seed=9)
    content = convert(body, kernel, bias, precision)
    found = HeadTemplate.of(content, kernel=kernel, bias=bias, is_dynamic=precision is Precision.DYNAMIC)
    assert found is not None
    return found


def values_of(content: bytes) -> Any:
    """Return all that a file says, as plain values: arrays as dtype, shape and bytes."""
    return plain(tflite_schema().ModelT.InitFromPackedBuf(content, 0))


def plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.dtype.name, value.shape, value.tobytes()
    if isinstance(value, list):
        return [plain(one) for one in value]
    if hasattr(value, "__dict__"):
        return {name: plain(one) for name, one in vars(value).items()}
    return value


@pytest.fixture(scope="module", params=[vector_body, deep_body])
def body(request: pytest.FixtureRequest) -> keras.Model:
    """Each kind of body."""
    return request.param()


@pytest.fixture(scope="module", params=PRECISIONS)
def precision(request: pytest.FixtureRequest) -> Precision:
    """Each precision of a head that is published."""
    return Precision(request.param)


@pytest.fixture(scope="module")
def of_twenty(body: keras.Model, precision: Precision) -> HeadTemplate:
    """A template made of a head of 20 classes."""
    return template(body, 20, precision)


@pytest.mark.parametrize("classes", [BOUNDARY, BOUNDARY + 1, 20, 65, 700])
def test_a_filled_file_is_the_converters_own_value_for_value(
    body: keras.Model, precision: Precision, of_twenty: HeadTemplate, classes: int
) -> None:
    kernel, bias = classifier(classes)
    filled = of_twenty.fill(kernel, bias)
    assert filled is not None
    assert values_of(filled) == values_of(convert(body, kernel, bias, precision))


@pytest.mark.parametrize("classes", [2, BOUNDARY - 1])
def test_few_classes_are_filled_where_the_converter_would_not_quantise_them_either(
    body: keras.Model, precision: Precision, of_twenty: HeadTemplate, classes: int
) -> None:
    kernel, bias = classifier(classes)
    filled = of_twenty.fill(kernel, bias)
    if precision is Precision.DYNAMIC:
        assert filled is None
        filled = template(body, BOUNDARY - 2, precision).fill(kernel, bias)
    assert filled is not None
    assert values_of(filled) == values_of(convert(body, kernel, bias, precision))


def test_weights_of_any_size_are_quantised_as_the_converter_does() -> None:
    """Halves between two whole numbers, too, which can be rounded either way."""
    of_some, body = template(vector_body(), 20, Precision.DYNAMIC), vector_body()
    for size in (2.0**-20, 1e-4, 3.0, 2.0**30):
        kernel, bias = classifier(40)
        kernel[:, :20] = np.random.default_rng(1).integers(-254, 255, (WIDTH, 20)) / 2
        kernel[0, 0] = 127
        kernel *= np.float32(size)
        filled = of_some.fill(kernel, bias)
        assert filled is not None
        assert values_of(filled) == values_of(convert(body, kernel, bias, Precision.DYNAMIC))


def test_weights_that_are_next_to_nothing_are_left_to_the_converter() -> None:
    """It has a smallest scale."""
    kernel, bias = classifier(40)
    assert template(vector_body(), 20, Precision.DYNAMIC).fill(kernel * np.float32(2.0**-40), bias) is None


@pytest.mark.parametrize("runtime", RUNTIME_MODULES)
def test_a_filled_file_answers_in_both_runtimes_what_keras_does(
    body: keras.Model, precision: Precision, of_twenty: HeadTemplate, runtime: str
) -> None:
    kernel, bias = classifier(300)
    features = np.random.default_rng(0).normal(size=(32, *body.input_shape[1:])).astype(np.float32)
    expected = np.asarray(body.predict_on_batch(features)) @ kernel + bias
    filled = of_twenty.fill(kernel, bias)
    assert filled is not None
    with TFLiteProcess(runtime) as tflite:
        answers = tflite.run(filled, signature=HEAD_SIGNATURE, inputs=features)
    check_head(compare_logits(expected, answers), precision, fitted=False)


def test_constants_of_a_filled_file_are_aligned(precision: Precision, of_twenty: HeadTemplate) -> None:
    filled = of_twenty.fill(*classifier(33))
    assert filled is not None
    model = tflite_schema().Model.GetRootAs(filled, 0)
    buffers = [model.Buffers(place) for place in range(model.BuffersLength())]
    begins = [one._tab.Vector(one._tab.Offset(4)) for one in buffers if one.DataLength() > 64]  # no API
    assert len(begins) >= 2
    assert [begin % ALIGNMENT for begin in begins] == [0] * len(begins)


def test_a_template_is_not_changed_by_filling_it(of_twenty: HeadTemplate) -> None:
    first, others = classifier(30), classifier(50, seed=3)
    before = of_twenty.fill(*first)
    of_twenty.fill(*others)
    assert of_twenty.fill(*first) == before


def test_what_a_converter_may_simplify_is_left_to_it(of_twenty: HeadTemplate) -> None:
    kernel, bias = classifier(30)
    infinite = kernel.copy()
    infinite[0, 0] = np.inf
    of_one_class = classifier(1)
    odd = [
        (kernel, np.zeros_like(bias)),
        (np.ones_like(kernel), bias),
        (infinite, bias),
        of_one_class,
        (kernel[:32], bias),
    ]
    assert [of_twenty.fill(*one) for one in odd] == [None] * len(odd)


def test_a_file_that_looks_different_makes_no_template(body: keras.Model, precision: Precision) -> None:
    kernel, bias = classifier(20)
    feature = keras.Input(body.input_shape[1:])
    dense = keras.layers.Dense(20)
    twice = keras.Model(feature, keras.layers.ReLU()(dense(body(feature))))
    dense.set_weights([kernel, bias])
    head = put_together(body, kernel, np.zeros_like(bias))
    files = [
        convert_head(twice, precision=precision),
        convert_head(head, precision=precision),
        convert(body, kernel + 1, bias, precision),
    ]
    is_dynamic = precision is Precision.DYNAMIC
    assert [HeadTemplate.of(file, kernel=kernel, bias=bias, is_dynamic=is_dynamic) for file in files] == [None] * 3
