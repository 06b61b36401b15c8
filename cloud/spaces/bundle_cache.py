"""The training bundles that a worker trains with: each is downloaded and verified once, not in every cycle.

A bundle is kept under its folder, with the bytes of its document. Asking again costs one read of the document; another
document, which only a replacement leaves, makes the bundle be fetched and verified anew. A bundle's features are mapped
from their file, but its other columns and its labels are in memory, so only the bundles of the spaces used last are
kept; the others are read again from their folders.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cloud.spaces import bundles
from cloud.store.store import ObjectStore
from contract.bundle import TrainingBundle

MAX_BUNDLES = 4


@dataclass(frozen=True, slots=True)
class _VerifiedBundle:
    document: bytes
    bundle: TrainingBundle


@dataclass(slots=True)
class BundleCache:
    """Verified bundles by their folders, the one used last at the end. Not for use by several threads at once."""

    _verified: dict[Path, _VerifiedBundle] = field(default_factory=dict)

    def fetch(self, store: ObjectStore, space: str, folder: Path) -> TrainingBundle:
        """Return a space's bundle, whose files lie in `folder`. Raises as `cloud.spaces.bundles.fetch` does."""
        document = bundles.read_document(store, space)
        present = self._verified.pop(folder, None)
        if present is None or present.document != document:
            present = None  # its memory is free before the next bundle is read
            self._make_room()
            present = _VerifiedBundle(document, bundles.fetch(store, space, folder))
        self._verified[folder] = present
        return present.bundle

    def _make_room(self) -> None:
        while len(self._verified) >= MAX_BUNDLES:
            del self._verified[next(iter(self._verified))]
