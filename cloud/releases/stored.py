"""The stored release: what the registry keeps of one, under the sha256 of its payload, and never changes.

::

    registry/<pool>/releases/<sha256>    {"parent", "payload", "report", "weights" or null, "rows", "left_out",
                                          "publication" or null}

Files are not in it: a publication wrote them (`cloud.releases.objects`), and several releases may share those of one,
as a renewal does, or a promotion. Whether they are kept, the registry's pointer says (`cloud.releases.registry`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cloud.store import keys
from cloud.store.documents import reading
from cloud.store.keys import PUBLICATION_PATTERN, Pool
from cloud.store.store import ObjectStore
from contract.documents import Fields, Json, encode_base64, encode_json, parse_document
from contract.files import FileRef, sha256_hex
from contract.manifest import MAX_ENVELOPE_BYTES
from contract.patterns import HEX64_PATTERN

MAX_RELEASE_BYTES = 16 << 20
MAX_LEFT_OUT = 1 << 20
"""So many places fit a release's bytes, whatever the pool."""
MAX_WEIGHTS_BYTES = 4 << 30


@dataclass(frozen=True, slots=True)
class Release:
    """A release as the registry keeps it."""

    payload: bytes
    parent: str | None
    report: Mapping[str, Json]
    weights: FileRef | None
    """The trained weights, an object of the group (`cloud.training.weights`); None: the bundle's head serves."""
    rows: int
    """It was trained on what the pool's first so many rows say, in the order of merging, or was judged on it."""
    left_out: tuple[int, ...] = ()
    """But not on these samples, by their places in `Dataset`, which ascend; at most `MAX_LEFT_OUT`."""
    publication: str | None = None
    """What wrote its files; None: it has none of its own, as the bundle's head serves."""

    @classmethod
    def parse(cls, fields: Fields) -> Release:
        """Read what `document` wrote. Raises a `ContractError`."""
        return cls(
            payload=fields.binary("payload", max_bytes=MAX_ENVELOPE_BYTES),
            parent=fields.name("parent", HEX64_PATTERN) if "parent" in fields else None,
            report=fields.document("report").as_json(),
            weights=_parse_weights(fields) if "weights" in fields else None,
            rows=fields.integer("rows"),
            left_out=fields.integers("left_out", max_items=MAX_LEFT_OUT) if "left_out" in fields else (),
            publication=fields.name("publication", PUBLICATION_PATTERN) if "publication" in fields else None,
        )

    def document(self) -> dict[str, Json]:
        """Write it as the store keeps it."""
        return {
            "parent": self.parent,
            "payload": encode_base64(self.payload),
            "report": self.report,
            "weights": self.weights.document() if self.weights else None,
            "rows": self.rows,
            "left_out": self.left_out,
            "publication": self.publication,
        }

    @property
    def sha256(self) -> str:
        """The release's name."""
        return sha256_hex(self.payload)


def claim_rows(rows: int, left_out: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """Return what a release says of a head that was trained on so many rows, but not on some samples, by their places.

    Where a release has no room for all of these, it claims the rows before the first sample that it cannot list; no
    sample's row comes before its place. What follows counts as new to its head: it judges less than it could, but never
    by what the head was not trained on.
    """
    if len(left_out) <= MAX_LEFT_OUT:
        return rows, left_out
    return left_out[MAX_LEFT_OUT], left_out[:MAX_LEFT_OUT]


def put_release(store: ObjectStore, pool: Pool, release: Release) -> None:
    """Keep a release; nothing points at it yet. Idempotent."""
    store.put(keys.release(pool, release.sha256), encode_json(release.document()))


def get_release(store: ObjectStore, pool: Pool, sha256: str) -> Release:
    """Read a release by its name.

    Raises:
        NotFound: no release has this name.
        Damaged: it is not what was kept.
    """
    key = keys.release(pool, sha256)
    body = store.get(key).body
    with reading(key):
        return Release.parse(parse_document(body, where=key, max_bytes=MAX_RELEASE_BYTES))


def _parse_weights(fields: Fields) -> FileRef:
    return FileRef.parse(fields.document("weights"), max_bytes=MAX_WEIGHTS_BYTES)
