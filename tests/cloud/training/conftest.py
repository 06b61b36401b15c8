"""Small heads, synthetic people who are points in space, and a worker to train them, for tests that really train."""

import hashlib
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from cloud.admin.bundles import register as register_bundle
from cloud.dataset import inbox
from cloud.identity import devices
from cloud.identity.devices import EnrolledDevice
from cloud.releases.signing import load_or_create
from cloud.settings import Settings
from cloud.store import ObjectStore, open_store
from cloud.store.keys import InboxUpload, Pool
from cloud.training.context import TrainingContext
from cloud.training.converter import embed_with_best
from cloud.training.values import DeeperLayers, EmbeddingInputs, EmbeddingOutcome, HeadNumbers, TrialInputs
from cloud.training.weights import HeadWeights
from cloud.worker.worker import Worker
from contract.bundle import BaseSamples, BundleFacts, TrainingBundle, TrainingBundleParts, write_training_bundle
from contract.codecs import Codec
from contract.holdout import Split, assign_split
from contract.inputs import PhotoInput
from contract.upload import Upload, encode_upload, upload_id
from demo.running.ports import free_port
from export.heads.fit import fit_classifier
from export.heads.recipe import Recipe
from export.network.classifier import put_together, take_apart
from export.network.inception_resnet_v1 import ScaleToLength
from tests.cloud.conftest import SELF_TEST

DEVICE = "d" * 32
BASE_PEOPLE, BASE_PHOTOS = 6, 4
NAMES = ("Ada", "Ben", "Cleo", "Dan", "Eve", "Fay", "Gus", "Hal", "Ida", "Jon")
"""The first six are the bundle's."""

Floats = NDArray[np.float32]


def photos_of(person: int, count: int, *, seed: int, shape: tuple[int, ...]) -> Floats:
    """Return features (count, *shape) of one of the people."""
    centre = np.random.default_rng(person).normal(size=shape)
    return (centre + 0.35 * np.random.default_rng((person, seed)).normal(size=(count, *shape))).astype(np.float32)


def vector_head(classes: int) -> keras.Model:
    """Return a head whose body is a layer without weights, as at freeze6."""
    feature = keras.Input((16,), name="feature")
    embedding = ScaleToLength(16.0, name="Embedding")(feature)
    return keras.Model(feature, keras.layers.Dense(classes, name="Logits")(embedding))


def convolutional_head(classes: int) -> keras.Model:
    """Return a head with convolutions and batch normalisation in its body, as at freeze4."""
    feature = keras.Input((4, 4, 8), name="feature")
    net = keras.layers.Conv2D(16, 3, use_bias=False, name="Conv2d")(feature)
    net = keras.layers.BatchNormalization(name="Conv2d_BatchNorm")(net)
    net = keras.layers.GlobalAveragePooling2D(name="AvgPool")(keras.layers.ReLU(name="ReLU")(net))
    net = ScaleToLength(16.0, name="Embedding")(net)
    return keras.Model(feature, keras.layers.Dense(classes, name="Logits")(net))


def fit_to_people(head: keras.Model) -> keras.Model:
    """Return the head with a classifier of its people: the means of four photos of each."""
    parts = take_apart(head)
    people = parts.kernel.shape[1]
    photos = [photos_of(person, BASE_PHOTOS, seed=0, shape=tuple(head.input_shape[1:])) for person in range(people)]
    embeddings = parts.body.predict_on_batch(np.concatenate(photos))
    labels = np.repeat(np.arange(people), BASE_PHOTOS)
    return put_together(parts.body, *fit_classifier(embeddings, labels, classes=people, recipe=Recipe(epochs=0)))


def make_bundle(folder: Path, head: keras.Model, *, space: str) -> TrainingBundle:
    """Return a training bundle with base samples of the first six people."""
    shape = tuple(head.input_shape[1:])
    fit_to_people(head).save(folder / "saved.keras")
    labels = np.repeat(np.arange(BASE_PEOPLE), BASE_PHOTOS)
    ids = np.random.default_rng(1).integers(0, 256, (len(labels), 16), np.uint8)
    held_out = [assign_split(one.tobytes(), place % BASE_PHOTOS) is Split.HELD_OUT for place, one in enumerate(ids)]
    features = [photos_of(person, BASE_PHOTOS, seed=0, shape=shape) for person in range(BASE_PEOPLE)]
    parts = TrainingBundleParts(
        facts=BundleFacts(
            space,
            "freeze6",
            "cut",
            PhotoInput(160, 160),
            shape,
            temperature=1.0,
            threshold=0.5,
            least_cosine_ppm=990_000,
        ),
        head=(folder / "saved.keras").read_bytes(),
        labels=NAMES[:BASE_PEOPLE],
        golden=photos_of(0, 1, seed=9, shape=shape)[0],
        base=BaseSamples(np.concatenate(features), labels.astype(np.uint32), ids, np.array(held_out, np.uint8)),
    )
    return write_training_bundle(folder / "training", parts)


@pytest.fixture(scope="session")
def vector_bundle(tmp_path_factory: pytest.TempPathFactory) -> TrainingBundle:
    """Return the bundle of `vector_head`."""
    keras.utils.set_random_seed(0)
    return make_bundle(tmp_path_factory.mktemp("vector"), vector_head(BASE_PEOPLE), space="6" * 64)


@pytest.fixture(scope="session")
def convolutional_bundle(tmp_path_factory: pytest.TempPathFactory) -> TrainingBundle:
    """Return the bundle of `convolutional_head`."""
    keras.utils.set_random_seed(0)
    return make_bundle(tmp_path_factory.mktemp("convolutional"), convolutional_head(BASE_PEOPLE), space="4" * 64)


@dataclass(frozen=True)
class TrainingSite:
    """A store with one registered space and one enrolled device, and the settings of its worker."""

    store: ObjectStore
    bundle: TrainingBundle
    settings: Settings
    pool: Pool

    def send(self, *people: tuple[str, int], seed: int = 1) -> None:
        """Upload photos, so many of each person."""
        labels = [name for name, count in people for _ in range(count)]
        features = [
            photos_of(NAMES.index(name), count, seed=seed, shape=self.bundle.feature_shape) for name, count in people
        ]
        names = [f"{label} {place} {seed}" for place, label in enumerate(labels)]
        self.send_samples(np.concatenate(features), labels, names)

    def send_samples(self, features: Floats, labels: Sequence[str], names: Sequence[str]) -> None:
        """Upload samples with ids made of names."""
        ids = np.stack([np.frombuffer(hashlib.sha256(name.encode()).digest()[:16], np.uint8) for name in names])
        upload = Upload(self.bundle.space, SELF_TEST, features, tuple(labels), ids, np.zeros(len(labels), np.uint32))
        body = encode_upload(upload, codec=Codec.FLOAT32)
        inbox.add(self.store, InboxUpload(self.pool, DEVICE, 0, upload_id(body)), body)

    def context(self, settings: Settings | None = None) -> TrainingContext:
        """Return what a worker of this store trains with."""
        settings = settings or self.settings
        return TrainingContext(self.store, settings, load_or_create(settings.state, self.store), threading.Event())

    def worker(self, settings: Settings | None = None) -> Worker:
        """Return a worker that is not running."""
        return Worker(self.context(settings))


@pytest.fixture(scope="session")
def make_site(tmp_path_factory: pytest.TempPathFactory) -> Callable[[TrainingBundle], TrainingSite]:
    """Return what makes a site for a bundle, with a store of its own."""

    def make(bundle: TrainingBundle) -> TrainingSite:
        folder = tmp_path_factory.mktemp("site")
        settings = Settings(store=f"dir:{folder / 'store'}", state=folder / "state", poll_s=0.1)
        store = open_store(settings.store)
        store.prepare()
        assert bundle.directory is not None
        register_bundle(store, bundle.directory)
        devices.add(store, EnrolledDevice(DEVICE, "home", 0, "0" * 64, 0))
        return TrainingSite(store, bundle, settings, Pool("home", bundle.space))

    return make


@dataclass(frozen=True, eq=False)
class SyntheticRows:
    """Rows of synthetic people as a cycle has them: first those that train, then those held out."""

    inputs: EmbeddingInputs
    labels: NDArray[np.int64]
    trained: int
    classes: int

    def embed(self) -> EmbeddingOutcome:
        """Embed them with best."""
        return embed_with_best(self.inputs)

    def for_trials(self, embedding: EmbeddingOutcome | None = None) -> TrialInputs:
        """Return what a trial takes, once best has embedded the rows."""
        embedding = embedding or self.embed()
        body = self.inputs.best.body if self.inputs.best else np.zeros(0, np.float32)
        return TrialInputs(
            embeddings=embedding.embeddings,
            labels=self.labels,
            weights=np.ones(len(self.labels), np.float32),
            trained=self.trained,
            moments=np.arange(len(self.labels)),
            vouched=np.ones(len(self.labels), np.bool_),
            classes=self.classes,
            base_classes=embedding.kernel.shape[1],
            best=HeadWeights(embedding.kernel, embedding.bias, body),
            deeper=DeeperLayers(self.inputs.head_file, self.inputs.features) if embedding.can_fine_tune else None,
        )

    def with_best(self, weights: HeadWeights) -> "SyntheticRows":
        """Return the same rows after another head has become best."""
        inputs = EmbeddingInputs.of_new(
            self.inputs.features, self.inputs.head_file, best=weights, temperatures=self.inputs.temperatures
        )
        return replace(self, inputs=inputs)


@pytest.fixture
def make_rows(tmp_path: Path) -> Callable[..., SyntheticRows]:
    """Return what makes rows: so many photos of each of the first `people` train, and others are held out."""

    def make(head: keras.Model, *, people: int = 8, photos: int = 5, held_out: int = 3) -> SyntheticRows:
        shape = tuple(head.input_shape[1:])
        fit_to_people(head).save(tmp_path / "head.keras")
        parts = [
            photos_of(person, count, seed=seed, shape=shape)
            for seed, count in enumerate((photos, held_out))
            for person in range(people)
        ]
        labels = np.concatenate([np.repeat(np.arange(people), photos), np.repeat(np.arange(people), held_out)])
        head_file = np.fromfile(tmp_path / "head.keras", np.uint8)
        inputs = EmbeddingInputs.of_new(np.concatenate(parts), head_file, best=None, temperatures=HeadNumbers(1.0, 1.0))
        return SyntheticRows(inputs, labels, trained=people * photos, classes=people)

    return make


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "fedex-test", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a file system needs root; a worker with a limit on files is tested all the same")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def unused_port() -> int:
    """Return a local port on which nobody listens."""
    return free_port()
