"""From a network to its two bundles.

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
from contract.callbacks import ignore
from contract.cuts import HEAD_SIGNATURE, PREFIX_SIGNATURE
from contract.documents import encode_json
from contract.files import atomic_write, sha256_hex
from contract.holdout import Split
from contract.inputs import ModelInput
from contract.manifest import Precision
from contract.samples import SAMPLE_ID_BYTES
from contract.training_bundle import KERAS_HEAD_FILE
from export.examples.faces import People
from export.examples.synthetic import synthetic_inputs
from export.heads.calibration import Calibration
from export.heads.first_head import FirstHead, fit_first_head, own_head
from export.network.classifier import HeadParts, take_apart
from export.network.network import Network
from export.network.split import SplitModel, split
from export.network.standardization import Standardization, standardized
from export.staging import staged
from export.tflite.convert import convert_head, convert_prefix
from export.tflite.parity import (
    ParityReport,
    check_head,
    check_network,
    check_prefix,
    compare_features,
    compare_logits,
    keras_values,
)
from export.tflite.process import TFLiteProcess
from export.tflite.quantize import Quantize

DEVICE, TRAINING, PARITY = "device", "training", "parity.json"
GOLDEN_SEED = 2020
"""Any: a space has one golden sample, whatever heads are exported for it."""

HEAD_PRECISION = {
    Quantize.NONE: Precision.FLOAT32,
    Quantize.FLOAT16: Precision.FLOAT16,
    Quantize.DYNAMIC: Precision.DYNAMIC,
    Quantize.INT8: Precision.DYNAMIC,  # fixed ranges would need photos to calibrate on at each retraining
}

Floats = NDArray[np.float32]
StepProgress = Callable[[str, int, int], None]
"""Is told the step at work, how much of it is done, and of how much; 0 of 0 when that is not known."""


@dataclass(frozen=True, slots=True)
class BundleSpec:
    """Which bundles to make."""

    cut: str
    """What the bundles call it."""
    layer: str
    """The last layer of the prefix."""
    input: ModelInput
    """What the prefix takes."""
    standardization: Standardization
    quantize: Quantize
    out: Path
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class ExportInputs:
    """The photos and labels to make them with."""

    photos: NDArray[np.uint8]
    """(n, *input shape), to compare on."""
    labels: tuple[str, ...]
    """Of the network's own classes; not used where there are people."""
    people: People | None = None
    """Whom the first head is to know."""
    calibration: NDArray[np.uint8] | None = None
    """(m, *input shape), other photos than `photos`; for int8 alone."""


@dataclass(frozen=True, slots=True)
class ExportResult:
    """What was written."""

    space: str
    feature_shape: tuple[int, ...]
    labels: int
    """How many."""
    prefix_bytes: int
    head_bytes: int
    calibration: Calibration
    parity: dict[str, ParityReport]
    """Of the prefix, of the head, and of both in a row."""


def export_bundles(
    network: Network, spec: BundleSpec, inputs: ExportInputs, *, at_step: StepProgress = ignore
) -> ExportResult:
    """Write both bundles of a network, whole or not at all; those of an earlier export are replaced.

    `network` takes standardised photos (n, *input shape).

    Raises:
        SplitError: the layer does not divide the network.
        HeadError: the network does not end in a classifier.
        ConversionError: TFLite's builtin operators cannot express it.
        ParityError: what was converted computes something else.
        RuntimeUnavailable: no TFLite runtime works here.
        OSError: `spec.out` cannot be written.
    """
    parts = split(network, spec.layer)
    head_parts = take_apart(parts.head)
    with staged(spec.out) as folder, TFLiteProcess() as tflite:
        export = _Export(parts, spec, inputs, tflite, at_step)
        prefix = export.convert_prefix()
        compared = export.compare_prefix(prefix)
        base = export.base_samples(prefix)
        first = export.first_head(head_parts, base)
        head = export.convert_head(first.network)
        parity = export.compare_head(head, first.network, compared)
        golden, logits = export.golden(prefix, head)
        _write(folder, spec, _Made(prefix, head, first, base, golden, logits), parity)
    return ExportResult(
        sha256_hex(prefix), parts.feature_shape, len(first.labels), len(prefix), len(head), first.calibration, parity
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Compared:
    """The features (n, *shape) of the photos that the prefix is compared on."""

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
class _Export:
    """The steps of one export, with what all of them need."""

    parts: SplitModel
    spec: BundleSpec
    inputs: ExportInputs
    tflite: TFLiteProcess
    at_step: StepProgress

    def convert_prefix(self) -> bytes:
        """Convert the frozen part."""
        self.at_step(f"converting the prefix ({self.spec.quantize})", 0, 0)
        return convert_prefix(
            self.parts.prefix,
            model_input=self.spec.input,
            standardization=self.spec.standardization,
            quantize=self.spec.quantize,
            calibration=self.inputs.calibration,
        )

    def compare_prefix(self, prefix: bytes) -> _Compared:
        """Return the photos' features of Keras and of TFLite; refuse a prefix that is too far off."""
        self.at_step("comparing the prefix with Keras", 0, 0)
        photos = self.inputs.photos
        by_tflite = self.tflite.run(prefix, signature=PREFIX_SIGNATURE, inputs=photos)
        compared = _Compared(
            keras_values(self.parts.prefix, standardized(photos, self.spec.standardization)), by_tflite
        )
        check_prefix(compare_features(compared.by_keras, compared.by_tflite), self.spec.quantize)
        return compared

    def base_samples(self, prefix: bytes) -> BaseSamples:
        """Return the people's samples, with the features that devices will compute; without people there are none."""
        people = self.inputs.people
        if people is None:
            return _no_samples(self.parts.feature_shape)
        progress = partial(self.at_step, "computing features")
        features = self.tflite.run(prefix, signature=PREFIX_SIGNATURE, inputs=people.photos, progress=progress)
        splits = np.where(people.held_out(), Split.HELD_OUT.code, Split.TRAIN.code).astype(np.uint8)
        return BaseSamples(features, people.labels, people.sample_ids, splits)

    def first_head(self, parts: HeadParts, base: BaseSamples) -> FirstHead:
        """Fit a head for the people, or take the network's own where there are none."""
        people = self.inputs.people
        if people is None:
            return own_head(parts, self.inputs.labels)
        progress = partial(self.at_step, "fitting the first head")
        return fit_first_head(parts.body, base.features, people, seed=self.spec.seed, progress=progress)

    def convert_head(self, head: keras.Model) -> bytes:
        """Convert the thawed part."""
        precision = HEAD_PRECISION[self.spec.quantize]
        self.at_step(f"converting the head ({precision})", 0, 0)
        return convert_head(head, precision=precision)

    def compare_head(self, content: bytes, head: keras.Model, compared: _Compared) -> dict[str, ParityReport]:
        """Compare the head's file with its network; refuse one that is too far off."""
        self.at_step("comparing the head with Keras", 0, 0)
        logits = self.tflite.run(content, signature=HEAD_SIGNATURE, inputs=compared.by_tflite)
        parity = {
            "prefix": compare_features(compared.by_keras, compared.by_tflite),
            "head": compare_logits(keras_values(head, compared.by_tflite), logits),
            "network": compare_logits(keras_values(head, compared.by_keras), logits),
        }
        fitted = self.inputs.people is not None
        check_head(parity["head"], HEAD_PRECISION[self.spec.quantize], fitted=fitted)
        if fitted:
            check_network(parity["network"], self.spec.quantize)
        return parity

    def golden(self, prefix: bytes, head: bytes) -> tuple[Floats, Floats]:
        """Return the golden sample, a feature (*shape) of a photo of nothing, and the head's logits (classes,)."""
        self.at_step("writing the bundles", 0, 0)
        photo = synthetic_inputs(1, model_input=self.spec.input, seed=GOLDEN_SEED)
        feature = self.tflite.run(prefix, signature=PREFIX_SIGNATURE, inputs=photo)
        return feature[0], self.tflite.run(head, signature=HEAD_SIGNATURE, inputs=feature)[0]


def _no_samples(shape: tuple[int, ...]) -> BaseSamples:
    return BaseSamples(
        features=np.empty((0, *shape), np.float32),
        labels=np.empty(0, np.uint32),
        sample_ids=np.empty((0, SAMPLE_ID_BYTES), np.uint8),
        splits=np.empty(0, np.uint8),
    )


def _write(folder: Path, spec: BundleSpec, made: _Made, parity: dict[str, ParityReport]) -> None:
    first, calibration = made.first, made.first.calibration
    facts = BundleFacts(
        space=sha256_hex(made.prefix),
        cut=spec.cut,
        layer=spec.layer,
        input=spec.input,
        feature_shape=made.golden.shape,
        temperature=calibration.temperature,
        threshold=calibration.threshold,
    )
    write_device_bundle(
        folder / DEVICE,
        DeviceBundleParts(facts, made.prefix, made.head, first.labels, made.golden, made.logits, spec.quantize),
    )
    write_training_bundle(
        folder / TRAINING, TrainingBundleParts(facts, _keras_file(first.network), first.labels, made.golden, made.base)
    )
    reports = {name: report.document() for name, report in parity.items()}
    atomic_write(folder / PARITY, encode_json({"quantize": spec.quantize, **reports}))


def _keras_file(network: keras.Model) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / KERAS_HEAD_FILE
        network.save(path)
        return path.read_bytes()
