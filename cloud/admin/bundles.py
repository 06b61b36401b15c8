"""Registration of training bundles: a bundle's files are written under `spaces/<space>/`, its document last.

A space is registered once. Another bundle of the same space is refused, because datasets and releases that exist were
made with the first one. It may take the first one's place if that is asked for; where something was released, only if
it goes on with that: devices with either bundle take the next release, and what both send is trained on together.

Of two bundles that are registered at once one wins: a file is put only if it is absent, always in the same order, so
that the first file in which they differ is refused to the other one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from cloud.admin.keras_archive import check_keras_archive
from cloud.dataset import pointer as dataset_pointer
from cloud.errors import AlreadyExists, BundleRefused, NotFound, PreconditionFailed
from cloud.releases import registry
from cloud.store import keys
from cloud.store.store import ObjectStore, StoredObject
from contract.bundle import TrainingBundle, parse_training_bundle
from contract.bundle_files import (
    BUNDLE_FILE,
    MAX_DOCUMENT_BYTES,
    BundleFacts,
    parse_bundle_document,
    parse_labels_reference,
)
from contract.documents import parse_document
from contract.errors import ContractError
from contract.files import FileRef, check_is_file, read_bounded
from contract.labels import encode_new_labels
from contract.manifest import Manifest
from contract.self_test import as_cosine
from contract.training_bundle import KERAS_HEAD_FILE, KIND, TRAINING_FILES, read_training_files


class RegistrationOutcome(StrEnum):
    """What became of a bundle."""

    REGISTERED = "registered"
    KNOWN = "already registered"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Registration:
    """A bundle that is registered now."""

    bundle: TrainingBundle
    outcome: RegistrationOutcome


def register(store: ObjectStore, directory: Path, *, replace: bool = False) -> Registration:
    """Register the training bundle in a directory. Idempotent; an interrupted run is finished by the next.

    `replace` lets it take the place of another bundle of its space, whole or not. Neither a worker nor another
    registration of the space may be running then.

    Raises:
        BundleRefused: the directory holds no training bundle, or the space has another one, or files of it, which stay.
    """
    files, bundle = _open(directory)
    document = files[BUNDLE_FILE]
    present = _document(store, bundle.space)
    if present is not None and present.body != document:
        _check_replaceable(store, bundle, present.body, replace=replace)
    put = store.put if present is not None or replace else partial(_put_first, store, space=bundle.space)
    for name in TRAINING_FILES:
        if name != BUNDLE_FILE:
            put(keys.space_file(bundle.space, name), files[name])
    return Registration(bundle, _put_document(store, bundle.space, document, present))


def _open(directory: Path) -> tuple[Mapping[str, bytes], TrainingBundle]:
    """Read the files of the training bundle in a directory, all checked."""
    try:
        _check_kind(directory)
        files = read_training_files(directory)
        bundle = parse_training_bundle(files, directory=directory)
        check_keras_archive(files[KERAS_HEAD_FILE], where=KERAS_HEAD_FILE)
    except ContractError as error:
        where = "" if error.where.startswith(str(directory)) else f"{directory}: "
        raise BundleRefused(f"{where}{error}") from error
    except OSError as error:
        where = error.filename or str(directory)
        raise BundleRefused(f"{where}: expected a file that can be read, got {error.strerror}") from error
    return files, bundle


def _check_kind(directory: Path) -> None:
    check_is_file(directory / BUNDLE_FILE)
    document = read_bounded(directory / BUNDLE_FILE, MAX_DOCUMENT_BYTES)
    if parse_document(document, where=BUNDLE_FILE, max_bytes=MAX_DOCUMENT_BYTES).text("kind") == "device":
        raise BundleRefused(f"{directory}: expected the training bundle, got the device bundle; it stands beside it")


def _document(store: ObjectStore, space: str) -> StoredObject | None:
    try:
        return store.get(keys.space_file(space, BUNDLE_FILE))
    except NotFound:
        return None


def _check_replaceable(store: ObjectStore, bundle: TrainingBundle, present: bytes, *, replace: bool) -> None:
    """Refuse a bundle whose features have another shape, or that does not go on with what was released."""
    if not replace:
        raise BundleRefused(f"{_another(bundle.space)}; --replace lets it take its place")
    if _shape(present) not in (None, bundle.feature_shape):
        raise BundleRefused(
            f"space {bundle.space}: expected features of shape {_shape(present)}, got {bundle.feature_shape}"
        )
    for pool in dataset_pointer.pools(store):
        if pool.space == bundle.space and (channels := registry.read(store, pool).channels):
            where = f"space {bundle.space}, which group {pool.group} has releases of"
            _check_continues(bundle, present, where=where)
            for current in channels.values():
                _check_released(bundle, current.manifest, where=where)


def _check_continues(bundle: TrainingBundle, present: bytes, *, where: str) -> None:
    """Refuse other first labels, whose numbers all heads have in common, and what devices' self-tests may be below."""
    try:
        fields = parse_bundle_document(present, kind=KIND)
        least, labels = BundleFacts.parse(fields).least_cosine_ppm, parse_labels_reference(fields)
    except ContractError as error:
        raise BundleRefused(f"{where}: expected a whole document of the bundle before, got {error}") from error
    if labels != FileRef.of(encode_new_labels(bundle.labels)):
        raise BundleRefused(f"{where}: expected the labels of the bundle before, in its order, got others")
    if bundle.facts.least_cosine_ppm > least:
        raise BundleRefused(
            f"{where}: expected a least cosine of at most {as_cosine(least)}, as devices have it that are at work, got "
            f"{as_cosine(bundle.facts.least_cosine_ppm)}"
        )


def _check_released(bundle: TrainingBundle, manifest: Manifest, *, where: str) -> None:
    """Refuse what devices would refuse releases for, those with the bundle before or those with this one."""
    if (bundle.cut, bundle.golden_sample_sha256) != (manifest.cut, manifest.golden_sample_sha256):
        raise BundleRefused(
            f"{where}: expected cut {manifest.cut} and golden sample {manifest.golden_sample_sha256}, got {bundle.cut} "
            f"and {bundle.golden_sample_sha256}; an export with --space has that golden sample"
        )


def _put_first(store: ObjectStore, key: str, body: bytes, *, space: str) -> None:
    """Write a file of a space that has no document yet, unless the same file is there.

    Raises:
        BundleRefused: another file is there.
    """
    try:
        store.put_if_absent(key, body)
    except AlreadyExists:
        if store.get(key).body != body:
            raise BundleRefused(
                f"space {space}: expected no other bundle's files, got {key}, of one that is being registered or was "
                "not registered to its end; --replace lets this one take its place when no other is being registered"
            ) from None


def _shape(document: bytes) -> tuple[int, ...] | None:
    try:
        return BundleFacts.parse(parse_bundle_document(document, kind=KIND)).feature_shape
    except ContractError:
        return None  # damaged: nobody works with it


def _put_document(store: ObjectStore, space: str, document: bytes, present: StoredObject | None) -> RegistrationOutcome:
    key = keys.space_file(space, BUNDLE_FILE)
    if present is not None and present.body == document:
        return RegistrationOutcome.KNOWN
    try:
        if present is None:
            store.put_if_absent(key, document)
            return RegistrationOutcome.REGISTERED
        store.put_if_match(key, document, etag=present.etag)
        return RegistrationOutcome.REPLACED
    except (AlreadyExists, PreconditionFailed):  # somebody else registers one at this moment
        if store.get(key).body != document:
            raise _another(space) from None
        return RegistrationOutcome.KNOWN


def _another(space: str) -> BundleRefused:
    return BundleRefused(f"space {space}: expected the bundle that is registered for it, got another one")
