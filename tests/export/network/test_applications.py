"""Networks of keras.applications, with drawn weights: each is cut, and answers as it did, alone and nested."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from numpy.typing import NDArray

from export.network.classifier import OutputKind, class_answers, put_together, take_apart
from export.network.cut_points import cut_points, recommend
from export.network.network import Network, network_of
from export.network.split import split
from export.network.standardization import Standardization

pytestmark = pytest.mark.slow

NONE, SYMMETRIC = Standardization.NONE, Standardization.SYMMETRIC
APPLICATIONS: dict[str, tuple[int, Standardization]] = {
    "MobileNet": (64, SYMMETRIC),
    "MobileNetV2": (64, SYMMETRIC),
    "MobileNetV3Small": (64, NONE),
    "EfficientNetB0": (64, NONE),
    "EfficientNetV2B0": (64, NONE),
    "ResNet50": (64, Standardization.CAFFE),
    "DenseNet121": (64, Standardization.IMAGENET),
    "NASNetMobile": (224, SYMMETRIC),
    "ConvNeXtTiny": (64, NONE),
}


def alone(name: str, size: int) -> keras.Model:
    model: keras.Model = getattr(keras.applications, name)(weights=None, input_shape=(size, size, 3), classes=5)
    return model


def nested(name: str, size: int) -> keras.Model:
    base = getattr(keras.applications, name)(weights=None, input_shape=(size, size, 3), include_top=False)
    photo = keras.Input((size, size, 3))
    net = layers.GlobalAveragePooling2D()(base(layers.RandomFlip()(photo), training=False))
    return keras.Model(photo, layers.Dense(5, "softmax")(layers.Dropout(0.2)(net)))


def answers(model: keras.Model, inputs: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(model(inputs, training=False))


@pytest.mark.parametrize("build", [alone, nested])
@pytest.mark.parametrize("name", list(APPLICATIONS))
def test_a_network_of_keras_applications_is_cut_and_answers_as_it_did(name: str, build: Any) -> None:
    size, standardization = APPLICATIONS[name]
    keras.utils.set_random_seed(0)
    network = network_of(build(name, size))
    assert network.standardization is standardization
    points = cut_points(network)
    for layer in (points[len(points) // 2].layer, recommend(points)[0].layer):
        check_cut(network, layer)


def check_cut(network: Network, layer: str) -> None:
    photos = np.random.default_rng(0).uniform(0, 255, size=(2, *network.input_shape)).astype(np.float32)
    parts = split(network, layer)
    taken = take_apart(parts.head)
    logits = answers(put_together(taken.body, taken.kernel, taken.bias), answers(parts.prefix, photos))
    expected = class_answers(answers(network.whole, photos), taken.output)
    np.testing.assert_allclose(class_answers(logits, OutputKind.LOGITS), expected, rtol=1e-3, atol=1e-4)
