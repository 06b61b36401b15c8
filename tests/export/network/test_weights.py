"""Weights from files: the published layout, Keras's own, and files that are not what they should be."""

from collections.abc import Callable
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from export.errors import WeightsError
from export.network.weights import calibrate_batch_norm, classes_in, load_weights

Floats = NDArray[np.float32]
Arrays = dict[str, Floats]


def small_network(*, classes: int = 3) -> keras.Model:
    """One unit, one convolution with a bias, one classifier: every kind of layer that a published file has."""
    photo = keras.Input((8, 8, 3))
    net = keras.layers.Conv2D(4, 3, use_bias=False, name="Conv2d_1a_3x3_Convolution")(photo)
    net = keras.layers.BatchNormalization(name="Conv2d_1a_3x3_BatchNorm")(net)
    net = keras.layers.Activation("relu", name="Conv2d_1a_3x3")(net)
    net = keras.layers.Conv2D(5, 1, name="Block35_1_Conv2d_1x1")(net)
    net = keras.layers.GlobalAveragePooling2D(name="AvgPool")(net)
    return keras.Model(photo, keras.layers.Dense(classes, name="Logits")(net), name="small")


@pytest.fixture
def published() -> Arrays:
    chance = np.random.default_rng(0)
    shapes = {
        "Conv2d_1a_3x3_kernel": (3, 3, 3, 4),
        "Conv2d_1a_3x3_BatchNorm_beta": (4,),
        "Conv2d_1a_3x3_BatchNorm_moving_mean": (4,),
        "Conv2d_1a_3x3_BatchNorm_moving_variance": (4,),
        "Block35_1_Conv2d_1x1_kernel": (1, 1, 4, 5),
        "Block35_1_Conv2d_1x1_bias": (5,),
        "Logits_bias": (8631,),
    }
    return {name: chance.uniform(0.5, 1.0, shape).astype(np.float32) for name, shape in shapes.items()}


@pytest.fixture
def store(tmp_path: Path) -> Callable[[Arrays], Path]:
    def write(arrays: Arrays) -> Path:
        np.savez(tmp_path / "weights.npz", **arrays)
        return tmp_path / "weights.npz"

    return write


Store = Callable[[Arrays], Path]


def test_a_published_file_fills_the_layers_of_its_names(published: Arrays, store: Store) -> None:
    network = small_network()
    load_weights(network, store(published))
    unit = network.get_layer("Conv2d_1a_3x3_Convolution").get_weights()
    norm = network.get_layer("Conv2d_1a_3x3_BatchNorm").get_weights()
    np.testing.assert_array_equal(unit[0], published["Conv2d_1a_3x3_kernel"])
    np.testing.assert_array_equal(norm[1], published["Conv2d_1a_3x3_BatchNorm_beta"])
    np.testing.assert_array_equal(norm[3], published["Conv2d_1a_3x3_BatchNorm_moving_variance"])


def test_without_gamma_it_is_one(published: Arrays, store: Store) -> None:
    network = small_network()
    network.get_layer("Conv2d_1a_3x3_BatchNorm").gamma.assign(np.full(4, 9.0))
    load_weights(network, store(published))
    np.testing.assert_array_equal(network.get_layer("Conv2d_1a_3x3_BatchNorm").get_weights()[0], np.ones(4))


def test_a_file_with_gamma_uses_it(published: Arrays, store: Store) -> None:
    network = small_network()
    load_weights(network, store({**published, "Conv2d_1a_3x3_BatchNorm_gamma": np.full(4, 2, np.float32)}))
    np.testing.assert_array_equal(network.get_layer("Conv2d_1a_3x3_BatchNorm").get_weights()[0], np.full(4, 2))


def test_a_classifier_without_its_kernel_is_left_alone(published: Arrays, store: Store) -> None:
    network = small_network()
    before = network.get_layer("Logits").get_weights()
    load_weights(network, store(published))
    np.testing.assert_array_equal(network.get_layer("Logits").get_weights()[0], before[0])


def test_a_keras_file_fills_another_build_of_the_network(tmp_path: Path) -> None:
    source, target = small_network(), small_network()
    source.save_weights(tmp_path / "of.weights.h5")
    load_weights(target, tmp_path / "of.weights.h5")
    for ours, theirs in zip(source.get_weights(), target.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_number_of_classes_is_read_from_a_file_with_a_classifier(
    tmp_path: Path, published: Arrays, store: Store
) -> None:
    small_network(classes=7).save_weights(tmp_path / "of.weights.h5")
    assert classes_in(tmp_path / "of.weights.h5") == 7
    assert classes_in(store({**published, "Logits_kernel": np.zeros((5, 9), np.float32)})) == 9
    assert classes_in(store(published)) is None
    assert classes_in(tmp_path / "missing.npz") is None


def test_a_keras_file_of_more_classes_is_refused_with_both_shapes(tmp_path: Path) -> None:
    small_network(classes=7).save_weights(tmp_path / "of.weights.h5")
    with pytest.raises(WeightsError, match=r"layer Logits, kernel: expected shape \(5, 3\), got shape \(5, 7\)"):
        load_weights(small_network(), tmp_path / "of.weights.h5")


def test_a_keras_file_of_another_network_names_the_layer_it_lacks(tmp_path: Path) -> None:
    photo = keras.Input((8,))
    keras.Model(photo, keras.layers.Dense(3, name="other")(photo)).save_weights(tmp_path / "of.weights.h5")
    with pytest.raises(WeightsError, match=r"layer Conv2d_1a_3x3_Convolution, kernel: .* got no such layer"):
        load_weights(small_network(), tmp_path / "of.weights.h5")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"Block35_1_Conv2d_1x1_kernel": np.zeros((1, 1, 4, 6), np.float32)},
            r"layer Block35_1_Conv2d_1x1, kernel: expected shape \(1, 1, 4, 5\), got shape \(1, 1, 4, 6\)",
        ),
        (
            {"Conv2d_1a_3x3_BatchNorm_beta": np.full(4, np.nan, np.float32)},
            "layer Conv2d_1a_3x3_BatchNorm, beta: expected finite numbers, got NaN or infinity",
        ),
        (
            {"Block35_2_Conv2d_1x1_kernel": np.zeros((1, 1, 4, 5), np.float32)},
            r"layer Block35_2_Conv2d_1x1_kernel: expected no such layer in this network, got shape \(1, 1, 4, 5\)",
        ),
        (
            {"Logits_kernel": np.zeros((5, 4), np.float32)},
            r"layer Logits, kernel: expected shape \(5, 3\), got shape \(5, 4\)",
        ),
        ({"Logits_kernel": np.array([{}], dtype=object)}, "expected a whole file, got one that cannot be read"),
    ],
)
def test_a_wrong_array_is_refused(published: Arrays, store: Store, change: Arrays, message: str) -> None:
    with pytest.raises(WeightsError, match=message):
        load_weights(small_network(), store({**published, **change}))


def test_a_missing_array_is_named(published: Arrays, store: Store) -> None:
    del published["Block35_1_Conv2d_1x1_bias"]
    with pytest.raises(WeightsError, match=r"layer Block35_1_Conv2d_1x1, bias: expected shape \(5,\), got no such"):
        load_weights(small_network(), store(published))


def test_a_refused_file_leaves_the_network_as_it_was(published: Arrays, store: Store) -> None:
    network = small_network()
    before = network.get_weights()
    with pytest.raises(WeightsError):
        load_weights(network, store({**published, "Block35_1_Conv2d_1x1_bias": np.zeros(6, np.float32)}))
    for ours, theirs in zip(network.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("kept", [0, 1, 100, 1000])
def test_a_truncated_npz_is_refused(published: Arrays, store: Store, kept: int) -> None:
    path = store(published)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(WeightsError, match="expected a whole file, got one that cannot be read"):
        load_weights(small_network(), path)


def test_a_truncated_keras_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "of.weights.h5"
    small_network().save_weights(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(WeightsError, match="expected a whole file, got one that cannot be read"):
        load_weights(small_network(), path)


def test_an_hdf5_file_of_another_layout_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "of.weights.h5", "w") as file:
        file["layers"] = np.zeros(3)
    with pytest.raises(WeightsError, match="expected a whole file, got one that cannot be read"):
        load_weights(small_network(), tmp_path / "of.weights.h5")
    assert classes_in(tmp_path / "of.weights.h5") is None


@pytest.mark.parametrize(
    ("name", "message"),
    [("missing.npz", "expected a file, got none of that name"), ("notes.txt", "expected a .npz or .weights.h5 file")],
)
def test_what_is_no_weights_file_is_refused(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "notes.txt").write_text("weights")
    with pytest.raises(WeightsError, match=message):
        load_weights(small_network(), tmp_path / name)


def test_calibration_stores_the_statistics_of_the_photos() -> None:
    network = small_network()
    photos = np.random.default_rng(1).normal(2.0, 3.0, (64, 8, 8, 3)).astype(np.float32)
    calibrate_batch_norm(network, photos)
    norm = network.get_layer("Conv2d_1a_3x3_BatchNorm")
    into_it = keras.Model(network.inputs[0], network.get_layer("Conv2d_1a_3x3_Convolution").output)(photos)
    np.testing.assert_allclose(norm.get_weights()[2], np.mean(into_it, axis=(0, 1, 2)), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(norm.get_weights()[3], np.var(into_it, axis=(0, 1, 2)), rtol=1e-3)
    assert norm.momentum == 0.99


def test_the_published_weights_fit_the_reference_network(real_network: keras.Model) -> None:
    kernel, *_ = real_network.get_layer("Bottleneck").get_weights()
    assert kernel.shape == (1792, 512)
    assert 0 < np.abs(kernel).mean() < 1
