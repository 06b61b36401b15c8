"""Dividing a network: prefix, then head, is the network; a layer that does not separate is refused by name."""

from collections.abc import Callable

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from contract.cuts import CUTS
from export.errors import SplitError
from export.network.network import Network, network_of
from export.network.split import split, split_model

Floats = NDArray[np.float32]
Values = Callable[[keras.Model, Floats], Floats]

CUT_LAYERS = [cut.layer for cut in list(CUTS.values())[1:]]
MOBILE_NET_LAYERS = [
    "Conv1_relu",
    "block_2_add",
    "block_3_depthwise_BN",
    "block_12_add",
    "out_relu",
    "global_average_pooling2d",
]


def noise(*shape: int) -> Floats:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


@pytest.fixture(scope="module")
def mobile_net() -> keras.Model:
    keras.utils.clear_session(free_memory=False)  # names of layers count up from earlier tests
    return keras.applications.MobileNetV2(weights=None, input_shape=(96, 96, 3), classes=5)


@pytest.mark.parametrize("layer", CUT_LAYERS)
def test_prefix_then_head_equals_the_reference_network(
    reference_network: keras.Model, values: Values, layer: str
) -> None:
    photos = noise(2, 160, 160, 3)
    parts = split_model(reference_network, layer)
    np.testing.assert_allclose(
        values(parts.head, values(parts.prefix, photos)), values(reference_network, photos), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("layer", MOBILE_NET_LAYERS)
def test_prefix_then_head_equals_a_mobile_net(mobile_net: keras.Model, values: Values, layer: str) -> None:
    photos = noise(2, 96, 96, 3)
    parts = split_model(mobile_net, layer)
    np.testing.assert_allclose(
        values(parts.head, values(parts.prefix, photos)), values(mobile_net, photos), rtol=1e-4, atol=1e-5
    )


def test_a_network_can_be_split_again_and_so_can_its_head(mobile_net: keras.Model) -> None:
    head = split_model(mobile_net, "block_2_add").head
    assert split_model(head, "block_12_add").feature_shape == split_model(mobile_net, "block_12_add").feature_shape


def test_prefix_and_head_share_the_networks_weights(mobile_net: keras.Model) -> None:
    parts = split_model(mobile_net, "block_12_add")
    both = {id(weight) for weight in parts.prefix.weights} | {id(weight) for weight in parts.head.weights}
    assert both == {id(weight) for weight in mobile_net.weights}


def test_a_sequential_network_is_split_too() -> None:
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="first"), keras.layers.Dense(2)])
    assert split_model(network, "first").feature_shape == (3,)


@pytest.mark.parametrize(
    ("layer", "crossing"),
    [
        ("Block35_3_Branch_1_Conv2d_0b_3x3", "Block35_2"),
        ("Block17_4_Scale", "Block17_3"),
        ("Mixed_6a_Branch_0_Conv2d_1a_3x3", "Block35_5"),
    ],
)
def test_a_layer_in_a_branch_is_refused_with_the_tensor_that_crosses(
    reference_network: keras.Model, layer: str, crossing: str
) -> None:
    with pytest.raises(SplitError, match=f"layer {layer}: expected a layer that separates .* also reads {crossing}$"):
        split_model(reference_network, layer)


def test_a_layer_inside_a_mobile_nets_residual_is_refused(mobile_net: keras.Model) -> None:
    with pytest.raises(SplitError, match=r"also reads block_1_project_BN$"):
        split_model(mobile_net, "block_2_depthwise")


def test_a_second_input_crosses() -> None:
    photo, age = keras.Input((4,), name="photo"), keras.Input((1,), name="age")
    middle = keras.layers.Dense(3, name="middle")(photo)
    network = keras.Model([photo, age], keras.layers.Dense(2)(keras.layers.Concatenate()([middle, age])))
    with pytest.raises(SplitError, match=r"also reads age$"):
        split_model(network, "middle")


def test_an_output_from_before_the_cut_crosses() -> None:
    photo = keras.Input((4,))
    early = keras.layers.Dense(3, name="early")(photo)
    late = keras.layers.Dense(2, name="late")(early)
    with pytest.raises(SplitError, match=r"also reads early$"):
        split_model(keras.Model(photo, [early, keras.layers.Dense(2)(late)]), "late")


def test_an_operation_without_a_layer_can_cross() -> None:
    photo = keras.Input((4,))
    middle = keras.layers.Dense(4, name="middle")(photo)
    network = keras.Model(photo, keras.layers.Dense(2)(middle + keras.ops.exp(photo)))
    with pytest.raises(SplitError, match="also reads"):
        split_model(network, "middle")


def test_weights_on_both_sides_are_refused() -> None:
    photo, shared = keras.Input((4,)), keras.layers.Dense(4, name="shared")
    middle = keras.layers.Dense(4, name="middle")(shared(photo))
    with pytest.raises(SplitError, match="expected weights frozen or thawed, got shared on both sides of it"):
        split_model(keras.Model(photo, shared(middle)), "middle")


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("Block35_9", "no layer of that name; near it are Block35_"),
        ("nothing like it", "no layer of that name$"),
        ("photo", "expected a layer that computes a feature, got the network's input"),
        ("Logits", "expected a layer with a head after it, got an output of the network"),
    ],
)
def test_what_is_no_cut_is_refused(reference_network: keras.Model, layer: str, message: str) -> None:
    with pytest.raises(SplitError, match=message):
        split_model(reference_network, layer)


def test_a_layer_that_is_called_twice_is_refused() -> None:
    photo, twice = keras.Input((4,)), keras.layers.Dense(4, name="twice")
    with pytest.raises(SplitError, match="expected a layer that is called once, got 2 calls"):
        split_model(keras.Model(photo, keras.layers.Dense(1)(twice(twice(photo)))), "twice")


def test_a_network_without_a_graph_is_refused() -> None:
    class Subclass(keras.Model):  # type: ignore[misc]  # Keras ships no types
        pass

    with pytest.raises(SplitError, match="expected a functional Keras network, got Subclass"):
        split_model(Subclass(), "any")


def network_with_a_base(*names: str) -> Network:
    stack = [keras.layers.Dense(4, name=name) for name in names]
    base = keras.Sequential([keras.Input((4,)), *stack], name="base")
    photo = keras.Input((4,), name="photo")
    return network_of(keras.Model(photo, keras.layers.Dense(3, name="Logits")(base(photo)), name="network"))


def test_a_layer_of_a_network_within_is_found_by_its_path_and_the_network_by_its_name() -> None:
    network = network_with_a_base("first", "second")
    assert [split(network, layer).feature_shape for layer in ("base/first", "base/second", "base")] == [(4,)] * 3


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("first", "no layer of that name; near it are base/first$"),
        ("photo", "expected a layer that computes a feature, got the network's input"),
        ("Logits", "expected a layer with a head after it, got an output of the network"),
        ("base/größe", "layer 'base/größe': expected a name of 1 to 128 printable ASCII .* got other characters"),
        ("base/" + "n" * 128, "rename the layer, got 133 characters"),
    ],
)
def test_what_is_no_cut_of_a_network_is_refused_in_its_users_words(layer: str, message: str) -> None:
    with pytest.raises(SplitError, match=message):
        split(network_with_a_base("first", "größe", "n" * 128), layer)


def test_messages_name_other_layers_as_their_user_does() -> None:
    inner = keras.Input((4,))
    first = keras.layers.Dense(4, name="größe")(inner)
    base = keras.Model(inner, keras.layers.Add()([keras.layers.Dense(4, name="branch")(first), first]), name="base")
    photo = keras.Input((4,))
    with pytest.raises(SplitError, match=r"a head that also reads base/größe$"):
        split(network_of(keras.Model(photo, keras.layers.Dense(3)(base(photo)))), "base/branch")


def test_a_layer_of_a_network_that_is_called_twice_is_refused() -> None:
    base = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4, name="first")], name="base")
    photo = keras.Input((4,))
    with pytest.raises(SplitError, match="layer base/first: expected a layer that is called once, got 2 calls"):
        split(network_of(keras.Model(photo, keras.layers.Dense(3)(base(base(photo))))), "base/first")


def test_a_mask_that_the_head_needs_is_refused() -> None:
    words = keras.Input((7,), dtype="int32")
    embedded = keras.layers.Embedding(10, 4, mask_zero=True, name="embedded")(words)
    wide = keras.layers.Dense(5, name="wide")(embedded)
    network = network_of(keras.Model(words, keras.layers.Dense(3)(keras.layers.LSTM(4, name="lstm")(wide))))
    for layer in ("embedded", "wide"):
        with pytest.raises(SplitError, match=r"expected a layer without a mask, .* got a mask, read by lstm"):
            split(network, layer)
    assert split(network, "lstm").feature_shape == (4,)


def test_a_mask_that_nothing_reads_is_left_behind() -> None:
    words = keras.Input((7,), dtype="int32")
    embedded = keras.layers.Embedding(10, 4, mask_zero=True, name="embedded")(words)
    net = keras.layers.Dense(3)(keras.ops.mean(embedded, axis=1))
    assert split(network_of(keras.Model(words, net)), "embedded").feature_shape == (7, 4)


def test_a_layer_that_computes_no_feature_of_the_contract_is_refused() -> None:
    words = keras.Input((7,), dtype="int32")
    twice = keras.ops.cast(keras.layers.Identity(name="twice")(words), "int32")
    deep = keras.layers.Reshape((1, 1, 1, 7, 4), name="deep")(keras.layers.Embedding(10, 4)(twice))
    network = network_of(keras.Model(words, keras.layers.Dense(3)(keras.layers.Flatten()(deep))))
    with pytest.raises(SplitError, match=r"layer cast.*: expected a layer that computes float32, got int32"):
        split(network, next(name for name in network.layers if name.startswith("cast")))
    with pytest.raises(SplitError, match="layer deep, feature: expected 1 to 4 sizes"):
        split(network, "deep")
