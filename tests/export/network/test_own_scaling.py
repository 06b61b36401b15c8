"""What a network says of its scale: arithmetic before its first weights, or its keras.applications name."""

from typing import Any

import keras
import pytest
from keras import layers

from export.network.inception_resnet_v1 import build
from export.network.network import network_of, prepared
from export.network.own_scaling import own_scale
from export.network.standardization import Standardization

NONE, SYMMETRIC, CAFFE, IMAGENET = (
    Standardization.NONE,
    Standardization.SYMMETRIC,
    Standardization.CAFFE,
    Standardization.IMAGENET,
)


def said(*stack: Any, name: str = "network") -> Standardization | None:
    end = [layers.Conv2D(4, 3), layers.GlobalAveragePooling2D(), layers.Dense(3)]
    return network_of(keras.Sequential([keras.Input((12, 12, 3)), *stack, *end], name=name)).standardization


def within(name: str, *stack: Any) -> keras.Model:
    return keras.Sequential([keras.Input((12, 12, 3)), *stack, layers.Conv2D(3, 3)], name=name)


@pytest.mark.parametrize(
    "stack",
    [
        [layers.Rescaling(1 / 255)],
        [layers.Normalization(mean=[1.0, 2, 3], variance=[1.0, 2, 3])],
        [layers.RandomFlip(), layers.ZeroPadding2D(1), layers.Rescaling(1 / 127.5, offset=-1)],
        [within("base", layers.Rescaling(1 / 255))],
        [within("mobilenetv2_1.00_224", layers.Rescaling(1 / 255))],
    ],
)
def test_a_network_that_scales_by_itself_needs_no_other(stack: list[Any]) -> None:
    assert said(*stack) is NONE


def test_a_normalization_that_was_adapted_is_a_scale_too() -> None:
    adapted = layers.Normalization()
    adapted.build((None, 12, 12, 3))
    assert said(adapted) is NONE


@pytest.mark.parametrize(
    "stack",
    [
        [],
        [layers.BatchNormalization()],
        [layers.RandomContrast(0.1), layers.RandomBrightness(0.1), layers.Resizing(8, 8), layers.CenterCrop(8, 8)],
        [layers.Conv2D(3, 3), layers.Rescaling(0.17)],
        [within("base")],
        [within("vgg16_mine")],
        [
            within(
                "base",
                *(layers.Conv2D(3, 1, name=f"block1_conv{k}") for k in (1, 2)),
                layers.MaxPool2D(name="block1_pool"),
            )
        ],
        [layers.Conv2D(3, 1, name="stem_conv1"), layers.BatchNormalization(name="stem_bn1")],
    ],
)
def test_what_is_no_scale_says_nothing(stack: list[Any]) -> None:
    assert said(*stack) is None


def test_operations_on_the_input_are_a_scale_but_not_those_on_what_was_computed() -> None:
    inputs = keras.Input((12, 12, 3))
    for pixels, expected in [(inputs[..., ::-1] / 127.5 - 1, NONE), (inputs[..., ::-1], None)]:
        net = layers.Conv2D(3, 3, padding="same")(pixels)
        net = layers.Dense(3)(layers.Flatten()(net + inputs))
        assert network_of(keras.Model(inputs, net)).standardization is expected


def test_preprocess_input_in_the_network_is_a_scale() -> None:
    inputs = keras.Input((12, 12, 3))
    net = keras.applications.resnet.preprocess_input(inputs)
    net = layers.Dense(3)(layers.Flatten()(within("resnet50")(net)))
    assert network_of(keras.Model(inputs, net)).standardization is NONE


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("mobilenet_1.00_224", SYMMETRIC),
        ("mobilenetv2_1.00_224", SYMMETRIC),
        ("MobileNetV3Large", SYMMETRIC),
        ("resnet50", CAFFE),
        ("resnet101v2", SYMMETRIC),
        ("vgg16", CAFFE),
        ("densenet121", IMAGENET),
        ("xception", SYMMETRIC),
        ("inception_v3", SYMMETRIC),
        ("inception_resnet_v2", SYMMETRIC),
        ("nasnet_mobile", SYMMETRIC),
        ("efficientnetv2-b0", IMAGENET),
        ("efficientnetv2-s", SYMMETRIC),
        ("convnext_tiny", IMAGENET),
        ("vgg16_1", CAFFE),
        ("mobilenet", SYMMETRIC),
        ("mobile", None),
        ("my_resnet50", None),
        ("resnet50_mine", None),
        ("xception_lite", None),
        ("mobilenet_v7_of_mine", None),
        ("vgg160", None),
        ("nasnets", None),
        ("convnext_home", None),
    ],
)
def test_a_name_of_keras_applications_says_its_own(name: str, mode: Standardization | None) -> None:
    assert said(within(name)) is mode
    assert said(name=name) is mode


def test_a_network_of_keras_applications_is_known_by_its_layers_under_any_name() -> None:
    whole = keras.applications.MobileNetV2(weights=None, input_shape=(32, 32, 3), include_top=False)
    inputs = keras.Input((32, 32, 3))
    part = keras.Model(whole.inputs, whole.get_layer("block_1_project_BN").output, name="encoder")
    net = layers.Dense(3)(layers.GlobalAveragePooling2D()(part(inputs)))
    network = network_of(keras.Model(inputs, net))
    assert network.standardization is SYMMETRIC
    assert network.standardization_reason == "by its layers Conv1, bn_Conv1, expanded_conv_depthwise"


@pytest.mark.parametrize("build", [keras.applications.VGG16, keras.applications.NASNetMobile])
def test_larger_ones_are_known_by_their_layers(build: Any) -> None:
    model = build(weights=None, include_top=False, input_shape=(64, 64, 3), name="encoder")
    found = own_scale(model, [layer.name for layer in model.layers], model)
    assert found is not None
    assert found.reason.startswith("by its layers ")


def test_what_tells_the_scale_is_told() -> None:
    inputs = keras.Input((12, 12, 3))
    net = layers.Dense(3)(layers.Flatten()(within("resnet50")(inputs)))
    assert network_of(keras.Model(inputs, net)).standardization_reason == "by its name, 'resnet50'"


def test_the_reference_network_says_facenet() -> None:
    assert prepared(build(classes=2), where="network").standardization is Standardization.FACENET
