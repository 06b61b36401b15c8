"""Networks as people have them: each is one level that computes the same, can be cut, and ends in one Dense.

A recipe is how people write such a network, with the cuts that they would name. Each is small, built in milliseconds.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops
from numpy.typing import NDArray

from export.network.classifier import class_answers, put_together, take_apart
from export.network.network import Network, network_of
from export.network.network_end import OutputKind
from export.network.split import split

Values = NDArray[Any]
RECIPES: dict[str, tuple[Callable[[], keras.Model], tuple[str, ...]]] = {}


def recipe(*cuts: str) -> Callable[[Callable[[], keras.Model]], Callable[[], keras.Model]]:
    def keep(build: Callable[[], keras.Model]) -> Callable[[], keras.Model]:
        RECIPES[build.__name__] = build, cuts
        return build

    return keep


def photo(*shape: int | None, dtype: str = "float32") -> Any:
    return keras.Input(shape or (12, 12, 3), dtype=dtype, name="photo")


def base(name: str = "base", *, pooling: bool = True, shape: tuple[int | None, ...] = (12, 12, 3)) -> keras.Model:
    """A small convolutional base, as keras.applications returns one without its top."""
    given = keras.Input(shape)
    net = layers.Conv2D(4, 3, strides=2, use_bias=False, name="conv")(given)
    net = layers.BatchNormalization(name="conv_bn")(net)
    net = shortcut = layers.ReLU(name="relu")(net)
    net = layers.DepthwiseConv2D(3, padding="same", name="depthwise")(net)
    net = layers.Add(name="add")([net, shortcut])
    net = layers.GlobalAveragePooling2D(name="pool")(net) if pooling else net
    return keras.Model(given, net, name=name)


@recipe("base", "base/conv", "base/relu", "base/add", "global_average", "rescaling")
def transfer_learning() -> keras.Model:
    inputs = photo()
    net = keras.Sequential([layers.RandomFlip(), layers.RandomRotation(0.1)], name="augmentation")(inputs)
    net = layers.Rescaling(1 / 127.5, offset=-1, name="rescaling")(net)
    net = base(pooling=False)(net, training=False)
    net = layers.GlobalAveragePooling2D(name="global_average")(net)
    net = layers.Dropout(0.2)(net)
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(net))


@recipe("base/relu", "base")
def operations_before_the_base() -> keras.Model:
    inputs = photo()
    net = base()(inputs[..., ::-1] / 127.5 - 1, training=False)
    return keras.Model(inputs, layers.Dense(3)(net))


@recipe("outer/inner/base/relu", "outer/inner/base", "outer/inner", "outer")
def three_levels() -> keras.Model:
    inner = keras.Sequential([keras.Input((12, 12, 3)), base(), layers.Dense(6, name="wide")], name="inner")
    outer = keras.Sequential([inner, layers.Dense(4)], name="outer")
    given = photo()
    net = layers.Dense(3)(layers.Activation("relu")(outer(given)))
    return keras.Model(given, net)


@recipe("conv2d", "my layer", "Logits", "Embedding", "_private")
def odd_names() -> keras.Model:
    return keras.Sequential(
        [
            photo(),
            layers.Conv2D(4, 3, name="conv2d"),
            layers.ReLU(name="my layer"),
            layers.Flatten(name="Logits"),
            layers.Dense(4, name="Embedding"),
            layers.Dense(5, name="größe"),
            layers.Dense(4, name="_private"),
            layers.Dense(3, name="head"),
        ],
        name="mein Netz",
    )


@recipe("left/conv", "right/dense_a")
def equal_names_in_two_networks() -> keras.Model:
    left = keras.Sequential([layers.Conv2D(2, 3, name="conv"), layers.Flatten(name="dense_a")], name="left")
    right = keras.Sequential([layers.Dense(4, name="dense_a"), layers.Dense(4, name="conv")], name="right")
    inputs = photo()
    return keras.Model(inputs, layers.Dense(3, activation="softmax", name="left_conv")(right(left(inputs))))


@recipe("classifier/hidden", "base/pool", "base")
def nested_classifier() -> keras.Model:
    inputs = photo()
    top = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(6, "relu", name="hidden"),
            layers.Dropout(0.5),
            layers.Dense(3),
            layers.Softmax(),
        ],
        name="classifier",
    )
    return keras.Model(inputs, top(base()(inputs)))


@recipe("conv", "global_pool")
def mobile_net_end() -> keras.Model:
    inputs = photo()
    net = layers.Conv2D(4, 3, name="conv")(inputs)
    net = layers.GlobalAveragePooling2D(keepdims=True, name="global_pool")(net)
    net = layers.Dropout(0.1)(net)
    net = layers.Conv2D(3, 1, padding="same", name="conv_preds")(net)
    net = layers.Reshape((3,))(net)
    return keras.Model(inputs, layers.Activation("softmax", name="predictions")(net))


@recipe("conv")
def convolution_then_pooling() -> keras.Model:
    inputs = photo()
    net = layers.Conv2D(4, 3, activation="relu", name="conv")(inputs)
    net = layers.Conv2D(3, 1)(net)
    net = layers.GlobalAveragePooling2D()(net)
    return keras.Model(inputs, layers.Softmax()(net))


@recipe("conv")
def convolution_then_average_pooling_and_flatten() -> keras.Model:
    net = [layers.Conv2D(4, 3, name="conv"), layers.Conv2D(3, 1, use_bias=False), layers.AveragePooling2D(10)]
    return keras.Sequential([photo(), *net, layers.Flatten(), layers.Activation("softmax")])


@recipe("conv")
def convolution_as_wide_as_its_input() -> keras.Model:
    net = [layers.Conv2D(4, 3, activation="relu", name="conv"), layers.Conv2D(3, 10), layers.Flatten()]
    return keras.Sequential([photo(), *net])


@recipe("conv")
def answers_with_their_one_position() -> keras.Model:
    net = [layers.Conv2D(4, 3, name="conv"), layers.Conv2D(3, 10, activation="softmax")]
    return keras.Sequential([photo(), *net])


@recipe("hidden")
def sigmoid_of_one_unit() -> keras.Model:
    return keras.Sequential([keras.Input((5,)), layers.Dense(8, "relu", name="hidden"), layers.Dense(1, "sigmoid")])


@recipe("hidden")
def sigmoid_as_an_operation() -> keras.Model:
    inputs = keras.Input((5,))
    return keras.Model(inputs, ops.sigmoid(layers.Dense(1)(layers.Dense(8, name="hidden")(inputs))))


@recipe("hidden")
def softmax_as_an_operation() -> keras.Model:
    inputs = keras.Input((5,))
    logits = layers.Dropout(0.5)(layers.Identity()(layers.Dense(4)(layers.Dense(8, name="hidden")(inputs))))
    return keras.Model(inputs, keras.activations.softmax(logits))


@recipe("hidden")
def log_softmax() -> keras.Model:
    return keras.Sequential([keras.Input((5,)), layers.Dense(8, name="hidden"), layers.Dense(4, "log_softmax")])


@recipe("hidden")
def temperature_and_normalised_logits() -> keras.Model:
    inputs = keras.Input((5,))
    logits = layers.BatchNormalization()(layers.Dense(4)(layers.Dense(8, name="hidden")(inputs)))
    return keras.Model(inputs, ops.softmax(layers.Rescaling(0.5)(logits) / 3.0))


@recipe("conv", "lstm")
def sensors() -> keras.Model:
    inputs = keras.Input((20, 6))
    net = layers.Conv1D(8, 3, activation="relu", name="conv")(
        layers.Normalization(mean=[0.5] * 6, variance=[2.0] * 6)(inputs)
    )
    net = layers.Bidirectional(layers.LSTM(5, return_sequences=True, name="größe"), name="lstm")(net)
    net = layers.TimeDistributed(layers.Dense(3))(net)
    return keras.Model(inputs, layers.Softmax()(layers.GlobalAveragePooling1D()(net)))


@recipe("norm", "lstm")
def the_last_of_a_sequence() -> keras.Model:
    inputs = keras.Input((20, 6))
    net = layers.LSTM(5, return_sequences=True, name="lstm")(inputs)
    net = layers.Dense(3)(layers.LayerNormalization(name="norm")(net))
    return keras.Model(inputs, ops.softmax(net[:, -1]))


@recipe("attended", "averaged")
def transformer() -> keras.Model:
    inputs = keras.Input((10, 8))
    net = layers.MultiHeadAttention(2, 4)(inputs, inputs, use_causal_mask=True)
    net = layers.LayerNormalization(name="attended")(net + inputs)
    net = ops.mean(layers.Dense(8, "gelu")(net), axis=1)
    net = layers.Dense(8, name="averaged")(net)
    return keras.Model(inputs, layers.Dense(3, "softmax")(net))


@recipe("global_average_pooling1d", "hidden")
def words() -> keras.Model:
    """The mask of an embedding is computed and used before the cuts."""
    inputs = keras.Input((7,), dtype="int32")
    net = layers.Embedding(10, 6, mask_zero=True)(inputs)
    net = layers.LSTM(5, return_sequences=True)(net)
    net = layers.GlobalAveragePooling1D(name="global_average_pooling1d")(net)
    return keras.Model(inputs, layers.Dense(3)(layers.Dense(4, name="hidden")(net)))


@recipe("hidden")
def a_mask_that_crosses_into_a_nested_network() -> keras.Model:
    inputs = keras.Input((7,), dtype="int32")
    net = layers.Embedding(10, 6, mask_zero=True)(inputs)
    inner = keras.Sequential([keras.Input((None, 6)), layers.LSTM(5)], name="inner")
    return keras.Model(inputs, layers.Dense(3)(layers.Dense(4, name="hidden")(inner(net))))


@recipe("conv")
def bytes_in() -> keras.Model:
    inputs = photo(12, 12, 3, dtype="uint8")
    net = layers.Conv2D(4, 3, name="conv")(ops.cast(inputs, "float32") / 255)
    return keras.Model(inputs, layers.Dense(3)(layers.Flatten()(net)))


@recipe("base/relu")
def bytes_into_a_nested_network() -> keras.Model:
    inputs = photo(12, 12, 3, dtype="uint8")
    return keras.Model(inputs, layers.Dense(3)(base()(inputs)))


@recipe("conv")
def structures_of_one() -> keras.Model:
    inputs = {"image": keras.Input((12, 12, 3), name="image")}
    net = layers.Flatten()(layers.Conv2D(4, 3, name="conv")(inputs["image"]))
    return keras.Model(inputs, {"class": layers.Dense(3)(net)})


@recipe("base/relu", "conv")
def sizes_left_open() -> keras.Model:
    inputs = photo(None, None, 3)
    net = layers.Conv2D(3, 3, padding="same", name="conv")(inputs)
    return keras.Model(inputs, layers.Dense(3)(base(shape=(None, None, 3))(net)))


@recipe("conv")
def a_fixed_batch() -> keras.Model:
    inputs = keras.Input(batch_shape=(8, 12, 12, 3))
    net = layers.Flatten()(layers.Conv2D(4, 3, name="conv")(inputs))
    return keras.Model(inputs, layers.Dense(3)(net))


@recipe("merged", "out")
def a_nested_network_of_two_inputs() -> keras.Model:
    one, two = keras.Input((4,)), keras.Input((4,))
    merge = keras.Model([one, two], layers.Concatenate(name="joined")([layers.Dense(3)(one), two]), name="merge")
    inputs = keras.Input((4,))
    net = merge([layers.Dense(4, "relu")(inputs), inputs])
    net = layers.Dense(4, name="merged")(net)
    return keras.Model(inputs, layers.Dense(3)(layers.Activation("relu", name="out")(net)))


@recipe("joined")
def a_nested_network_called_twice() -> keras.Model:
    tower = base("tower")
    inputs = photo()
    net = layers.Concatenate(name="joined")([tower(inputs), tower(layers.RandomFlip()(inputs) * 2.0)])
    return keras.Model(inputs, layers.Dense(3)(net))


@recipe("base/relu", "hidden")
def a_part_of_another_network() -> keras.Model:
    whole = base(pooling=False)
    part = keras.Model(whole.inputs, whole.get_layer("relu").output, name="base")
    inputs = photo()
    net = layers.Dense(4, name="hidden")(layers.Flatten()(part(inputs)))
    return keras.Model(inputs, layers.Dense(3)(net))


@recipe("opaque", "hidden")
def a_subclassed_network_within() -> keras.Model:
    inputs = keras.Input((5,))
    net = layers.Dense(4, name="hidden")(Tower(name="opaque")(inputs))
    return keras.Model(inputs, layers.Dense(3)(net))


@recipe("einsum")
def einsum_dense() -> keras.Model:
    inputs = keras.Input((5,))
    net = layers.EinsumDense("ab,bc->ac", 6, bias_axes="c", name="einsum")(inputs)
    return keras.Model(inputs, layers.EinsumDense("ab,bc->ac", 3, bias_axes="c", activation="softmax")(net))


@keras.saving.register_keras_serializable(package="fedex-tests")
class Tower(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """A network without a graph."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.hidden = layers.Dense(4, name="inner")

    def build(self, shape: Any) -> None:
        """Build it all."""
        self.hidden.build(shape)

    def call(self, inputs: Any) -> Any:
        """Compute it."""
        return self.hidden(inputs)

    def get_config(self) -> dict[str, Any]:
        """Return what a file needs."""
        return {"name": self.name}


@dataclass(frozen=True)
class Case:
    """A recipe that was prepared, and inputs for it."""

    network: Network
    inputs: Values
    cuts: tuple[str, ...]


@pytest.fixture(scope="module", params=list(RECIPES))
def case(request: pytest.FixtureRequest) -> Case:
    build, cuts = RECIPES[request.param]
    keras.utils.set_random_seed(1)
    keras.utils.clear_session(free_memory=False)  # names of layers count up from earlier recipes
    with warnings.catch_warnings():  # Keras, of masks that reach a network within
        warnings.simplefilter("ignore", UserWarning)
        model = build()
    network = network_of(draw_statistics(model), size=(12, 12) if None in model.inputs[0].shape[1:] else None)
    inputs = np.random.default_rng(0).uniform(0, 9, size=(3, *network.input_shape)).astype(network.input_dtype)
    return Case(network, inputs, cuts)


def draw_statistics(model: keras.Model) -> keras.Model:
    """Give every batch normalisation statistics that matter."""
    random = np.random.default_rng(3)
    for layer in model._flatten_layers():
        if isinstance(layer, layers.BatchNormalization):
            layer.set_weights([random.uniform(0.5, 2, weight.shape) for weight in layer.get_weights()])
    return model


def answers(model: keras.Model, inputs: Values) -> Values:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return np.asarray(model(inputs, training=False))


def close(one: Values, other: Values) -> None:
    np.testing.assert_allclose(one.reshape(other.shape), other, rtol=1e-4, atol=1e-5)


def test_a_network_on_one_level_computes_the_same(case: Case) -> None:
    close(answers(case.network.flat, case.inputs), answers(case.network.whole, case.inputs))


def test_the_one_level_has_no_network_within(case: Case) -> None:
    functional = [
        layer for layer in case.network.flat.layers if isinstance(layer, (keras.Sequential, type(case.network.flat)))
    ]
    assert not functional


def test_prefix_then_head_computes_the_same_at_each_cut(case: Case) -> None:
    for cut in case.cuts:
        parts = split(case.network, cut)
        close(answers(parts.head, answers(parts.prefix, case.inputs)), answers(case.network.flat, case.inputs))


def test_a_head_becomes_logits_with_the_same_answers(case: Case) -> None:
    for cut in case.cuts:
        parts = split(case.network, cut)
        taken = take_apart(parts.head)
        logits = answers(put_together(taken.body, taken.kernel, taken.bias), answers(parts.prefix, case.inputs))
        close(
            class_answers(logits, OutputKind.LOGITS),
            class_answers(answers(case.network.whole, case.inputs), taken.output),
        )


def test_a_head_that_was_put_together_grows_by_a_class(case: Case) -> None:
    taken = take_apart(split(case.network, case.cuts[0]).head)
    wider = np.pad(taken.kernel, ((0, 0), (0, 1))), np.pad(taken.bias, (0, 1))
    assert put_together(taken.body, *wider).output_shape == (None, taken.kernel.shape[1] + 1)
