"""What an export writes: both bundles and the parity report, from parts that are made.

OUT/device/       the device bundle
OUT/training/     the training bundle
OUT/parity.json   how far TFLite is from Keras, and how often both are right
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from contract.bundle import (
    BaseSamples,
    BundleFacts,
    DeviceBundleParts,
    TrainingBundleParts,
    write_device_bundle,
    write_training_bundle,
)
from contract.documents import Json, encode_json
from contract.files import atomic_write
from contract.samples import SAMPLE_ID_BYTES
from contract.self_test import PPM
from contract.training_bundle import KERAS_HEAD_FILE
from export.golden import GoldenParts
from export.heads.first_head import FirstHead
from export.tflite.quantize import Quantize

DEVICE, TRAINING, PARITY = "device", "training", "parity.json"


@dataclass(frozen=True, slots=True, eq=False)
class MadeParts:
    """What goes into the bundles."""

    facts: BundleFacts
    quantize: Quantize
    prefix: bytes
    head: bytes
    first: FirstHead
    base: BaseSamples
    golden: GoldenParts
    detector: bytes | None = None
    """What finds faces, where the input is of faces."""
    kept_least_ppm: int = PPM
    """What devices with the bundle whose space is kept must reach, if one is."""

    @property
    def training_facts(self) -> BundleFacts:
        """What the training bundle says: the service takes uploads of devices with either bundle."""
        return replace(self.facts, least_cosine_ppm=min(self.facts.least_cosine_ppm, self.kept_least_ppm))


def write_bundles(folder: Path, made: MadeParts, parity: Mapping[str, Json]) -> None:
    """Write everything into a folder.

    Raises:
        OSError: it cannot be written.
        ContractError: a part is beyond the contract's bounds.
    """
    first, golden = made.first, made.golden
    write_device_bundle(
        folder / DEVICE,
        DeviceBundleParts(
            made.facts,
            made.prefix,
            made.head,
            first.labels,
            golden.file,
            golden.sample,
            golden.logits,
            made.quantize,
            made.detector,
            golden.feature,
        ),
    )
    write_training_bundle(
        folder / TRAINING,
        TrainingBundleParts(made.training_facts, keras_file(first.network), first.labels, golden.sample, made.base),
    )
    atomic_write(folder / PARITY, encode_json(parity))


def no_samples(feature_shape: tuple[int, ...]) -> BaseSamples:
    """Return the base samples of a head that was fitted on none."""
    return BaseSamples(
        features=np.empty((0, *feature_shape), np.float32),
        labels=np.empty(0, np.uint32),
        sample_ids=np.empty((0, SAMPLE_ID_BYTES), np.uint8),
        splits=np.empty(0, np.uint8),
    )


def keras_file(network: keras.Model) -> bytes:
    """Return a network as a .keras file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / KERAS_HEAD_FILE
        network.save(path)
        return path.read_bytes()
