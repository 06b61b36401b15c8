"""The reference backbone: the paper's shapes and counts, the published names."""

from pathlib import Path

import keras
import numpy as np
import pytest

from contract.cuts import CUTS, Cut
from export.network.inception_resnet_v1 import ScaleToLength, build
from export.network.split import split_model, trainable_parameters

TABLE_1 = list(CUTS.values())


@pytest.fixture(scope="module")
def network() -> keras.Model:
    return build(classes=8631)


@pytest.mark.parametrize("cut", TABLE_1[1:], ids=lambda cut: cut.name)
def test_each_cut_has_the_feature_and_the_thawed_parameters_of_table_1(network: keras.Model, cut: Cut) -> None:
    head = split_model(network, cut.layer).head
    assert head.input_shape[1:] == cut.feature_shape
    assert trainable_parameters(head) == cut.thawed_parameters


def test_the_whole_network_has_the_parameters_of_table_1(network: keras.Model) -> None:
    assert network.input_shape[1:] == CUTS["full"].feature_shape
    assert trainable_parameters(network) == CUTS["full"].thawed_parameters


@pytest.mark.parametrize(
    ("block", "scale"), [("Block35_1", 0.17), ("Block35_5", 0.17), ("Block17_10", 0.10), ("Block8_5", 0.20)]
)
def test_a_residual_block_scales_its_branches_and_ends_in_relu(network: keras.Model, block: str, scale: float) -> None:
    assert network.get_layer(f"{block}_Scale").scale == scale
    assert network.get_layer(block).activation is keras.activations.relu


def test_the_last_block_is_neither_scaled_nor_rectified(network: keras.Model) -> None:
    assert isinstance(network.get_layer("Block8_6"), keras.layers.Add)
    assert network.get_layer("AvgPool").input is network.get_layer("Block8_6").output


def test_batch_normalisation_has_the_published_constants(network: keras.Model) -> None:
    norms = [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert {(norm.epsilon, norm.momentum) for norm in norms} == {(1e-3, 0.995)}


def test_every_layer_is_named_by_hand_as_building_it_twice_shows(network: keras.Model) -> None:
    assert [layer.name for layer in network.layers] == [layer.name for layer in build(classes=8631).layers]


def test_an_embedding_has_length_16_and_keeps_its_direction() -> None:
    vectors = np.array([[3, 4], [0.003, -0.004], [0, 0]], np.float32)
    scaled = np.asarray(ScaleToLength(16.0)(vectors))
    np.testing.assert_allclose(scaled, np.array([[9.6, 12.8], [9.6, -12.8], [0, 0]]), rtol=1e-5)


def test_a_saved_head_loads_with_its_embedding(tmp_path: Path) -> None:
    vector = keras.Input((3,))
    keras.Model(vector, ScaleToLength(2.0)(vector)).save(tmp_path / "head.keras")
    loaded = keras.saving.load_model(tmp_path / "head.keras")
    np.testing.assert_allclose(loaded(np.array([[0, 0, 5]], np.float32)), [[0, 0, 2]])
