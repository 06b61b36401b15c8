"""Shards of so many rows, for tests that need one and no merge."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloud.dataset.blocks import BlockWriter
from cloud.dataset.columns import Arrivals, Columns
from contract.codecs import Codec, EncodedFeatures, encode_features
from contract.self_test import SelfTest
from tests.cloud.conftest import SELF_TEST


def encoded(features: NDArray[np.float32], codec: Codec = Codec.FLOAT32) -> EncodedFeatures:
    return EncodedFeatures(codec, encode_features(features, codec))


def blocks_of(*parts: EncodedFeatures) -> BlockWriter:
    writer = BlockWriter()
    for part in parts:
        writer.add(part)
    return writer


def arrivals(
    devices: Sequence[int],
    *,
    generations: Sequence[int] | None = None,
    self_tests: Sequence[int] | None = None,
    merged: int | Sequence[int] = 0,
) -> Arrivals:
    """Uploads of these devices, whose ids say their number."""
    count = len(devices)
    ids = b"".join(bytes.fromhex(f"{number:064x}") for number in range(count))
    return Arrivals(
        ids=np.frombuffer(ids, np.uint8).reshape(count, 32),
        device_index=np.array(devices, np.uint32),
        generations=np.array([0] * count if generations is None else generations, np.uint32),
        self_test_index=np.array([0] * count if self_tests is None else self_tests, np.uint32),
        merged=np.full(count, merged, np.uint64) if isinstance(merged, int) else np.array(merged, np.uint64),
    )


def columns_of(
    rows: Sequence[tuple[str, int, int, str]], *, splits: Sequence[int] | None = None, **changes: Any
) -> Columns:
    """Rows (device, number of the photo, revision, label), each in an upload of its own."""
    devices, labels = (tuple(dict.fromkeys(str(row[place]) for row in rows)) for place in (0, 3))
    count = len(rows)
    made = Columns(
        feature_shape=(4,),
        labels=labels,
        devices=devices,
        self_tests=(SELF_TEST, SelfTest(SELF_TEST.setup, 990_001)),
        arrivals=arrivals([devices.index(row[0]) for row in rows]),
        sample_ids=np.array([[row[1]] * 16 for row in rows], np.uint8).reshape(count, 16),
        revisions=np.array([row[2] for row in rows], np.uint32),
        label_index=np.array([labels.index(row[3]) for row in rows], np.uint32),
        arrival_index=np.arange(count, dtype=np.uint32),
        splits=np.zeros(count, np.uint8) if splits is None else np.array(splits, np.uint8),
    )
    return replace(made, **changes)
