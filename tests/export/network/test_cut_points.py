"""Where a network can be cut: the work before, the bytes of an upload, the parameters after, and a recommendation."""

from collections.abc import Callable

import keras
import numpy as np
import pytest
from keras import layers

from contract.codecs import DEFAULT_CODEC, encode_features
from contract.cuts import CUTS
from export.errors import SplitError
from export.network.cut_points import CutPoint, cut_points, recommend, upload_bytes, worthwhile
from export.network.cut_table import cut_table
from export.network.graph import node_of
from export.network.inception_resnet_v1 import build
from export.network.network import Network, network_of, prepared
from export.network.split import split, trainable_parameters
from export.network.work import multiply_adds


def convolutional() -> Network:
    stack = [
        layers.Rescaling(1 / 255, name="scale"),
        layers.Conv2D(8, 3, name="conv1"),  # 10x10x8
        layers.MaxPooling2D(2, name="pool1"),  # 5x5x8
        layers.Conv2D(16, 3, name="conv2"),  # 3x3x16
        layers.ReLU(name="relu2"),
        layers.Flatten(name="flat"),  # 144
        layers.Dense(40, name="hidden"),
        layers.Dropout(0.5, name="drop"),
        layers.Dense(3, activation="softmax", name="classes"),
    ]
    return network_of(keras.Sequential([keras.Input((12, 12, 3)), *stack]))


@pytest.fixture(scope="module")
def reference() -> Network:
    return prepared(build(classes=8631), where="network")


def test_every_layer_between_the_first_weights_and_the_classifier_is_listed() -> None:
    points = cut_points(convolutional())
    assert [point.layer for point in points] == ["conv1", "pool1", "conv2", "relu2", "flat", "hidden", "drop"]
    assert [point.feature_shape for point in points[:3]] == [(10, 10, 8), (5, 5, 8), (3, 3, 16)]


def test_the_work_before_a_cut_is_the_share_of_all_multiply_adds() -> None:
    conv1, conv2, hidden, classes = 100 * 27 * 8, 9 * 72 * 16, 144 * 40, 40 * 3
    shares = {point.layer: point.work_before for point in cut_points(convolutional())}
    total = conv1 + conv2 + hidden + classes
    assert shares["pool1"] == conv1 / total
    assert shares["relu2"] == (conv1 + conv2) / total
    assert shares["drop"] == (conv1 + conv2 + hidden) / total


def test_thawed_parameters_are_those_of_the_head_that_a_cut_leaves() -> None:
    network = convolutional()
    for point in cut_points(network):
        assert point.thawed_parameters == trainable_parameters(split(network, point.layer).head)


@pytest.mark.parametrize("shape", [(512,), (3, 3, 5), (7,)])
def test_an_upload_has_the_bytes_that_the_codec_writes(shape: tuple[int, ...]) -> None:
    tensors = encode_features(np.ones((1, *shape), np.float32), DEFAULT_CODEC)
    assert upload_bytes(shape) == sum(tensor.nbytes for tensor in tensors.values())


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (lambda: layers.Conv2D(4, 3), (6, 6, 2), 16 * 9 * 2 * 4),
        (lambda: layers.DepthwiseConv2D(3, padding="same"), (6, 6, 2), 36 * 9 * 2),
        (lambda: layers.SeparableConv2D(4, 3, padding="same"), (6, 6, 2), 36 * (9 * 2 + 2 * 4)),
        (lambda: layers.Conv2D(4, 3, groups=2, padding="same"), (6, 6, 2), 36 * 9 * 4),
        (lambda: layers.Conv2DTranspose(4, 2, strides=2), (3, 3, 2), 9 * 4 * 4 * 2),
        (lambda: layers.Conv1D(4, 3), (10, 2), 8 * 3 * 2 * 4),
        (lambda: layers.Dense(4), (10, 2), 10 * 8),
        (lambda: layers.LSTM(4), (10, 2), 10 * (2 * 16 + 4 * 16)),
        (lambda: layers.GRU(4, return_sequences=True), (10, 2), 10 * (2 * 12 + 4 * 12)),
        (lambda: layers.Bidirectional(layers.LSTM(4)), (10, 2), 2 * 10 * (2 * 16 + 4 * 16)),
        (lambda: layers.TimeDistributed(layers.Dense(4)), (10, 2), 10 * 8),
        (lambda: layers.BatchNormalization(), (10, 2), 0),
        (lambda: layers.MaxPooling1D(2), (10, 2), 0),
    ],
)
def test_the_work_of_a_layer_is_its_kernel_at_each_position_or_step(
    layer: Callable[[], keras.layers.Layer], shape: tuple[int, ...], expected: int
) -> None:
    assert multiply_adds(node_of(layer()(keras.Input(shape)))) == expected


def test_the_work_of_attention_is_its_projections_and_its_products() -> None:
    sequence = keras.Input((10, 8))
    attended = layers.MultiHeadAttention(2, 4)(sequence, sequence)
    assert multiply_adds(node_of(attended)) == 10 * 4 * 8 * 8 + 2 * 10 * 10 * 8


def test_the_reference_network_is_best_cut_where_the_paper_ends(reference: Network) -> None:
    chosen, reason = recommend(cut_points(reference))
    assert chosen.layer == CUTS["freeze6"].layer
    assert (chosen.feature_shape, chosen.thawed_parameters) == ((512,), CUTS["freeze6"].thawed_parameters)
    assert reason.startswith("the smallest upload, 261 bytes a sample")


def test_every_cut_of_the_paper_is_among_those_of_the_reference_network(reference: Network) -> None:
    assert {cut.layer for cut in CUTS.values()} - {"input"} <= {
        "photo",
        *(point.layer for point in cut_points(reference)),
    }


def point(layer: str, width: int, thawed: int, *, work: float = 0.9, active: bool = False) -> CutPoint:
    return CutPoint(layer, (width,), work, upload_bytes((width,)), thawed, active)


@pytest.mark.parametrize(
    ("points", "chosen"),
    [
        ([point("wide", 512, 9), point("narrow", 64, 5)], "narrow"),
        ([point("narrow", 64, 9), point("wide", 512, 5)], "narrow"),
        ([point("early", 64, 9, work=0.1), point("late", 512, 5)], "late"),
        ([point("deep", 64, 80), point("pooling", 512, 10)], "pooling"),
        ([point("deep", 64, 80), point("huge", 4096, 10)], "deep"),
        ([point("wide", 64, 9), point("too narrow", 4, 5)], "wide"),
        ([point("only", 4, 5, work=0.1)], "only"),
        ([point("dense", 64, 9), point("norm", 64, 5), point("scaled", 64, 5)], "norm"),
        ([point("norm", 64, 5), point("relu", 64, 5, active=True), point("drop", 64, 5)], "relu"),
    ],
)
def test_the_smallest_upload_after_most_of_the_work_is_recommended(points: list[CutPoint], chosen: str) -> None:
    assert recommend(points)[0].layer == chosen


def test_a_network_that_can_be_cut_nowhere_says_so() -> None:
    feature = keras.Input((4,))
    network = network_of(keras.Model(feature, layers.Dense(3)(feature)))
    with pytest.raises(SplitError, match=r"expected a layer with weights before the classifier, .* got none"):
        recommend(cut_points(network))


def test_cuts_that_cost_both_work_and_bytes_are_not_worth_a_row() -> None:
    points = [
        point("one", 512, 9),
        point("larger", 600, 8),
        point("two", 256, 7),
        point("same", 256, 6),
        point("end", 8, 1),
    ]
    assert [kept.layer for kept in worthwhile(points)] == ["one", "same", "end"]


def test_the_table_marks_the_recommended_cut_and_says_what_it_leaves_out() -> None:
    network = convolutional()
    lines = cut_table(network, every=False).splitlines()
    assert [line.split()[0] for line in lines] == ["layer", "conv1", "pool1", "relu2", "hidden", "3", "recommended:"]
    assert [line for line in lines if line.endswith("<- recommended")] == [lines[4]]
    assert lines[-1].startswith("recommended: hidden, the smallest upload, 25 bytes a sample")
    assert len(cut_table(network, every=True).splitlines()) == len(cut_points(network)) + 2
