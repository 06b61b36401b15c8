"""From a network to its two bundles: the only home of the walk that an export is.

OUT/device/       the device bundle
OUT/training/     the training bundle
OUT/parity.json   how far TFLite is from Keras: features of the prefix, logits of the head, and of both in a row
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from contract.bundle import (
    BaseSamples,
    BundleFacts,
    DeviceBundleParts,
    TrainingBundleParts,
    write_device_bundle,
    write_training_bundle,
)
from contract.cuts import HEAD_SIGNATURE, PREFIX_SIGNATURE
from contract.documents import encode_json
from contract.files import atomic_write, sha256_hex
from contract.manifest import Precision
from contract.samples import SAMPLE_ID_BYTES
from contract.training_bundle import KERAS_HEAD_FILE
from export.calibrate import Calibration
from export.classifier import HeadParts, take_apart
from export.convert import convert_head, convert_prefix, standardise
from export.faces import People
from export.first_head import FirstHead, fit_first_head, own_head
from export.parity import (
    ParityReport,
    check_head,
    check_network,
    check_prefix,
    compare_features,
    compare_logits,
    keras_values,
)
from export.quantize import Quantize
from export.split import SplitModel, split
from export.staging import staged
from export.synthetic import synthetic_photos
from export.tflite_process import TFLiteProcess

DEVICE, TRAINING, PARITY = "device", "training", "parity.json"
GOLDEN_SEED = 2020  # any: a space has one golden sample, whatever heads are exported for it

HEAD_PRECISION = {
    Quantize.NONE: Precision.FLOAT32,
    Quantize.FLOAT16: Precision.FLOAT16,
    Quantize.DYNAMIC: Precision.DYNAMIC,
    Quantize.INT8: Precision.DYNAMIC,  # fixed ranges would need photos to calibrate on at each retraining
}

Floats = NDArray[np.float32]
Tell = Callable[[str, int, int], None]
"""Is told of the step at work, how much of it is done, and of how much; 0 of 0 when that cannot be said."""


@dataclass(frozen=True, slots=True)
class Order:
    """Which bundles to make."""

    cut: str  # what the bundles call it
    layer: str
    quantize: Quantize
    out: Path
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Which photos to make them with."""

    photos: NDArray[np.uint8]  # (n, 160, 160, 3), to compare on
    labels: tuple[str, ...]  # of the network's own classes; not used where there are people
    people: People | None = None  # whom the first head is to know
    calibration: NDArray[np.uint8] | None = None  # (m, 160, 160, 3), none of `photos`; for int8 alone


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written."""

    space: str
    feature_shape: tuple[int, ...]
    labels: int
    prefix_bytes: int
    head_bytes: int
    calibration: Calibration
    parity: dict[str, ParityReport]


def tell_no_one(step: str, done: int, total: int) -> None:
    """For those who do not want to know."""


def export_bundles(network: keras.Model, order: Order, material: Material, *, tell: Tell = tell_no_one) -> Exported:
    """Writes both bundles of a network, whole or not at all; those of an earlier export are replaced.

    `network` takes standardised photos (n, 160, 160, 3) and ends in a Dense.

    Raises:
        SplitError: the layer does not divide the network.
        HeadError: the network does not end in a Dense.
        ConversionError: TFLite's builtin operators cannot express it.
        ParityError: what was converted computes something else.
        RuntimeUnavailable: no TFLite runtime works here.
        OSError: `order.out` cannot be written.
    """
    parts = split(network, order.layer)
    head_parts = take_apart(parts.head)
    with staged(order.out) as folder, TFLiteProcess() as tflite:
        walk = _Walk(parts, order, material, tflite, tell)
        prefix = walk.convert_prefix()
        seen = walk.look(prefix)
        base = walk.base_samples(prefix)
        first = walk.first_head(head_parts, base)
        head = walk.convert_head(first.network)
        parity = walk.compare(head, first.network, seen)
        golden, logits = walk.golden(prefix, head)
        _write(folder, order, _Made(prefix, head, first, base, golden, logits), parity)
    return Exported(
        sha256_hex(prefix), parts.feature_shape, len(first.labels), len(prefix), len(head), first.calibration, parity
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """The features (n, *shape) of the photos to compare on."""

    by_keras: Floats
    by_tflite: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    """What goes into the bundles."""

    prefix: bytes
    head: bytes
    first: FirstHead
    base: BaseSamples
    golden: Floats
    logits: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Walk:
    """The steps of one export, with what all of them need."""

    parts: SplitModel
    order: Order
    material: Material
    tflite: TFLiteProcess
    tell: Tell

    def convert_prefix(self) -> bytes:
        self.tell(f"converting the prefix ({self.order.quantize})", 0, 0)
        calibration = self.material.calibration
        return convert_prefix(self.parts.prefix, quantize=self.order.quantize, calibration_photos=calibration)

    def look(self, prefix: bytes) -> _Seen:
        """The photos through Keras and through TFLite; refuses a prefix that is too far off."""
        self.tell("comparing the prefix with Keras", 0, 0)
        photos = self.material.photos
        by_tflite = self.tflite.run(prefix, signature=PREFIX_SIGNATURE, inputs=photos)
        seen = _Seen(keras_values(self.parts.prefix, standardise(photos)), by_tflite)
        check_prefix(compare_features(seen.by_keras, seen.by_tflite), self.order.quantize)
        return seen

    def base_samples(self, prefix: bytes) -> BaseSamples:
        """The people's samples, with the features that devices will compute of them; none without people."""
        people = self.material.people
        if people is None:
            return _no_samples(self.parts.feature_shape)
        progress = partial(self.tell, "computing features")
        features = self.tflite.run(prefix, signature=PREFIX_SIGNATURE, inputs=people.photos, progress=progress)
        return BaseSamples(features, people.labels, people.sample_ids, people.held_out().astype(np.uint8))

    def first_head(self, parts: HeadParts, base: BaseSamples) -> FirstHead:
        people = self.material.people
        if people is None:
            return own_head(parts, self.material.labels)
        progress = partial(self.tell, "fitting the first head")
        return fit_first_head(parts.body, base.features, people, seed=self.order.seed, progress=progress)

    def convert_head(self, head: keras.Model) -> bytes:
        precision = HEAD_PRECISION[self.order.quantize]
        self.tell(f"converting the head ({precision})", 0, 0)
        return convert_head(head, precision=precision)

    def compare(self, content: bytes, head: keras.Model, seen: _Seen) -> dict[str, ParityReport]:
        """The head's file with its network; refuses one that is too far off."""
        self.tell("comparing the head with Keras", 0, 0)
        logits = self.tflite.run(content, signature=HEAD_SIGNATURE, inputs=seen.by_tflite)
        parity = {
            "prefix": compare_features(seen.by_keras, seen.by_tflite),
            "head": compare_logits(keras_values(head, seen.by_tflite), logits),
            "network": compare_logits(keras_values(head, seen.by_keras), logits),
        }
        fitted = self.material.people is not None
        check_head(parity["head"], HEAD_PRECISION[self.order.quantize], fitted=fitted)
        if fitted:
            check_network(parity["network"], self.order.quantize)
        return parity

    def golden(self, prefix: bytes, head: bytes) -> tuple[Floats, Floats]:
        """The golden sample, a feature (*shape) of a photo of nothing, and the head's logits (classes,) of it."""
        self.tell("writing the bundles", 0, 0)
        photo = synthetic_photos(1, seed=GOLDEN_SEED)
        feature = self.tflite.run(prefix, signature=PREFIX_SIGNATURE, inputs=photo)
        return feature[0], self.tflite.run(head, signature=HEAD_SIGNATURE, inputs=feature)[0]


def _no_samples(shape: tuple[int, ...]) -> BaseSamples:
    return BaseSamples(
        features=np.empty((0, *shape), np.float32),
        labels=np.empty(0, np.uint32),
        sample_ids=np.empty((0, SAMPLE_ID_BYTES), np.uint8),
        splits=np.empty(0, np.uint8),
    )


def _write(folder: Path, order: Order, made: _Made, parity: dict[str, ParityReport]) -> None:
    first, calibration = made.first, made.first.calibration
    facts = BundleFacts(
        space=sha256_hex(made.prefix),
        cut=order.cut,
        layer=order.layer,
        feature_shape=made.golden.shape,
        temperature=calibration.temperature,
        threshold=calibration.threshold,
    )
    write_device_bundle(
        folder / DEVICE,
        DeviceBundleParts(facts, made.prefix, made.head, first.labels, made.golden, made.logits, order.quantize),
    )
    write_training_bundle(
        folder / TRAINING, TrainingBundleParts(facts, _keras_file(first.network), first.labels, made.golden, made.base)
    )
    reports = {name: report.document() for name, report in parity.items()}
    atomic_write(folder / PARITY, encode_json({"quantize": order.quantize, **reports}))


def _keras_file(network: keras.Model) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / KERAS_HEAD_FILE
        network.save(path)
        return path.read_bytes()
