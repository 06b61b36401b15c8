"""InceptionResNet-V1, the reference backbone (FaceNet), as a graph.

Szegedy et al., "Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning" (2016), figures 9 to
15, with the sizes of the published FaceNet networks (160x160x3 photos, a 512-wide bottleneck). Layers carry the names
of those checkpoints. A unit is convolution, batch normalisation and ReLU; the last layer of a unit or block, whose
output the next one reads, carries its plain name, and so do the cuts of the paper's Table 1. Shapes in comments are
height x width x channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
from keras import layers

from contract.inputs import PhotoInput
from export.network.standardization import Standardization

INPUT = PhotoInput(160, 160)
STANDARDIZATION = Standardization.FACENET
CLASSIFIER_NAME = "Logits"
"""What the published checkpoints call the last layer; the heads made here call theirs so, too."""
BATCH_NORM_EPSILON = 1e-3
BATCH_NORM_MOMENTUM = 0.995
EMBEDDING_LENGTH = 16.0
"""What a softmax over some tens to thousands of classes needs to become confident."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A convolution with its batch normalisation and ReLU."""

    name: str
    filters: int
    kernel: tuple[int, int] = (1, 1)
    """Height and width."""
    stride: int = 1
    padding: str = "same"


@dataclass(frozen=True, slots=True)
class MaxPool:
    """A 3x3 maximum over every second position, without padding."""

    name: str


@dataclass(frozen=True, slots=True)
class Residual:
    """A stage of equal blocks: each adds its branches, scaled and widened, to what it was given."""

    name: str
    blocks: int
    scale: float
    """What the branches are multiplied by."""
    channels: int
    """What they are widened to."""
    branches: Sequence[Sequence[Unit]]


STEM = (
    Unit("Conv2d_1a_3x3", 32, (3, 3), 2, "valid"),  # 79x79x32
    Unit("Conv2d_2a_3x3", 32, (3, 3), 1, "valid"),  # 77x77x32
    Unit("Conv2d_2b_3x3", 64, (3, 3)),  # 77x77x64
    MaxPool("MaxPool_3a_3x3"),  # 38x38x64, freeze1
    Unit("Conv2d_3b_1x1", 80, (1, 1), 1, "valid"),  # 38x38x80
    Unit("Conv2d_4a_3x3", 192, (3, 3), 1, "valid"),  # 36x36x192
    Unit("Conv2d_4b_3x3", 256, (3, 3), 2, "valid"),  # 17x17x256, freeze2
)
BLOCK35 = Residual(
    "Block35",
    blocks=5,
    scale=0.17,
    channels=256,
    branches=(
        (Unit("Conv2d_1x1", 32),),
        (Unit("Conv2d_0a_1x1", 32), Unit("Conv2d_0b_3x3", 32, (3, 3))),
        (Unit("Conv2d_0a_1x1", 32), Unit("Conv2d_0b_3x3", 32, (3, 3)), Unit("Conv2d_0c_3x3", 32, (3, 3))),
    ),
)
MIXED_6A = (
    (Unit("Conv2d_1a_3x3", 384, (3, 3), 2, "valid"),),
    (Unit("Conv2d_0a_1x1", 192), Unit("Conv2d_0b_3x3", 192, (3, 3)), Unit("Conv2d_1a_3x3", 256, (3, 3), 2, "valid")),
    (MaxPool("MaxPool_1a_3x3"),),
)
BLOCK17 = Residual(
    "Block17",
    blocks=10,
    scale=0.10,
    channels=896,
    branches=(
        (Unit("Conv2d_1x1", 128),),
        (Unit("Conv2d_0a_1x1", 128), Unit("Conv2d_0b_1x7", 128, (1, 7)), Unit("Conv2d_0c_7x1", 128, (7, 1))),
    ),
)
MIXED_7A = (
    (Unit("Conv2d_0a_1x1", 256), Unit("Conv2d_1a_3x3", 384, (3, 3), 2, "valid")),
    (Unit("Conv2d_0a_1x1", 256), Unit("Conv2d_1a_3x3", 256, (3, 3), 2, "valid")),
    (Unit("Conv2d_0a_1x1", 256), Unit("Conv2d_0b_3x3", 256, (3, 3)), Unit("Conv2d_1a_3x3", 256, (3, 3), 2, "valid")),
    (MaxPool("MaxPool_1a_3x3"),),
)
BLOCK8 = Residual(
    "Block8",
    blocks=6,
    scale=0.20,
    channels=1792,
    branches=(
        (Unit("Conv2d_1x1", 192),),
        (Unit("Conv2d_0a_1x1", 192), Unit("Conv2d_0b_1x3", 192, (1, 3)), Unit("Conv2d_0c_3x1", 192, (3, 1))),
    ),
)
BOTTLENECK_UNITS = 512


def build(*, classes: int, name: str = "inception_resnet_v1") -> keras.Model:
    """Build the network from a photo, float32 (n, 160, 160, 3) and standardised by the caller, to logits (n, classes).

    Weights are drawn from Keras's global seed; `export.network.weights` fills them in. The published network's dropout
    before the bottleneck is left out: no head trains below it.
    """
    photo = keras.Input(INPUT.shape, name="photo")
    net = _chain(photo, STEM, prefix="")  # 17x17x256
    net = _residual_stage(net, BLOCK35)  # 17x17x256, freeze3
    net = _mixed(net, MIXED_6A, name="Mixed_6a")  # 8x8x896
    net = _residual_stage(net, BLOCK17)  # 8x8x896, freeze4
    net = _mixed(net, MIXED_7A, name="Mixed_7a")  # 3x3x1792
    net = _residual_stage(net, BLOCK8, linear_end=True)  # 3x3x1792
    net = layers.GlobalAveragePooling2D(name="AvgPool")(net)  # 1792, freeze5
    net = layers.Dense(BOTTLENECK_UNITS, use_bias=False, name="Bottleneck")(net)  # 512
    net = _batch_norm("Bottleneck_BatchNorm")(net)  # 512, freeze6
    net = ScaleToLength(EMBEDDING_LENGTH, name="Embedding")(net)  # 512
    logits = layers.Dense(classes, name=CLASSIFIER_NAME)(net)  # classes
    return keras.Model(photo, logits, name=name)


@keras.saving.register_keras_serializable(package="fedex")
class ScaleToLength(layers.Layer):  # type: ignore[misc]  # Keras ships no types
    """Scales each feature vector (n, d) to one Euclidean length; a zero vector stays zero. It has no parameters."""

    def __init__(self, length: float, **options: Any) -> None:
        super().__init__(**options)
        self.length = length

    def call(self, inputs: Any) -> Any:
        """Scale a batch."""
        squares = keras.ops.sum(keras.ops.square(inputs), axis=-1, keepdims=True)
        return inputs * (self.length * keras.ops.rsqrt(keras.ops.maximum(squares, 1e-12)))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Keep the shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return what a file needs to build the layer again."""
        return {**super().get_config(), "length": self.length}


def _chain(net: Any, steps: Sequence[Unit | MaxPool], *, prefix: str) -> Any:
    for step in steps:
        net = _max_pool(net, prefix + step.name) if isinstance(step, MaxPool) else _unit(net, step, prefix=prefix)
    return net


def _unit(net: Any, unit: Unit, *, prefix: str) -> Any:
    name = prefix + unit.name
    net = layers.Conv2D(
        unit.filters, unit.kernel, unit.stride, unit.padding, use_bias=False, name=convolution_name(name)
    )(net)
    net = _batch_norm(f"{name}_BatchNorm")(net)
    return layers.Activation("relu", name=name)(net)


def convolution_name(unit: str) -> str:
    """Name a unit's convolution, whose kernel the published checkpoints keep under the unit's own name."""
    return f"{unit}_Convolution"


def _batch_norm(name: str) -> Any:
    return layers.BatchNormalization(momentum=BATCH_NORM_MOMENTUM, epsilon=BATCH_NORM_EPSILON, name=name)


def _max_pool(net: Any, name: str) -> Any:
    return layers.MaxPooling2D(3, 2, "valid", name=name)(net)


def _branches(net: Any, branches: Sequence[Sequence[Unit | MaxPool]], *, name: str) -> list[Any]:
    return [_chain(net, steps, prefix=f"{name}_Branch_{index}_") for index, steps in enumerate(branches)]


def _mixed(net: Any, branches: Sequence[Sequence[Unit | MaxPool]], *, name: str) -> Any:
    return layers.Concatenate(name=name)(_branches(net, branches, name=name))


def _residual_stage(net: Any, stage: Residual, *, linear_end: bool = False) -> Any:
    last = stage.blocks if linear_end else 0
    for index in range(1, stage.blocks + 1):
        net = _residual_block(net, stage, name=f"{stage.name}_{index}", linear=index == last)
    return net


def _residual_block(net: Any, stage: Residual, *, name: str, linear: bool) -> Any:
    """Add one block; a `linear` one, which ends the last stage, adds its branches unscaled and has no ReLU."""
    branches = layers.Concatenate(name=f"{name}_Concat")(_branches(net, stage.branches, name=name))
    residual = layers.Conv2D(stage.channels, 1, name=f"{name}_Conv2d_1x1")(branches)
    if linear:
        return layers.Add(name=name)([net, residual])
    scaled = layers.Rescaling(stage.scale, name=f"{name}_Scale")(residual)
    return layers.Activation("relu", name=name)(layers.Add(name=f"{name}_Sum")([net, scaled]))
