"""The only home of registered spaces: a training bundle's files under ``spaces/<space>/``, its document put last.

A space is registered once. Another bundle of the same space is refused, because datasets and releases that exist were
made with the first one; only while there is no release may it take the first one's place, if that is asked for.

Of two bundles that are registered at once one wins: a file is put only if it is absent, always in the same order, so
that the first file in which they differ is refused to the other one.
"""

from __future__ import annotations

from pathlib import Path

from cloud.errors import Damaged
from cloud.store import keys
from cloud.store.store import MAX_LISTED, ObjectStore
from contract.bundle import TrainingBundle, parse_training_bundle, read_training_bundle
from contract.bundle_files import BUNDLE_FILE, BundleFacts, parse_bundle_document
from contract.errors import ContractError
from contract.files import atomic_write
from contract.training_bundle import KIND, TRAINING_FILES


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
    document = store.get(keys.space_file(space, BUNDLE_FILE)).body
    if (folder / BUNDLE_FILE).is_file() and (folder / BUNDLE_FILE).read_bytes() == document:
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
