"""A service with a space for each of the paper's cuts, releases published as a worker does, and devices of its group.

Nobody trains here: what is measured is how features come up and a head comes down. Devices are the real ones, in this
process; the service is the real one, under gunicorn. A pull of a head runs it, so it is a real TFLite file.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.evidence.line import LOCALHOST
from bench.isolated import in_fresh_process
from bench.measure.service import CODE, running
from cloud.admin.bundles import register
from cloud.releases import registry
from cloud.releases.publish import Publisher, TrainedHead
from cloud.releases.registry import TrainedDataset
from cloud.releases.signing import load_or_create
from cloud.store import open_store
from cloud.store.keys import Pool
from contract.bundle import (
    BaseSamples,
    BundleFacts,
    DeviceBundleParts,
    TrainingBundleParts,
    read_training_bundle,
    write_device_bundle,
    write_training_bundle,
)
from contract.codecs import DEFAULT_CODEC, Codec
from contract.cuts import CUTS, HEAD_SIGNATURE
from contract.inputs import PhotoInput
from contract.manifest import Channel, Precision
from contract.self_test import PPM, Setup
from device.answers import Ranked
from device.assembly import Device, now_ms
from device.cache.inferences import NewInference
from device.cache.setups import BundleSetup
from device.pull.updater import PullOutcome
from device.recognise.tflite import Model, open_runtime
from device.settings import Settings

GROUP = "bench"
CUT = "freeze6"
LIFE_S = 30 * 86_400.0
COMPUTED_BY = BundleSetup(Setup("bench", "Keras", "cpu", "this machine"), "0" * 64, PPM)

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class HeadFile:
    """A head for so many classes, as TFLite, and what it answers to the golden sample."""

    content: bytes
    keras: bytes
    logits: Floats


@dataclass(frozen=True, slots=True)
class Household:
    """A service that runs, and what belongs to it."""

    port: int
    store: str
    folder: Path
    """With a bundle for each cut, and homes of devices."""
    heads: dict[int, HeadFile] = field(repr=False)
    """By number of classes."""
    numbers: Iterator[int] = field(default_factory=itertools.count, repr=False)
    """Tells devices, photos and releases apart."""

    def device(self, port: int) -> Device:
        """Enrol a new device, to which the service is at this port of a line."""
        settings = Settings(
            home=self.folder / f"device-{next(self.numbers)}",
            bundle=self.folder / "device-bundle",
            url=f"http://{LOCALHOST}:{port}",
            enrolment_code=CODE,
        )
        device = Device(settings)
        device.enrol()
        return device

    def fill(self, device: Device, cut: str, features: Floats) -> None:
        """Let features of new photos wait on a device, each with a label that its user gave."""
        for place, inference in enumerate(self.keep(device, cut, features)):
            device.give_feedback(inference, label=f"person {place}")

    def keep(self, device: Device, cut: str, features: Floats) -> list[int]:
        """Let a device have answered new photos with these features; return the ids of its answers."""
        with device.open_cache() as cache:
            space = cache.inferences.space_key(space_of(cut), features.shape[1:])
            cache.setups.keep(cache.setups.key(COMPUTED_BY), cosine_ppm=PPM)
            return [cache.inferences.add(self._inference(feature), space_key=space) for feature in features]

    def publish(self, classes: int) -> None:
        """Release a head of so many classes, as a worker does that has trained it."""
        store = open_store(self.store)
        pool, head = Pool(GROUP, space_of(CUT)), self.heads[classes]
        publisher = Publisher(store, load_or_create(self.folder / "worker", store), LIFE_S)
        publisher.publish(
            pool,
            TrainedHead(
                labels=_labels(classes),
                weights=head.keras,
                heads={Precision.DYNAMIC: head.content},
                logits={Precision.DYNAMIC: head.logits},
                temperature=1.0,
                threshold=0.5,
                accuracy=None,
                held_out=0,
                rows=0,
                report={},
            ),
            bundle=read_training_bundle(self.folder / CUT),
            previous=registry.read(store, pool),
            channels=list(Channel),
            trained=TrainedDataset("", 0, f"cycle {next(self.numbers)}"),
            now=int(time.time()),
        )

    def _inference(self, feature: Floats) -> NewInference:
        photo = hashlib.sha256(b"photo %d" % next(self.numbers)).digest()[:16]
        answer = [Ranked("nobody", 1.0)]
        return NewInference(photo, None, feature, answer, False, 0, COMPUTED_BY, now_ms())


def make_heads(folder: Path, classes: Sequence[int]) -> dict[int, HeadFile]:
    """Make heads of these numbers of classes, drawn from a seed, in a process of their own."""
    made = in_fresh_process(_make_heads, tuple(classes))
    return {count: _answered(folder, *files) for count, files in made.items()}


@contextmanager
def household(folder: Path, heads: dict[int, HeadFile], *, cuts: Sequence[str]) -> Iterator[Household]:
    """Run a service with a space for each of the cuts; its bundles know as many people as the first of the heads."""
    first = next(iter(heads.values()))
    address = f"dir:{folder / 'store'}"
    store = open_store(address)
    store.prepare()
    load_or_create(folder / "worker", store)
    for cut in cuts:
        _write_training_bundle(folder / cut, cut, first)
        register(store, folder / cut)
    _write_device_bundle(folder / "device-bundle", first)
    with running((sys.executable, "-m", "cloud.cli", "serve"), address, folder / "service.log") as port:
        yield Household(port, address, folder, heads)


def push(device: Device, *, codec: Codec = DEFAULT_CODEC, upload_bytes: int | None = None) -> None:
    """Push everything that waits, as the device does; whatever keeps it from that is an error here."""
    settings = device.settings
    report = Device(replace(settings, codec=codec, upload_bytes=upload_bytes or settings.upload_bytes)).push()
    if report.problem is not None:
        raise report.problem


def pull(device: Device, *, expected: PullOutcome) -> None:
    """Pull, and see that it ended as expected."""
    report = device.pull()
    if report.outcome is not expected:
        raise RuntimeError(f"pull: expected {expected}, got {report.outcome}")


def space_of(cut: str) -> str:
    """Return the name of the space of a cut's features here."""
    return hashlib.sha256(cut.encode()).hexdigest()


def golden_of(cut: str) -> Floats:
    """Return the golden sample of a cut's space."""
    return np.random.default_rng(0).standard_normal(CUTS[cut].feature_shape).astype(np.float32)


def _make_heads(classes: Sequence[int]) -> dict[int, tuple[bytes, bytes]]:
    """Return for each number of classes a head as TFLite and as Keras keeps it. It loads TensorFlow."""
    from export.quiet import import_quietly

    import_quietly("keras")
    return {count: _make_head(count) for count in classes}


def _make_head(classes: int) -> tuple[bytes, bytes]:
    import keras

    from export.network.inception_resnet_v1 import EMBEDDING_LENGTH, ScaleToLength
    from export.tflite.convert import convert_head

    keras.utils.set_random_seed(0)
    feature = keras.Input(CUTS[CUT].feature_shape, name="feature")
    embedding = ScaleToLength(EMBEDDING_LENGTH, name="Embedding")(feature)
    head = keras.Model(feature, keras.layers.Dense(classes, name="Logits")(embedding))
    content = convert_head(head, precision=Precision.DYNAMIC)
    with tempfile.TemporaryDirectory() as folder:
        head.save(Path(folder) / "head.keras")
        saved = (Path(folder) / "head.keras").read_bytes()
    return content, saved


def _answered(folder: Path, content: bytes, keras: bytes) -> HeadFile:
    """Ask a head about the golden sample, as devices will."""
    file = folder / "head.tflite"
    file.write_bytes(content)
    head = Model(file, signature=HEAD_SIGNATURE, runtime=open_runtime())
    return HeadFile(content, keras, head.run(golden_of(CUT)[np.newaxis])[0])


def _labels(classes: int) -> tuple[str, ...]:
    return tuple(f"person {number}" for number in range(classes))


def _facts(cut: str) -> BundleFacts:
    shape = CUTS[cut].feature_shape
    return BundleFacts(
        space_of(cut), cut, "none", PhotoInput(160, 160), shape, temperature=1.0, threshold=0.5, least_cosine_ppm=PPM
    )


def _write_training_bundle(folder: Path, cut: str, head: HeadFile) -> None:
    """Register takes a head for what it is; only that of freeze6 would run."""
    nobody = np.zeros(0, np.uint8)
    base = BaseSamples(
        np.zeros((0, *CUTS[cut].feature_shape), np.float32), nobody.astype(np.uint32), nobody.reshape(0, 16), nobody
    )
    labels = _labels(len(head.logits))
    write_training_bundle(folder, TrainingBundleParts(_facts(cut), head.keras, labels, golden_of(cut), base))


def _write_device_bundle(folder: Path, head: HeadFile) -> None:
    """Write a bundle whose devices pull and push; its prefix is none, and they never recognise a photo."""
    photo = io.BytesIO()
    Image.fromarray(np.zeros((160, 160, 3), np.uint8)).save(photo, "PNG")
    parts = DeviceBundleParts(
        _facts(CUT),
        prefix=b"none",
        head=head.content,
        labels=_labels(len(head.logits)),
        golden_input=photo.getvalue(),
        golden=golden_of(CUT),
        logits=head.logits,
        quantize="none",
    )
    write_device_bundle(folder, parts)
