"""Networks of each kind that people have, small, right on what is drawn for them, and how each is exported.

None is trained: random features tell drawn examples apart, and the last layer is solved for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from contract.inputs import Fit, ModelInput, PhotoInput, TensorInput, TensorType
from device.recognise.image import Photo
from device.recognise.preparation import prepare
from export.network.standardization import Standardization, standardized
from export.request import InputKind

CLASSES, EXAMPLES = 3, 24
SIZE = (120, 150)
"""Of drawn photos, height and width: none of the networks'."""
LABELS = ("blue", "green", "red")
COLOURS = ((40, 60, 220), (60, 200, 60), (220, 60, 60))

Layer = Callable[[Any], Any]


@dataclass(frozen=True)
class Kind:
    """One kind of network."""

    input: ModelInput
    scale: Standardization = Standardization.NONE
    """How its user scales photos."""
    said: bool = True
    """Whether that has to be said by an option."""
    kind: InputKind | None = None
    own: Callable[[], list[Layer]] = list
    """Layers at its beginning."""
    nested: bool = False
    sigmoid: bool = False
    layer: str = "embedding"

    @property
    def classes(self) -> int:
        return 2 if self.sigmoid else CLASSES


def normalization() -> list[Layer]:
    layer = keras.layers.Normalization(axis=-1)
    layer.adapt(np.stack([np.full((4, 4, 3), shade, np.float32) for shade in (20, 120, 240)]))
    return [layer]


def augmented() -> list[Layer]:
    return [keras.layers.RandomFlip(), keras.layers.Rescaling(1 / 127.5, offset=-1)]


KINDS = {
    "photos of 96x96, scaled to 0..1": Kind(PhotoInput(96, 96), Standardization.UNIT),
    "photos of 224x128, letterboxed": Kind(PhotoInput(224, 128, fit=Fit.LETTERBOX), Standardization.SYMMETRIC),
    "grey photos of 28x28, stretched": Kind(
        PhotoInput(28, 28, 1, Fit.STRETCH), Standardization.UNIT, kind=InputKind.PHOTO
    ),
    "with its own Rescaling": Kind(PhotoInput(96, 96), said=False, own=lambda: [keras.layers.Rescaling(1 / 255)]),
    "with its own Normalization": Kind(PhotoInput(64, 64), said=False, own=normalization),
    "sigmoid of one unit": Kind(PhotoInput(48, 64), Standardization.IMAGENET, sigmoid=True),
    "transfer learning": Kind(PhotoInput(96, 96), said=False, own=augmented, nested=True, layer="base/relu"),
    "float tensors": Kind(TensorInput(TensorType.FLOAT32, (32, 3)), said=False),
    "indices of an Embedding": Kind(TensorInput(TensorType.INT32, (12,)), said=False),
}


def draw(kind: Kind, *, seed: int) -> tuple[list[NDArray[Any]], NDArray[np.int64]]:
    """Draw pixels of photos (height, width, 3), or tensors, and their classes."""
    chance = np.random.default_rng(seed)
    classes = np.arange(EXAMPLES) % kind.classes
    return [_draw_one(kind, chance, int(of)) for of in classes], classes


def _draw_one(kind: Kind, chance: np.random.Generator, of: int) -> NDArray[Any]:
    if isinstance(kind.input, PhotoInput):
        cloud = Image.fromarray(chance.integers(0, 256, (6, 6, 3), np.uint8)).resize(SIZE[::-1])
        shade = np.full(3, (30, 130, 230)[of]) if kind.input.channels == 1 else np.array(COLOURS[of])
        return (np.asarray(cloud) // 6 + shade * 5 // 6).astype(np.uint8)
    if kind.input.type is TensorType.INT32:
        return chance.integers(10 * of, 10 * of + 10, kind.input.shape).astype(np.int32)
    wave = np.sin(np.arange(32) * (1 + of))[:, np.newaxis]
    tensor: NDArray[np.float32] = (wave + 0.2 * chance.standard_normal((32, 3))).astype(np.float32)
    return tensor


def prepared(kind: Kind, examples: list[NDArray[Any]]) -> NDArray[Any]:
    """What the user feeds the network, before it is scaled."""
    of_photos = isinstance(kind.input, PhotoInput)
    return np.stack([prepare(Photo(one) if of_photos else one, kind.input) for one in examples])


def build(kind: Kind) -> keras.Model:
    """Build a network that is right on what is drawn."""
    keras.utils.set_random_seed(5)
    given = keras.Input(kind.input.shape, dtype="int32" if kind.input.dtype == np.int32 else "float32")
    net = given
    for layer in kind.own():
        net = layer(net)
    if kind.nested:
        base = keras.Input(kind.input.shape)
        inner = keras.layers.ReLU(name="relu")(keras.layers.Conv2D(16, 7, strides=5, name="conv")(base))
        net = keras.Model(base, inner, name="base")(net, training=False)
        net = keras.layers.GlobalAveragePooling2D()(net)
        embedding = keras.layers.Dropout(0.2, name="embedding")(net)
    else:
        embedding = keras.layers.Dense(16, activation="tanh", name="embedding")(_features(kind, net))
    classifier = keras.layers.Dense(
        1 if kind.sigmoid else CLASSES, activation="sigmoid" if kind.sigmoid else "softmax", name="Logits"
    )
    network = keras.Model(given, classifier(embedding))
    _solve(classifier, keras.Model(given, embedding), kind)
    return network


def _features(kind: Kind, net: Any) -> Any:
    if isinstance(kind.input, PhotoInput):
        net = keras.layers.Conv2D(16, 5, strides=4, activation="relu", name="stem")(net)
        return keras.layers.GlobalAveragePooling2D()(net)
    if kind.input.type is TensorType.INT32:
        rows = keras.layers.Embedding(
            30, 16, embeddings_initializer=keras.initializers.RandomNormal(stddev=1.0), name="rows"
        )
        return keras.layers.GlobalAveragePooling1D()(rows(net))
    net = keras.layers.Conv1D(24, 7, activation="relu", name="stem")(net)
    return keras.layers.GlobalAveragePooling1D()(net)


def _solve(classifier: keras.layers.Dense, body: keras.Model, kind: Kind) -> None:
    """Find the classifier that gives each drawn example's class a logit of 6 and the others -6."""
    examples = [draw(kind, seed=seed) for seed in range(4)]
    inputs = np.concatenate([prepared(kind, drawn) for drawn, _ in examples])
    classes = np.concatenate([of for _, of in examples])
    embeddings = np.asarray(body(standardized(inputs, kind.scale), training=False))
    wanted = 12.0 * (classes[:, np.newaxis] == np.arange(kind.classes)) - 6
    wanted = wanted[:, 1:] if kind.sigmoid else wanted
    ones = np.ones((len(embeddings), 1))
    solved = np.linalg.lstsq(np.concatenate([embeddings, ones], axis=1), wanted, rcond=1e-4)[0].astype(np.float32)
    classifier.set_weights([solved[:-1], solved[-1]])


def write_examples(kind: Kind, folder: Path, *, seed: int) -> Path:
    """Write drawn examples as their owner keeps them: photos in a folder a label, tensors in an .npz."""
    examples, classes = draw(kind, seed=seed)
    if not isinstance(kind.input, PhotoInput):
        np.savez(folder / "examples.npz", inputs=np.stack(examples), labels=np.array(LABELS)[classes])
        return folder / "examples.npz"
    for number, (pixels, of) in enumerate(zip(examples, classes, strict=True)):
        (folder / "examples" / LABELS[of]).mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(folder / "examples" / LABELS[of] / f"{number:02d}.png")
    return folder / "examples"
