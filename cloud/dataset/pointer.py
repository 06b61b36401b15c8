"""The pointer to a pool's dataset: which shards it has, how much that is, and what was merged last.

::

    {"format": 1, "commit": ..., "ancestors": [...],
     "shards": [{"sha256": ..., "size": bytes, "rows": n, "merged": unix s}, ...],      in the order of merging
     "samples": n, "rows": n, "uploads": n,                           in total
     "journal": "<sha256 of the shard that the last merge wrote>", "journal_begins": n,
                                                                      its uploads, but for so many of the first
     "erasure": {"id": ..., "samples": {"<id>": n, ...}},             the last one that took samples out, or null
     "fence": n}                                                      the highest that it was written under

Upload ids stand in shard headers, so that the pointer stays small. It moves only when rows were added or erased, so its
commit says whether there is anything new to train on. Where something says that it was there and it is not, it was
lost: nobody may take that for an empty dataset, and begin anew. A worker that holds the pool (`cloud.store.lease`)
moves it under its fence; one whose fence is lower has been followed.

What a later version adds to the document, or to a shard in it, stays when this one appends a shard.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cloud.dataset.shards import ShardRef
from cloud.errors import Damaged, LostRace
from cloud.store import keys, pointer
from cloud.store.documents import keep_added, reading
from cloud.store.keys import Pool
from cloud.store.listing import exists
from cloud.store.pointer import Pointer
from cloud.store.pools import pools_with
from cloud.store.store import ObjectStore
from contract.documents import Fields, Json
from contract.patterns import HEX64_PATTERN

DATASET_FORMAT = 1
MAX_SHARDS = 1_000_000


@dataclass(frozen=True, slots=True)
class PoolErasure:
    """The last erasure that took samples out of a pool."""

    id: str
    samples: Mapping[str, int]
    """How many it took out, and so did each of those before it that were not carried out to the end by then."""

    @classmethod
    def parse(cls, fields: Fields) -> PoolErasure:
        """Read what `document` wrote. Raises a `ContractError`."""
        samples = fields.document("samples")
        return cls(fields.text("id"), {id_: samples.integer(id_) for id_ in samples.keys()})  # noqa: SIM118  # no mapping

    def document(self) -> dict[str, Json]:
        """Write it as part of the dataset's pointer."""
        return {"id": self.id, "samples": dict(self.samples)}


@dataclass(frozen=True, slots=True)
class DatasetPointer:
    """What a pool's dataset is at one commit."""

    commit: str
    shards: tuple[ShardRef, ...]
    samples: int
    """Distinct samples."""
    rows: int
    """Samples and their corrections: grows with everything that is worth training on."""
    uploads: int
    journal: str | None
    """The shard whose uploads may still wait for their receipts."""
    journal_begins: int = 0
    """How many of the shard's uploads are older than the last merge, and have theirs."""
    erasure: PoolErasure | None = None
    """The last one that took samples out."""
    fence: int = 0
    """The highest that it was written under; whoever writes under a lower one has been followed."""


EMPTY = DatasetPointer(commit="", shards=(), samples=0, rows=0, uploads=0, journal=None)


def read(store: ObjectStore, pool: Pool, *, fence: int = 0) -> tuple[DatasetPointer, Pointer | None]:
    """Read the dataset's pointer, `EMPTY` where nothing was merged yet, and what `swap` is to follow.

    `fence` is that of a worker which holds the pool.

    Raises:
        Damaged: it is not the pointer of a dataset, or it was lost.
        LostRace: another worker has followed on the one of this fence.
    """
    key = keys.dataset_pointer(pool)
    current = pointer.read(store, key)
    if current is None and was_there(store, pool):
        current = pointer.read(store, key)  # the first merge may have been done in between
        if current is None:
            expected = f"{key}: expected the pointer of a dataset, got none, though uploads were merged"
            raise Damaged(f"{expected}: it is lost; `fedex-cloud fsck` says more")
    if current is None:
        return EMPTY, None
    dataset = _parse(current)
    if 0 < fence < dataset.fence:
        raise LostRace(
            f"{key}: expected fence {fence} or a lower one, got {dataset.fence}: another worker has followed"
        )
    return dataset, current


def was_there(store: ObjectStore, pool: Pool) -> bool:
    """Tell whether anything was ever merged in a pool: an upload has a receipt, or there was a training cycle."""
    return bool(store.list(keys.pool_receipts(pool), limit=1)) or exists(store, keys.registry_pointer(pool))


def raise_fence(store: ObjectStore, pool: Pool, fence: int) -> bool:
    """Let nobody write under a lower fence than this, who may have read the pointer before; tell whether there is one.

    Raises as `read` and `pointer.swap` do.
    """
    dataset, current = read(store, pool, fence=fence)
    if current is not None and dataset.fence < fence:
        swap(store, pool, dataset, previous=current, fence=fence)
    return current is not None


def swap(
    store: ObjectStore, pool: Pool, dataset: DatasetPointer, *, previous: Pointer | None, fence: int = 0
) -> DatasetPointer:
    """Move the pointer, under a fence, and return the dataset under its new commit. Raises as `pointer.swap` does."""
    dataset = replace(dataset, fence=max(dataset.fence, fence))
    document = _document(dataset, before=_shards(previous.fields) if previous else ())
    return _parse(pointer.swap(store, keys.dataset_pointer(pool), previous=previous, document=document))


def pools(store: ObjectStore) -> list[Pool]:
    """List every pool with a dataset."""
    return pools_with(store, keys.DATASETS)


def _parse(current: Pointer) -> DatasetPointer:
    fields = current.fields
    with reading(current.key):
        fields.check_format(DATASET_FORMAT)
        return DatasetPointer(
            commit=current.commit,
            shards=tuple(ShardRef.parse(one) for one in _shards(fields)),
            samples=fields.integer("samples"),
            rows=fields.integer("rows"),
            uploads=fields.integer("uploads"),
            journal=fields.name("journal", HEX64_PATTERN) if "journal" in fields else None,
            journal_begins=fields.integer("journal_begins"),
            erasure=PoolErasure.parse(fields.document("erasure")) if "erasure" in fields else None,
            fence=fields.integer("fence") if "fence" in fields else 0,
        )


def _document(dataset: DatasetPointer, *, before: tuple[Fields, ...]) -> dict[str, Json]:
    """Write the pointer's document; what a later version added to the shards before stays."""
    present = {one.text("sha256"): one.as_json() for one in before}
    return {
        "format": DATASET_FORMAT,
        "shards": [keep_added(present.get(ref.sha256), ref.document()) for ref in dataset.shards],
        "samples": dataset.samples,
        "rows": dataset.rows,
        "uploads": dataset.uploads,
        "journal": dataset.journal,
        "journal_begins": dataset.journal_begins,
        "erasure": dataset.erasure.document() if dataset.erasure else None,
        "fence": dataset.fence,
    }


def _shards(fields: Fields) -> tuple[Fields, ...]:
    return fields.documents("shards", max_items=MAX_SHARDS)
