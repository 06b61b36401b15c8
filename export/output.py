"""What an export writes: both bundles and the parity report, from parts that are made.

OUT/device/       the device bundle
OUT/training/     the training bundle
OUT/parity.json   how far TFLite is from Keras, and how often both are right
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
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
from contract.documents import Json, encode_json
from contract.files import atomic_write
from contract.samples import SAMPLE_ID_BYTES
from contract.training_bundle import KERAS_HEAD_FILE
from export.heads.first_head import FirstHead
from export.tflite.quantize import Quantize

DEVICE, TRAINING, PARITY = "device", "training", "parity.json"

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class MadeParts:
    """What goes into the bundles."""

    facts: BundleFacts
    quantize: Quantize
    prefix: bytes
    head: bytes
    first: FirstHead
    base: BaseSamples
    golden_input: bytes
    """A file."""
    golden_sample: Floats
    """(*feature shape), of that."""
    logits: Floats
    """(classes,), what the head's file answers to it."""
    detector: bytes | None = None
    """What finds faces, where the input is of faces."""


def write_bundles(folder: Path, made: MadeParts, parity: Mapping[str, Json]) -> None:
    """Write everything into a folder.

    Raises:
        OSError: it cannot be written.
        ContractError: a part is beyond the contract's bounds.
    """
    facts, first = made.facts, made.first
    write_device_bundle(
        folder / DEVICE,
        DeviceBundleParts(
            facts,
            made.prefix,
            made.head,
            first.labels,
            made.golden_input,
            made.golden_sample,
            made.logits,
            made.quantize,
            made.detector,
        ),
    )
    write_training_bundle(
        folder / TRAINING,
        TrainingBundleParts(facts, keras_file(first.network), first.labels, made.golden_sample, made.base),
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
