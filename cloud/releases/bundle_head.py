"""The head of a bundle, as a release names it: no files, the bundle's labels, temperature and points."""

from __future__ import annotations

from cloud.store import keys
from cloud.store.documents import reading
from cloud.store.store import ObjectStore
from contract.bundle_files import (
    BUNDLE_FILE,
    LABELS_FILE,
    BundleFacts,
    parse_bundle_document,
    parse_bundle_labels,
    parse_labels_reference,
)
from contract.documents import Json
from contract.files import FileRef
from contract.training_bundle import KIND
from contract.unknown import points_document


def describe_bundle_head(store: ObjectStore, space: str) -> dict[str, Json]:
    """Return what of a manifest says that the head of the space's bundle serves, for all devices.

    Raises:
        NotFound: the space is not registered.
        Damaged: its bundle is not what was registered.
    """
    labels = store.get(keys.space_file(space, LABELS_FILE)).body
    with reading(keys.space_file(space, "")):
        fields = parse_bundle_document(store.get(keys.space_file(space, BUNDLE_FILE)).body, kind=KIND)
        facts = BundleFacts.parse(fields)
        reference: FileRef = parse_labels_reference(fields)
        reference.check(labels, where=LABELS_FILE)
        count = len(parse_bundle_labels(labels))
    return {
        "labels": {**reference.document(), "count": count},
        "heads": {},
        "temperature": facts.temperature,
        "threshold": facts.threshold,
        "points": points_document(facts.points),
        "validation": {"accuracy": None, "samples": 0},
        "rollout": None,
    }
