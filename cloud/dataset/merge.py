"""Merging: what waits in the inbox becomes part of the dataset, exactly once.

The steps, each of which may be the last one before a kill::

    1  read the pointer
    2  finish its journal: a receipt for each upload of the last merge, then their inbox keys go
    3  list the inbox; drop what has a receipt or was erased, set aside what cannot be read, leave what a device sent
       whose document cannot be read
    4  decide on each row: its split, or that a newer one is there
    5  write the shard, which names its uploads; with it the last ones whose level it fills (`cloud.dataset.compaction`)
    6  swap the pointer: the shard is in the dataset, and its new uploads are the journal
    7  finish the journal, as in 2

Before 6 nothing has happened but a shard that no pointer names. After 6 everything has, and 2 of the next merge does
what was left. Of two merges that race, one loses the swap and changes nothing. An inbox key is deleted only if its
upload is in the dataset by a receipt or the journal, was erased, holds nothing newer than the dataset, or was set
aside.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import StrEnum

from cloud.dataset import pointer as dataset_pointer
from cloud.dataset import shards
from cloud.dataset.batch import FETCHED_AT_ONCE, MAX_BATCH_BYTES, BatchUpload, Fate, next_waiting, read_batch
from cloud.dataset.blocks import BlockWriter
from cloud.dataset.columns import Columns
from cloud.dataset.compaction import WrittenShard, write_new
from cloud.dataset.ledger import LedgerDraft
from cloud.dataset.leftovers import take_back
from cloud.dataset.memory import MergeMemory
from cloud.dataset.pointer import DatasetPointer
from cloud.dataset.shard_draft import ShardDraft
from cloud.dataset.shards import ShardRef
from cloud.errors import Damaged, LostRace
from cloud.store import keys
from cloud.store.keys import InboxUpload, Pool
from cloud.store.store import ObjectStore
from contract.callbacks import ignore
from contract.documents import encode_json

logger = logging.getLogger(__name__)


class MergeStep(StrEnum):
    """A point in a merge that was just passed."""

    POINTER_READ = "pointer read"
    INBOX_LISTED = "inbox listed"
    UPLOAD_SET_ASIDE = "upload set aside"
    ROWS_DECIDED = "rows decided"
    SHARD_WRITTEN = "shard written"
    POINTER_SWAPPED = "pointer swapped"
    RECEIPT_WRITTEN = "receipt written"
    RECEIPTS_WRITTEN = "receipts written"
    INBOX_KEY_DELETED = "inbox key deleted"
    JOURNAL_FINISHED = "journal finished"


SALT_BYTES = 16

AtMergeStep = Callable[[MergeStep], None]


@dataclass(frozen=True, slots=True)
class MergeReport:
    """What one merge did."""

    uploads: int = 0
    """Merged, including those that held nothing newer than the dataset."""
    rows: int = 0
    """Rows added: new samples and corrections."""
    new_samples: int = 0
    dropped: int = 0
    """Uploads that were in the dataset already, or erased, or of a revoked device whose uploads are not wanted."""
    set_aside: int = 0
    more: bool = False
    """Something may still wait: merge again."""
    held: Mapping[str, Damaged] = field(default_factory=dict)
    """Devices whose document cannot be read: what they sent waits until it can be."""


def merge_once(
    store: ObjectStore,
    pool: Pool,
    *,
    memory: MergeMemory | None = None,
    at: AtMergeStep = ignore,
    max_bytes: int = MAX_BATCH_BYTES,
    now: float | None = None,
    salt: bytes | None = None,
    fence: int = 0,
) -> MergeReport:
    """Merge at most 1,000 uploads, or as many as have `max_bytes` of features, as they came, or `MAX_BATCH_ROWS` rows.

    Give the same `memory` again to make the next one cheap. `at` is told each step as it is passed, some from other
    threads. `now` is in Unix seconds; None: the system's. `salt` has its say in the splits
    (`cloud.dataset.ledger`); None: one is drawn for this merge, and forgotten, as splits are kept. `fence` is that of a
    worker that holds the pool.

    Raises:
        LostRace: another worker has followed on the one of this fence.
        StoreError: the store failed; merging again later goes on where this one ended.
        Damaged: a shard, or what was to be one, cannot be read.
    """
    merge = _Merge(store, pool, memory or MergeMemory(), at, int(time.time() if now is None else now), fence)
    return merge.run(max_bytes, salt=secrets.token_bytes(SALT_BYTES) if salt is None else salt)


def finish_journal(store: ObjectStore, pool: Pool, dataset: DatasetPointer) -> None:
    """Write the receipts that may be left of the merge that wrote this pointer. Idempotent. Raises as `merge_once`."""
    _Merge(store, pool, MergeMemory(), ignore, 0).finish_journal(dataset)


@dataclass(frozen=True, slots=True)
class _Merge:
    """One merge of one pool."""

    store: ObjectStore
    pool: Pool
    memory: MergeMemory
    at: AtMergeStep
    now: int
    fence: int = 0

    def run(self, max_bytes: int, *, salt: bytes) -> MergeReport:
        dataset, pointer = dataset_pointer.read(self.store, self.pool, fence=self.fence)
        self.at(MergeStep.POINTER_READ)
        self.finish_journal(dataset)
        memory = self.memory.catch_up(self.store, self.pool, dataset)
        waiting = next_waiting(self.store, self.pool)
        self.at(MergeStep.INBOX_LISTED)
        shard = ShardDraft(memory.feature_shape, LedgerDraft(memory.ledger, salt), self.now)
        batch = read_batch(
            self.store,
            waiting.uploads,
            senders=waiting.senders,
            feature_shape=memory.feature_shape,
            max_bytes=max_bytes,
        )
        fates = [self._deal_with(upload, shard) for upload in batch]
        more = bool(fates) and (not waiting.is_all or len(fates) < len(waiting.uploads))
        report = _report(fates, shard, more=more, held=waiting.held)
        self.at(MergeStep.ROWS_DECIDED)
        if not shard.rows:
            self._give_receipts(shard.uploads)
            return report
        columns, blocks = shard.build()
        written = self._write(columns, blocks, before=dataset.shards, size=shard.size)
        grown = _grown(dataset, written, shard)
        try:
            dataset_pointer.swap(self.store, self.pool, grown, previous=pointer, fence=self.fence)
        except LostRace as race:
            take_back(self.store, self.pool, [written.ref])
            logger.info("merge of %s begins again: %s", self.pool.path, race)
            return MergeReport(more=True)
        self.at(MergeStep.POINTER_SWAPPED)
        memory.absorb(columns, shards=grown.shards)
        self._finish(written.ref, shard.uploads)
        return report

    def finish_journal(self, dataset: DatasetPointer) -> None:
        """Do what may be left of the merge that wrote this pointer."""
        if dataset.journal is None or dataset.journal == self.memory.finished.get(self.pool):
            return
        ref = next(ref for ref in dataset.shards if ref.sha256 == dataset.journal)
        columns = shards.read_columns(self.store, self.pool, ref)
        self._finish(ref, columns.uploads(self.pool, begin=dataset.journal_begins))

    def _finish(self, ref: ShardRef, uploads: Sequence[InboxUpload]) -> None:
        """Give the receipts of a shard, and say where its uploads are: the web side's log has whose they are."""
        for upload in uploads:
            logger.info("upload %s is in shard %s of %s", upload.sha256, ref.sha256, self.pool.path)
        self._give_receipts(uploads)
        self.memory.finished[self.pool] = ref.sha256
        self.at(MergeStep.JOURNAL_FINISHED)

    def _deal_with(self, judged: BatchUpload, shard: ShardDraft) -> Fate:
        """Take an upload into the shard, or out of the inbox."""
        if judged.content is not None and judged.encoded is not None:
            shard.add(judged.upload, judged.content, judged.encoded)
        elif judged.fate is Fate.UNREADABLE:
            self._set_aside(judged)
        elif judged.fate is not Fate.GONE:
            self.store.delete(keys.inbox(judged.upload))
        return judged.fate

    def _set_aside(self, judged: BatchUpload) -> None:
        logger.warning("set aside: %s: %s", judged.upload.path, judged.reason)
        self.store.put(keys.rejected_upload(judged.upload), judged.body)
        self.store.put(keys.rejected_reason(judged.upload), encode_json({"reason": judged.reason, "at": self.now}))
        self.at(MergeStep.UPLOAD_SET_ASIDE)
        self.store.delete(keys.inbox(judged.upload))

    def _write(self, columns: Columns, blocks: BlockWriter, *, before: Sequence[ShardRef], size: int) -> WrittenShard:
        """Write a shard of what is new, and of the last ones whose level it fills."""
        written = write_new(self.store, self.pool, before=before, columns=columns, blocks=blocks, size=size)
        self.at(MergeStep.SHARD_WRITTEN)
        return written

    def _give_receipts(self, uploads: Sequence[InboxUpload]) -> None:
        """Say of each upload that it is in the dataset, and only then take them out of the inbox. Idempotent."""
        with ThreadPoolExecutor(FETCHED_AT_ONCE) as threads:
            list(threads.map(self._give_receipt, uploads))
            self.at(MergeStep.RECEIPTS_WRITTEN)
            list(threads.map(self._take_out, uploads))

    def _give_receipt(self, upload: InboxUpload) -> None:
        self.store.put(keys.receipt(upload), b"")
        self.at(MergeStep.RECEIPT_WRITTEN)

    def _take_out(self, upload: InboxUpload) -> None:
        self.store.delete(keys.inbox(upload))
        self.at(MergeStep.INBOX_KEY_DELETED)


def _grown(dataset: DatasetPointer, written: WrittenShard, shard: ShardDraft) -> DatasetPointer:
    return replace(
        dataset,
        shards=(*dataset.shards[: len(dataset.shards) - written.absorbed], written.ref),
        samples=dataset.samples + shard.new_samples,
        rows=dataset.rows + shard.rows,
        uploads=dataset.uploads + len(shard.uploads),
        journal=written.ref.sha256,
        journal_begins=written.uploads_before,
    )


def _report(fates: list[Fate], shard: ShardDraft, *, more: bool, held: Mapping[str, Damaged]) -> MergeReport:
    return MergeReport(
        uploads=len(shard.uploads),
        rows=shard.rows,
        new_samples=shard.new_samples,
        dropped=sum(fate in (Fate.SEEN, Fate.ERASED, Fate.REVOKED) for fate in fates),
        set_aside=fates.count(Fate.UNREADABLE),
        more=more,
        held=held,
    )
