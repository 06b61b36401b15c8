"""Training bundles: the directory that the cloud trains from. It never goes to a device.

base.tensors: "features" F32 (n, *shape), "labels" U32 (n) as classes, "sample_ids" U8 (n, 16), "splits" U8 (n) with
0 for training and 1 for held out. n may be 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contract.arrays import Scalar, check_below, check_finite, require_array
from contract.bundle_files import (
    BUNDLE_FILE,
    BUNDLE_FORMAT,
    GOLDEN_FILE,
    LABELS_FILE,
    MAX_DOCUMENT_BYTES,
    MAX_GOLDEN_BYTES,
    BundleFacts,
    CheckedBundle,
    encode_golden,
    parse_bundle_document,
    parse_bundle_labels,
    parse_golden,
    parse_golden_reference,
    parse_labels_reference,
    parse_reference,
    write_bundle,
)
from contract.cuts import MAX_MODEL_BYTES
from contract.documents import Json
from contract.errors import Malformed
from contract.files import FileRef, check_is_file, read_bounded
from contract.holdout import SPLITS
from contract.labels import MAX_LABELS_BYTES, encode_new_labels
from contract.samples import SAMPLE_ID_BYTES
from contract.tensors import Tensor, decode_tensors, encode_tensors

KIND = "training"
KERAS_HEAD_FILE = "head.keras"
BASE_FILE = "base.tensors"
MAX_BASE_BYTES = 4 << 30

TRAINING_FILES: Mapping[str, int] = {
    BUNDLE_FILE: MAX_DOCUMENT_BYTES,
    KERAS_HEAD_FILE: MAX_MODEL_BYTES,
    LABELS_FILE: MAX_LABELS_BYTES,
    GOLDEN_FILE: MAX_GOLDEN_BYTES,
    BASE_FILE: MAX_BASE_BYTES,
}
"""The files of a training bundle, with the most bytes of each."""


@dataclass(frozen=True, slots=True, eq=False)
class BaseSamples:
    """The samples that the first head was fitted and judged on."""

    features: NDArray[np.float32]
    """(n, *shape), finite."""
    labels: NDArray[np.uint32]
    """(n,), each a class: an index into the bundle's labels."""
    sample_ids: NDArray[np.uint8]
    """(n, 16)."""
    splits: NDArray[np.uint8]
    """(n,), codes of `contract.holdout.Split`."""


@dataclass(frozen=True, slots=True, eq=False)
class TrainingBundleParts:
    """What a training bundle is written from."""

    facts: BundleFacts
    head: bytes
    """head.keras."""
    labels: tuple[str, ...]
    golden: NDArray[np.float32]
    """The golden sample, a feature."""
    base: BaseSamples


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TrainingBundle(CheckedBundle):
    """A training bundle whose every file has been checked against its document."""

    directory: Path | None
    """None when it was read from elsewhere than a directory."""
    head: FileRef
    """head.keras."""
    base_file: FileRef
    """base.tensors."""
    base: BaseSamples


def read_training_bundle(directory: Path) -> TrainingBundle:
    """Read a training bundle from a directory. Raises as `parse_training_bundle` does."""
    return parse_training_bundle(read_training_files(directory), directory=directory)


def read_training_files(directory: Path) -> dict[str, bytes]:
    """Read the files of a training bundle, each within its bound, unchecked.

    Raises:
        Malformed: one is missing.
        TooLarge: one is over its bound.
    """
    for name in TRAINING_FILES:
        check_is_file(directory / name)
    return {name: read_bounded(directory / name, max_bytes) for name, max_bytes in TRAINING_FILES.items()}


def parse_training_bundle(files: Mapping[str, bytes], *, directory: Path | None = None) -> TrainingBundle:
    """Read a training bundle from its files by name; base features are views, not copies.

    Raises:
        Malformed: a part is missing or garbled; `UnsupportedVersion`: of another major version.
        TooLarge: over a bound.
        Impossible: a part that is not the one its document names, or that does not fit the others.
    """
    for name in TRAINING_FILES:
        if name not in files:
            raise Malformed("training bundle", expected=f"a file {name}", got="none")
    fields = parse_bundle_document(files[BUNDLE_FILE], kind=KIND)
    facts = BundleFacts.parse(fields)
    head = parse_reference(fields, "head", max_bytes=MAX_MODEL_BYTES)
    head.check(files[KERAS_HEAD_FILE], where=KERAS_HEAD_FILE)
    parse_labels_reference(fields).check(files[LABELS_FILE], where=LABELS_FILE)
    parse_golden_reference(fields).check(files[GOLDEN_FILE], where=GOLDEN_FILE)
    base_file = parse_reference(fields, "base", max_bytes=MAX_BASE_BYTES)
    base_file.check(files[BASE_FILE], where=BASE_FILE)
    labels = parse_bundle_labels(files[LABELS_FILE])
    return TrainingBundle(
        directory=directory,
        facts=facts,
        head=head,
        base_file=base_file,
        labels=labels,
        golden=parse_golden(files[GOLDEN_FILE], shape=facts.feature_shape),
        base=_parse_base(files[BASE_FILE], shape=facts.feature_shape, classes=len(labels)),
    )


def write_training_bundle(directory: Path, parts: TrainingBundleParts) -> TrainingBundle:
    """Write a training bundle and read it back; the same parts give the same bytes.

    Raises:
        ContractError: a part that `read_training_bundle` would refuse.
        OSError: the directory holds no bundle now.
    """
    files = {
        KERAS_HEAD_FILE: parts.head,
        LABELS_FILE: encode_new_labels(parts.labels),
        GOLDEN_FILE: encode_golden(parts.golden),
        BASE_FILE: _encode_base(parts.base),
    }
    document: dict[str, Json] = {
        "format": BUNDLE_FORMAT,
        "kind": KIND,
        **parts.facts.document(),
        "head": FileRef.of(parts.head).document(),
        "labels": FileRef.of(files[LABELS_FILE]).document(),
        "golden": FileRef.of(files[GOLDEN_FILE]).document(),
        "base": FileRef.of(files[BASE_FILE]).document(),
    }
    write_bundle(directory, document=document, files=files)
    return read_training_bundle(directory)


def _encode_base(base: BaseSamples) -> bytes:
    columns: dict[str, Tensor] = {
        "features": base.features,
        "labels": base.labels,
        "sample_ids": base.sample_ids,
        "splits": base.splits,
    }
    return encode_tensors(columns, {})


def _parse_base(data: bytes, *, shape: tuple[int, ...], classes: int) -> BaseSamples:
    columns = decode_tensors(data).tensors
    count = len(columns["splits"]) if "splits" in columns and columns["splits"].ndim else 0
    base = BaseSamples(
        features=_column(columns, "features", np.float32, (count, *shape)),
        labels=_column(columns, "labels", np.uint32, (count,)),
        sample_ids=_column(columns, "sample_ids", np.uint8, (count, SAMPLE_ID_BYTES)),
        splits=_column(columns, "splits", np.uint8, (count,)),
    )
    check_finite(base.features, where=f"{BASE_FILE}.features")
    check_below(base.labels, classes, where=f"{BASE_FILE}.labels")
    check_below(base.splits, len(SPLITS), where=f"{BASE_FILE}.splits")
    return base


def _column(columns: Mapping[str, Tensor], name: str, dtype: type[Scalar], shape: tuple[int, ...]) -> NDArray[Scalar]:
    return require_array(columns.get(name), dtype, shape=shape, where=f"{BASE_FILE}.{name}")
