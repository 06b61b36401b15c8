"""The training bundles that a worker trains with: each is downloaded and verified once, not in every cycle.

A bundle is kept under its folder, with the bytes of its document. Asking again costs one read of the document; another
document, which only a replacement leaves, makes the bundle be fetched and verified anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cloud.spaces import bundles
from cloud.store.store import ObjectStore
from contract.bundle import TrainingBundle


@dataclass(frozen=True, slots=True)
class _VerifiedBundle:
    document: bytes
    bundle: TrainingBundle


@dataclass(slots=True)
class BundleCache:
    """Verified bundles by their folders. Not for use by several threads at once."""

    _verified: dict[Path, _VerifiedBundle] = field(default_factory=dict)

    def fetch(self, store: ObjectStore, space: str, folder: Path) -> TrainingBundle:
        """Return a space's bundle, whose files lie in `folder`. Raises as `cloud.spaces.bundles.fetch` does."""
        document = bundles.read_document(store, space)
        present = self._verified.get(folder)
        if present is None or present.document != document:
            self._verified.pop(folder, None)
            present = self._verified[folder] = _VerifiedBundle(document, bundles.fetch(store, space, folder))
        return present.bundle
