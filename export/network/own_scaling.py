"""What a network says of the scale of its input: that it scales by itself, or by whose recipe it was trained.

It scales by itself where arithmetic stands between its input and its first weights: Rescaling, Normalization, or
operations such as `x / 127.5 - 1`. What moves, cuts or augments pixels is no arithmetic. Otherwise a network of
keras.applications is known by its name, or by the names of its layers, and takes what its `preprocess_input` gives.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import keras

from contract.errors import shown
from export.network.graph import in_order, is_graph
from export.network.standardization import Standardization

_SCALING_LAYERS = (
    keras.layers.Rescaling,
    keras.layers.Normalization,
    keras.layers.UnitNormalization,
    keras.layers.Subtract,
    keras.layers.Multiply,
    keras.layers.Add,
)
_ARITHMETIC = frozenset(
    [
        "Add",
        "Subtract",
        "Multiply",
        "Divide",
        "TrueDivide",
        "FloorDivide",
        "DivideNoNan",
        "Negative",
        "Normalize",
        "Reciprocal",
        "Square",
        "Sqrt",
        "Rsqrt",
        "Power",
        "Log",
        "Log1p",
        "Log2",
        "Log10",
        "Exp",
        "Expm1",
        "Tanh",
        "Sigmoid",
        "Mod",
        "Standardize",
    ]
)
"""Operations of keras.ops, by the names of their classes, which have no public home."""

_OF_NAMES = (
    (r"inception_resnet_v1", Standardization.FACENET),
    (r"mobilenet(v2)?(_\d\.\d\d_\d+)?", Standardization.SYMMETRIC),
    (r"mobilenetv3(small|large)?", Standardization.SYMMETRIC),
    (r"resnet(50|101|152)v2", Standardization.SYMMETRIC),
    (r"resnet(50|101|152)", Standardization.CAFFE),
    (r"vgg(16|19)", Standardization.CAFFE),
    (r"densenet(121|169|201)", Standardization.IMAGENET),
    (r"xception", Standardization.SYMMETRIC),
    (r"inception_(resnet_v2|v3)", Standardization.SYMMETRIC),
    (r"nasnet(_mobile|_large)?", Standardization.SYMMETRIC),
    (r"efficientnetv2-b[0-3]", Standardization.IMAGENET),
    (r"efficientnetv2-[sml]", Standardization.SYMMETRIC),
    (r"convnext_(tiny|small|base|large|xlarge)", Standardization.IMAGENET),
)
"""Names of networks of keras.applications, and what they take where they do not scale by themselves, as those of the
newer families do unless `include_preprocessing=False`. A name is read to its end: "resnet50_mine" is its author's."""
_NUMBERED = r"(_\d+)?"
"""What Keras adds to the name of a second one."""

_OF_LAYERS = (
    ({"Conv1", "bn_Conv1", "expanded_conv_depthwise"}, Standardization.SYMMETRIC),  # MobileNetV2
    ({"conv1", "conv1_bn", "conv_dw_1", "conv_pw_1"}, Standardization.SYMMETRIC),  # MobileNet
    ({"conv", "conv_bn", "expanded_conv_depthwise"}, Standardization.SYMMETRIC),  # MobileNetV3
    ({"conv1_conv", "conv2_block1_preact_bn"}, Standardization.SYMMETRIC),  # ResNetV2
    ({"conv1_conv", "conv1_bn", "conv2_block1_0_conv"}, Standardization.CAFFE),  # ResNet
    ({"conv1_conv", "conv1_bn", "conv2_block1_0_bn"}, Standardization.IMAGENET),  # DenseNet
    ({"block1_conv1", "block1_conv1_bn", "block2_sepconv1"}, Standardization.SYMMETRIC),  # Xception
    (
        {"block1_conv1", "block1_conv2", "block5_conv1", "block5_pool"},
        Standardization.CAFFE,
    ),  # VGG, and no home-made one
    ({"mixed_5b", "block35_1_conv"}, Standardization.SYMMETRIC),  # InceptionResNetV2
    ({"stem_conv1", "stem_bn1", "reduction_conv_1_stem_1"}, Standardization.SYMMETRIC),  # NASNet
)
"""Layers that show whose network it is: its own name may be another, and MobileNet and others have none by now."""


@dataclass(frozen=True, slots=True)
class OwnScale:
    """What a network says."""

    mode: Standardization
    reason: str
    """By what it says so, for its user to read."""


def own_scale(flat: keras.Model, paths: Iterable[str], model: keras.Model) -> OwnScale | None:
    """Tell what the network says; `flat` is `model` on one level, `paths` are the names of its layers to its user."""
    if _scales_by_itself(flat):
        return OwnScale(Standardization.NONE, "the network scales them by itself")
    return _by_name(_names_of_networks(model)) or _by_layers({path.rpartition("/")[2] for path in paths})


def _scales_by_itself(flat: keras.Model) -> bool:
    """Look for arithmetic on what has met no weights yet."""
    unscaled = {id(flat.inputs[0])}
    for node in in_order(flat.inputs, flat.outputs):
        operation = node.operation
        if not all(id(tensor) in unscaled for tensor in node.input_tensors):
            continue
        if _is_scaling(operation):
            return True
        if not getattr(operation, "weights", ()):
            unscaled |= {id(tensor) for tensor in node.outputs}
    return False


def _is_scaling(operation: Any) -> bool:
    if isinstance(operation, keras.layers.Layer):
        return isinstance(operation, _SCALING_LAYERS)
    return type(operation).__name__ in _ARITHMETIC


def _names_of_networks(model: keras.Model) -> list[str]:
    names = [model.name]
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            names += _names_of_networks(layer) if is_graph(layer) else [layer.name]
    return names


def _by_name(names: Iterable[str]) -> OwnScale | None:
    for name in names:
        for pattern, mode in _OF_NAMES:
            if re.fullmatch(pattern + _NUMBERED, name.lower()):
                return OwnScale(mode, f"by its name, {shown(name)}")
    return None


def _by_layers(names: Collection[str]) -> OwnScale | None:
    for telling, mode in _OF_LAYERS:
        if telling <= set(names):
            return OwnScale(mode, f"by its layers {', '.join(sorted(telling))}")
    return None
