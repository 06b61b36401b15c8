"""The training bundles of registered spaces, read from the store.

::

    spaces/<space>/bundle.json       put last: a space without it is not registered
    spaces/<space>/<file>            the others that it names (`contract.bundle`)

`cloud.admin.bundles` writes them. A space's files never change once its document is there, unless an operator replaces
the bundle, for which the worker is stopped.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from cloud.store import keys
from cloud.store.documents import reading
from cloud.store.listing import names_under
from cloud.store.store import ObjectStore
from contract.bundle import BaseSamples, TrainingBundle, parse_training_bundle, read_training_bundle
from contract.bundle_files import (
    BUNDLE_FILE,
    GOLDEN_FILE,
    LABELS_FILE,
    BundleFacts,
    parse_bundle_document,
    parse_golden_reference,
    parse_labels_reference,
    parse_reference,
)
from contract.errors import ContractError
from contract.files import atomic_write
from contract.tensors import LENGTH_BYTES, parse_header, parse_header_length
from contract.training_bundle import BASE_FILE, KERAS_HEAD_FILE, KIND, TRAINING_FILES


def read_document(store: ObjectStore, space: str) -> bytes:
    """Read the bytes of a space's document, which tell one bundle from another.

    Raises:
        NotFound: the space is not registered.
    """
    return store.get(keys.space_file(space, BUNDLE_FILE)).body


def read_facts(store: ObjectStore, space: str) -> BundleFacts:
    """Read what must be known of a space to take uploads, from one small object.

    Raises:
        NotFound: the space is not registered.
        Damaged: its document is not a training bundle's.
    """
    with reading(keys.space_file(space, BUNDLE_FILE)):
        return BundleFacts.parse(parse_bundle_document(read_document(store, space), kind=KIND))


def read(store: ObjectStore, space: str) -> TrainingBundle:
    """Read a registered training bundle into memory, every file checked against its document.

    Raises:
        NotFound: the space is not registered.
        Damaged: a file is not the one that the document names.
    """
    files = {name: store.get(keys.space_file(space, name)).body for name in TRAINING_FILES}
    with reading(keys.space_file(space, "")):
        return parse_training_bundle(files)


def check_small_files(store: ObjectStore, space: str) -> None:
    """Check the document of a registered bundle, and every file but its base samples (`cloud.spaces.base_counts`).

    Raises:
        NotFound: one of them is not there.
        Damaged: one is not the one that the document names.
    """
    key = keys.space_file(space, BUNDLE_FILE)
    with reading(key):
        fields = parse_bundle_document(read_document(store, space), kind=KIND)
        references = {
            KERAS_HEAD_FILE: parse_reference(fields, "head", max_bytes=TRAINING_FILES[KERAS_HEAD_FILE]),
            LABELS_FILE: parse_labels_reference(fields),
            GOLDEN_FILE: parse_golden_reference(fields),
        }
    for name, reference in references.items():
        key = keys.space_file(space, name)
        with reading(key):
            reference.check(store.get(key).body, where=key)


def fetch(store: ObjectStore, space: str, folder: Path) -> TrainingBundle:
    """Read a registered training bundle from files in a folder of its own, downloaded unless they are there.

    Every file is checked against the document. Then the base features, which are nearly all of a bundle, are mapped
    from their file, so that memory holds them only while they are used. Raises as `read` does.
    """
    copy = _read_copy(folder, read_document(store, space))
    return _map_features(copy or _download(store, space, folder), folder / BASE_FILE)


def registered(store: ObjectStore) -> list[str]:
    """List every registered space, in order."""
    document = f"/{BUNDLE_FILE}"
    return [name.removesuffix(document) for name in names_under(store, keys.SPACES) if name.endswith(document)]


def _download(store: ObjectStore, space: str, folder: Path) -> TrainingBundle:
    folder.mkdir(parents=True, exist_ok=True)
    for name in sorted(TRAINING_FILES, key=lambda name: name == BUNDLE_FILE):
        atomic_write(folder / name, store.get(keys.space_file(space, name)).body)
    with reading(keys.space_file(space, "")):
        return read_training_bundle(folder)


def _read_copy(folder: Path, document: bytes) -> TrainingBundle | None:
    """Read the bundle that was downloaded before; None where there is no whole one with this document."""
    if not (folder / BUNDLE_FILE).is_file() or (folder / BUNDLE_FILE).read_bytes() != document:
        return None
    try:
        return read_training_bundle(folder)
    except ContractError:
        return None  # a broken copy is downloaded again


def _map_features(bundle: TrainingBundle, file: Path) -> TrainingBundle:
    """Let go of the bytes that were read: every column is a view of all of them, so the small ones are copied."""
    base, shape = bundle.base, bundle.base.features.shape
    if not shape[0]:
        return bundle  # a mapping has at least one byte
    with file.open("rb") as beginning:
        length = beginning.read(LENGTH_BYTES)
        header = parse_header(length + beginning.read(parse_header_length(length)))
    offset = header.data_start + header.fields["features"].begin
    features = np.memmap(file, np.dtype("<f4"), mode="r", offset=offset, shape=shape)
    return replace(bundle, base=BaseSamples(features, base.labels.copy(), base.sample_ids.copy(), base.splits.copy()))
