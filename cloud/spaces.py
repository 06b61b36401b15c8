"""The only home of registered spaces: a training bundle's files under ``spaces/<space>/``, its document put last.

A space is registered once and never changes; another bundle of the same space is refused, because datasets and releases
that exist were made with the first one.
"""

from __future__ import annotations

from pathlib import Path

from cloud import keys
from cloud.errors import AlreadyExists, BundleRefused, Damaged, NotFound
from cloud.objects.store import MAX_LISTED, ObjectStore
from contract.bundle import TrainingBundle, parse_training_bundle, read_training_bundle
from contract.bundle_files import BUNDLE_FILE, BundleFacts, parse_bundle_document
from contract.errors import ContractError
from contract.files import atomic_write
from contract.training_bundle import KIND, TRAINING_FILES, read_training_files


def register(store: ObjectStore, directory: Path) -> TrainingBundle:
    """Register the training bundle in a directory. Idempotent; an interrupted run is finished by the next.

    Raises:
        BundleRefused: it is none, or its space has another bundle already.
    """
    try:
        files = read_training_files(directory)
        bundle = parse_training_bundle(files, directory=directory)
    except (ContractError, OSError) as error:
        raise BundleRefused(f"{directory}: {error}") from error
    _check_same(store, bundle.space, files[BUNDLE_FILE])
    for name in TRAINING_FILES:
        if name != BUNDLE_FILE:
            store.put(keys.space_file(bundle.space, name), files[name])
    _put_document(store, bundle.space, files[BUNDLE_FILE])
    return bundle


def read_facts(store: ObjectStore, space: str) -> BundleFacts:
    """What must be known of a space to take uploads, from one small object.

    Raises:
        NotFound: the space is not registered.
        Damaged: what is there is no training bundle.
    """
    key = keys.space_file(space, BUNDLE_FILE)
    try:
        return BundleFacts.parse(parse_bundle_document(store.get(key).body, kind=KIND))
    except ContractError as error:
        raise Damaged(f"{key}: {error}") from error


def read(store: ObjectStore, space: str) -> TrainingBundle:
    """A registered training bundle in memory, every file checked against its document.

    Raises:
        NotFound: the space is not registered.
        Damaged: what is there is no training bundle.
    """
    try:
        return parse_training_bundle(_read_files(store, space))
    except ContractError as error:
        raise Damaged(f"{keys.space_file(space, '')}: {error}") from error


def fetch(store: ObjectStore, space: str, folder: Path) -> TrainingBundle:
    """A registered training bundle as files in a folder of its own, downloaded unless there. Raises as `read` does."""
    if (folder / BUNDLE_FILE).is_file():
        try:
            return read_training_bundle(folder)
        except ContractError:
            pass  # a broken copy is downloaded again
    files = _read_files(store, space)
    folder.mkdir(parents=True, exist_ok=True)
    for name in sorted(TRAINING_FILES, key=lambda name: name == BUNDLE_FILE):
        atomic_write(folder / name, files[name])
    try:
        return read_training_bundle(folder)
    except ContractError as error:
        raise Damaged(f"{keys.space_file(space, '')}: {error}") from error


def registered(store: ObjectStore) -> list[str]:
    """Every registered space, in order."""
    spaces: list[str] = []
    after = ""
    while found := store.list(keys.SPACES, after=after, limit=MAX_LISTED):
        documents = [key for key in found if key.endswith(f"/{BUNDLE_FILE}")]
        spaces += [key.removeprefix(keys.SPACES).removesuffix(f"/{BUNDLE_FILE}") for key in documents]
        after = found[-1]
    return spaces


def _read_files(store: ObjectStore, space: str) -> dict[str, bytes]:
    return {name: store.get(keys.space_file(space, name)).body for name in TRAINING_FILES}


def _put_document(store: ObjectStore, space: str, document: bytes) -> None:
    try:
        store.put_if_absent(keys.space_file(space, BUNDLE_FILE), document)
    except AlreadyExists:
        _check_same(store, space, document)


def _check_same(store: ObjectStore, space: str, document: bytes) -> None:
    try:
        present = store.get(keys.space_file(space, BUNDLE_FILE)).body
    except NotFound:
        return
    if present != document:
        raise BundleRefused(f"space {space}: expected the bundle that is registered for it, got another one")
