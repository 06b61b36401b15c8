"""Taking a head apart into body and classifier, and putting it together again."""

from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from export.errors import HeadError
from export.network.classifier import OutputKind, class_answers, put_together, take_apart
from export.network.inception_resnet_v1 import ScaleToLength
from export.network.split import split_model

Floats = NDArray[np.float32]


def small_head(activation: str | None = None) -> keras.Model:
    feature = keras.Input((6,), name="feature")
    hidden = keras.layers.Dense(5, activation="relu")(feature)
    embedding = ScaleToLength(16.0, name="Embedding")(hidden)
    return keras.Model(feature, keras.layers.Dense(3, activation=activation, name="Logits")(embedding))


FEATURES = np.random.default_rng(0).normal(size=(4, 6)).astype(np.float32)


def test_a_head_taken_apart_and_put_together_computes_the_same() -> None:
    head = small_head()
    parts = take_apart(head)
    again = put_together(parts.body, parts.kernel, parts.bias)
    np.testing.assert_array_equal(again.predict_on_batch(FEATURES), head.predict_on_batch(FEATURES))


def test_the_classifier_works_on_what_the_body_gives() -> None:
    parts = take_apart(small_head())
    embeddings = parts.body.predict_on_batch(FEATURES)
    logits = take_together(parts.body, parts.kernel, parts.bias)
    np.testing.assert_allclose(embeddings @ parts.kernel + parts.bias, logits, rtol=1e-5, atol=1e-5)


def take_together(body: keras.Model, kernel: Floats, bias: Floats) -> Floats:
    logits: Floats = put_together(body, kernel, bias).predict_on_batch(FEATURES)
    return logits


def test_a_softmax_at_the_end_is_dropped() -> None:
    head = small_head("softmax")
    parts = take_apart(head)
    logits = take_together(parts.body, parts.kernel, parts.bias)
    np.testing.assert_allclose(keras.ops.softmax(logits), head.predict_on_batch(FEATURES), atol=1e-5)


def test_a_new_classifier_may_have_another_number_of_classes() -> None:
    parts = take_apart(small_head())
    assert take_together(parts.body, np.zeros((5, 7), np.float32), np.zeros(7, np.float32)).shape == (4, 7)


def test_a_head_cut_right_before_its_classifier_has_a_body_that_changes_nothing() -> None:
    feature = keras.Input((6,))
    parts = take_apart(keras.Model(feature, keras.layers.Dense(2)(feature)))
    np.testing.assert_array_equal(parts.body.predict_on_batch(FEATURES), FEATURES)


def test_a_classifier_without_bias_gets_a_bias_of_zeros() -> None:
    feature = keras.Input((6,))
    parts = take_apart(keras.Model(feature, keras.layers.Dense(2, use_bias=False)(feature)))
    np.testing.assert_array_equal(parts.bias, np.zeros(2))


def test_the_head_of_a_split_is_taken_apart_as_it_is_and_can_be_saved(tmp_path: Path) -> None:
    """It shares its layers with the network that was split, where its classifier has been called before."""
    photo = keras.Input((3,))
    hidden = keras.layers.Dense(5)(keras.layers.Dense(6, name="cut")(photo))
    head = split_model(keras.Model(photo, keras.layers.Dense(2)(hidden)), "cut").head
    parts = take_apart(head)
    put_together(parts.body, parts.kernel, parts.bias).save(tmp_path / "head.keras")
    loaded = keras.saving.load_model(tmp_path / "head.keras")
    np.testing.assert_allclose(loaded.predict_on_batch(FEATURES), head.predict_on_batch(FEATURES), rtol=1e-5)


def test_a_network_that_does_not_end_in_a_dense_is_no_head() -> None:
    feature = keras.Input((6,))
    model = keras.Model(feature, keras.layers.ReLU()(keras.layers.Dense(2)(feature)))
    with pytest.raises(HeadError, match=r"expected a Dense or a 1x1 convolution as its last layer, .* got ReLU"):
        take_apart(model)


def test_a_network_with_two_outputs_is_no_head() -> None:
    feature = keras.Input((6,))
    outputs = [keras.layers.Dense(2)(feature), keras.layers.Dense(3)(feature)]
    with pytest.raises(HeadError, match="expected one input and one output, got 1 inputs and 2 outputs"):
        take_apart(keras.Model(feature, outputs))


def test_a_classifier_of_another_width_than_the_body_is_refused() -> None:
    body = take_apart(small_head()).body
    with pytest.raises(HeadError, match=r"expected a kernel \(5, classes\)"):
        put_together(body, np.zeros((6, 2), np.float32), np.zeros(2, np.float32))


def test_a_classifier_gets_a_name_that_the_body_has_not() -> None:
    """Its usual name is one that people give their layers, too."""
    feature = keras.Input((6,))
    hidden = keras.layers.Dense(5, name="Logits")(keras.layers.Dense(5, name="Embedding")(feature))
    parts = take_apart(keras.Model(feature, keras.layers.Dense(2)(hidden)))
    assert put_together(parts.body, parts.kernel, parts.bias).layers[-1].name == "Logits_2"


def test_a_sigmoid_of_one_unit_becomes_two_classes() -> None:
    feature = keras.Input((6,))
    head = keras.Model(feature, keras.layers.Dense(1, activation="sigmoid")(feature))
    parts = take_apart(head)
    probabilities = keras.ops.softmax(take_together(parts.body, parts.kernel, parts.bias))
    np.testing.assert_allclose(probabilities[:, 1:], head.predict_on_batch(FEATURES), atol=1e-6)
    assert parts.output is OutputKind.SIGMOID


@pytest.mark.parametrize(
    ("output", "values", "probabilities"),
    [
        (OutputKind.LOGITS, [[0, 0], [1000, 0]], [[0.5, 0.5], [1, 0]]),
        (OutputKind.SOFTMAX, [[0.25, 0.75]], [[0.25, 0.75]]),
        (OutputKind.SOFTMAX, [[[[0.25, 0.75]]]], [[0.25, 0.75]]),
        (OutputKind.SIGMOID, [[0.25], [1]], [[0.75, 0.25], [0, 1]]),
    ],
)
def test_a_networks_own_answers_are_probabilities_of_classes(
    output: OutputKind, values: list[object], probabilities: list[object]
) -> None:
    np.testing.assert_allclose(class_answers(np.array(values, np.float32), output), np.array(probabilities, np.float32))


def over_positions(positions: int, *after: keras.layers.Layer, activation: str = "softmax") -> keras.Model:
    feature = keras.Input((positions, 6))
    net = keras.layers.TimeDistributed(keras.layers.Dense(3, activation=activation))(feature)
    for layer in after:
        net = layer(net)
    return keras.Model(feature, net)


def test_a_softmax_within_a_time_distributed_is_seen() -> None:
    assert take_apart(over_positions(1, keras.layers.Flatten())).output is OutputKind.SOFTMAX
    with pytest.raises(HeadError, match="once and at the end, got softmax at each of 4 positions"):
        take_apart(over_positions(4, keras.layers.GlobalAveragePooling1D()))
    with pytest.raises(HeadError, match="once and at the end, got relu of 3 units"):
        take_apart(over_positions(1, keras.layers.Flatten(), activation="relu"))
    with pytest.raises(HeadError, match="got softmax after softmax"):
        take_apart(over_positions(1, keras.layers.Flatten(), keras.layers.Softmax()))


def test_a_mask_after_the_classifier_is_named() -> None:
    given = keras.Input((5, 3))
    net = keras.layers.LSTM(4, return_sequences=True)(keras.layers.Masking()(given))
    net = keras.layers.GlobalAveragePooling1D()(keras.layers.TimeDistributed(keras.layers.Dense(3))(net))
    with pytest.raises(
        HeadError, match=r"expected no mask between the classifier .* GlobalAveragePooling1D with a mask of positions"
    ):
        take_apart(keras.Model(given, net))


@pytest.mark.parametrize(
    ("scale", "offset"), [([[1, 2, 3]], 0.5), ([1, 2, 3], [[0.5]]), ([[2.0]], [[[1, 2, 3]]]), (2, [3, 2, 1])]
)
def test_a_scale_of_the_classes_is_taken_however_it_is_nested(scale: object, offset: object) -> None:
    feature = keras.Input((6,))
    head = keras.Model(feature, keras.layers.Rescaling(scale, offset)(keras.layers.Dense(3)(feature)))
    parts = take_apart(head)
    assert parts.bias.shape == (3,)
    logits = take_together(parts.body, parts.kernel, parts.bias)
    expected = np.asarray(head(FEATURES)).reshape(logits.shape)
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-5)


def test_a_head_that_was_put_together_is_the_same_file_each_time(tmp_path: Path) -> None:
    """Layers that are made for it are named by what is there, not by what was made before."""
    position = keras.Input((4, 4, 6))
    net = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(3, 1)(position))
    configs = []
    for _ in range(2):
        parts = take_apart(keras.Model(position, net))
        configs.append([layer.name for layer in put_together(parts.body, parts.kernel, parts.bias).layers[1:]])
    assert configs[0] == configs[1] == ["Embedding", "Logits"]
