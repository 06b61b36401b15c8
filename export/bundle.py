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

from contract.bundle import BaseSamples, write_device_bundle, write_training_bundle
from contract.cuts import HEAD_SIGNATURE, PREFIX_SIGNATURE
from contract.documents import encode_json
from contract.files import atomic_write, sha256_hex
from contract.manifest import Precision
from contract.samples import SAMPLE_ID_BYTES
from export.calibrate import Calibration
from export.convert import convert_head, convert_prefix, standardise
from export.faces import People
from export.first_head import FirstHead, fit_first_head, own_head
from export.parity import ParityReport, check_head, check_prefix, compare_features, compare_logits, keras_values
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

    photos: NDArray[np.uint8]  # (n, 160, 160, 3), to calibrate int8 on and to compare on
    labels: tuple[str, ...]  # of the network's own classes; not used where there are people
    people: People | None = None  # whom the first head is to know


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
    with staged(order.out) as folder, TFLiteProcess() as tflite:
        prefix, seen = _make_prefix(parts.prefix, order, material, tflite, tell)
        base = _base_samples(prefix, parts, material.people, tflite, tell)
        first = _first_head(parts.head, base, order, material, tell)
        head, parity = _make_head(first.network, order, seen, tflite, tell)
        tell("writing the bundles", 0, 0)
        made = _Made(prefix, head, first, base, *_golden(prefix, head, tflite))
        _write(folder, order, parts, made, parity)
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


def _make_prefix(
    prefix: keras.Model, order: Order, material: Material, tflite: TFLiteProcess, tell: Tell
) -> tuple[bytes, _Seen]:
    tell(f"converting the prefix ({order.quantize})", 0, 0)
    content = convert_prefix(prefix, quantize=order.quantize, calibration_photos=material.photos)
    tell("comparing it with Keras", 0, 0)
    by_tflite = tflite.run(content, signature=PREFIX_SIGNATURE, inputs=material.photos)
    seen = _Seen(keras_values(prefix, standardise(material.photos)), by_tflite)
    check_prefix(compare_features(seen.by_keras, seen.by_tflite), order.quantize)
    return content, seen


def _base_samples(
    prefix: bytes, parts: SplitModel, people: People | None, tflite: TFLiteProcess, tell: Tell
) -> BaseSamples:
    """The people's samples with the features that devices will compute of them; none without people."""
    if people is None:
        none = np.empty(0, np.uint32)
        features = np.empty((0, *parts.feature_shape), np.float32)
        return BaseSamples(features, none, np.empty((0, SAMPLE_ID_BYTES), np.uint8), none.astype(np.uint8))
    features = tflite.run(
        prefix, signature=PREFIX_SIGNATURE, inputs=people.photos, progress=partial(tell, "computing features")
    )
    return BaseSamples(features, people.labels, people.sample_ids, people.held_out().astype(np.uint8))


def _first_head(head: keras.Model, base: BaseSamples, order: Order, material: Material, tell: Tell) -> FirstHead:
    if material.people is None:
        return own_head(head, material.labels)
    progress = partial(tell, "fitting the first head")
    return fit_first_head(head, base.features, material.people, seed=order.seed, progress=progress)


def _make_head(
    head: keras.Model, order: Order, seen: _Seen, tflite: TFLiteProcess, tell: Tell
) -> tuple[bytes, dict[str, ParityReport]]:
    precision = HEAD_PRECISION[order.quantize]
    tell(f"converting the head ({precision})", 0, 0)
    content = convert_head(head, precision=precision)
    tell("comparing it with Keras", 0, 0)
    logits = tflite.run(content, signature=HEAD_SIGNATURE, inputs=seen.by_tflite)
    parity = {
        "prefix": compare_features(seen.by_keras, seen.by_tflite),
        "head": compare_logits(keras_values(head, seen.by_tflite), logits),
        "network": compare_logits(keras_values(head, seen.by_keras), logits),
    }
    check_head(parity["head"], precision)
    return content, parity


def _golden(prefix: bytes, head: bytes, tflite: TFLiteProcess) -> tuple[Floats, Floats]:
    """The golden sample, a feature (*shape) of a photo of nothing, and the head's logits (classes,) of it."""
    features = tflite.run(prefix, signature=PREFIX_SIGNATURE, inputs=synthetic_photos(1, seed=GOLDEN_SEED))
    return features[0], tflite.run(head, signature=HEAD_SIGNATURE, inputs=features)[0]


def _write(folder: Path, order: Order, parts: SplitModel, made: _Made, parity: dict[str, ParityReport]) -> None:
    calibration = made.first.calibration
    write_device_bundle(
        folder / DEVICE,
        space=sha256_hex(made.prefix),
        cut=order.cut,
        layer=order.layer,
        feature_shape=parts.feature_shape,
        prefix=made.prefix,
        head=made.head,
        labels=made.first.labels,
        golden=made.golden,
        logits=made.logits,
        temperature=calibration.temperature,
        threshold=calibration.threshold,
        quantize=order.quantize,
    )
    write_training_bundle(
        folder / TRAINING,
        space=sha256_hex(made.prefix),
        cut=order.cut,
        layer=order.layer,
        feature_shape=parts.feature_shape,
        head=_keras_file(made.first.network),
        labels=made.first.labels,
        golden=made.golden,
        base=made.base,
        temperature=calibration.temperature,
        threshold=calibration.threshold,
    )
    reports = {name: report.document() for name, report in parity.items()}
    atomic_write(folder / PARITY, encode_json({"quantize": order.quantize, **reports}))


def _keras_file(network: keras.Model) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "head.keras"
        network.save(path)
        return path.read_bytes()
