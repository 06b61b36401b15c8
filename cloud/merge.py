"""The only home of merging: what waits in the inbox becomes part of the dataset, exactly once.

The steps, each of which may be the last one before a kill::

    1  read HEAD
    2  finish its journal: a receipt for each upload of the last merge, then their inbox keys go
    3  list the inbox; drop what has a receipt or was erased, set aside what cannot be read
    4  decide on each row: its split, or that a newer one is there
    5  write the shard, which names its uploads
    6  swap HEAD: the shard is in the dataset, and its uploads are the journal
    7  finish the journal, as in 2

Before 6 nothing has happened but a shard that nobody names. After 6 everything has, and 2 of the next merge does what
was left. Of two merges that race, one loses the swap and changes nothing. An inbox key is deleted only if its upload is
in the dataset by a receipt or the journal, was erased, holds nothing newer than the dataset, or was set aside.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum

from cloud import dataset_head, inbox, keys, pointer, shards
from cloud.batch import FETCHED_AT_ONCE, MAX_BATCH_BYTES, Fate, Gathered, gather
from cloud.dataset_head import DatasetHead
from cloud.errors import LostRace
from cloud.keys import Arrival, Pool
from cloud.merge_memory import MergeMemory
from cloud.objects.store import MAX_LISTED, ObjectStore
from cloud.samples import Draft
from cloud.shard_draft import ShardDraft
from contract.documents import encode_json

logger = logging.getLogger(__name__)


class MergeStep(StrEnum):
    """A point in a merge that was just passed."""

    HEAD_READ = "head read"
    INBOX_LISTED = "inbox listed"
    UPLOAD_SET_ASIDE = "upload set aside"
    ROWS_DECIDED = "rows decided"
    SHARD_WRITTEN = "shard written"
    HEAD_SWAPPED = "HEAD swapped"
    RECEIPT_WRITTEN = "receipt written"
    RECEIPTS_WRITTEN = "receipts written"
    INBOX_KEY_DELETED = "inbox key deleted"
    JOURNAL_FINISHED = "journal finished"


AtStep = Callable[[MergeStep], None]


@dataclass(frozen=True, slots=True)
class MergeReport:
    """What one merge did."""

    uploads: int = 0
    """Merged, including those that held nothing newer than the dataset."""
    rows: int = 0
    """Rows added: new samples and corrections."""
    new_samples: int = 0
    dropped: int = 0
    """Uploads that were in the dataset already, or erased."""
    set_aside: int = 0
    more: bool = False
    """Something may still wait: merge again."""


def _nothing(step: MergeStep) -> None:
    """The callback of a merge that nobody watches."""


def merge_once(
    store: ObjectStore,
    pool: Pool,
    *,
    memory: MergeMemory | None = None,
    at: AtStep = _nothing,
    max_bytes: int = MAX_BATCH_BYTES,
) -> MergeReport:
    """Merge at most 1,000 uploads, or `max_bytes` of features. Give the same `memory` again to make the next one cheap.

    `at` is told each step as it is passed, some from other threads.

    Raises:
        StoreError: the store failed; merging again later goes on where this one ended.
    """
    memory = memory or MergeMemory()
    dataset, head = dataset_head.read(store, pool)
    at(MergeStep.HEAD_READ)
    _finish_journal(store, pool, dataset, memory, at)
    known = memory.catch_up(store, pool, dataset)
    arrivals = inbox.pending(store, pool)
    at(MergeStep.INBOX_LISTED)
    shard = ShardDraft(known.feature_shape, Draft(known.ledger))
    gathered = gather(store, arrivals, feature_shape=known.feature_shape, max_bytes=max_bytes)
    fates = [_deal_with(store, one, shard, at) for one in gathered]
    report = _report(fates, shard, more=len(arrivals) == MAX_LISTED or len(fates) < len(arrivals))
    at(MergeStep.ROWS_DECIDED)
    if not shard.rows:
        _give_receipts(store, shard.arrivals, at)
        return report
    try:
        _commit(store, pool, shard, (dataset, head), memory, at)
    except LostRace as race:
        logger.info("merge of %s begins again: %s", pool.path, race)
        return MergeReport(more=True)
    return report


def _finish_journal(store: ObjectStore, pool: Pool, dataset: DatasetHead, memory: MergeMemory, at: AtStep) -> None:
    """Do what may be left of the merge that wrote this HEAD."""
    if dataset.journal is None or (pool, dataset.journal) in memory.finished:
        return
    ref = next(ref for ref in dataset.shards if ref.sha256 == dataset.journal)
    _give_receipts(store, shards.journal(pool, shards.read_columns(store, pool, ref)), at)
    memory.finished.add((pool, dataset.journal))
    at(MergeStep.JOURNAL_FINISHED)


def _deal_with(store: ObjectStore, one: Gathered, shard: ShardDraft, at: AtStep) -> Fate:
    """Take an upload into the shard, or out of the inbox."""
    if one.upload is not None:
        shard.add(one.arrival, one.upload)
    elif one.fate is Fate.UNREADABLE:
        _set_aside(store, one, at)
    elif one.fate is not Fate.GONE:
        store.delete(keys.inbox(one.arrival))
    return one.fate


def _set_aside(store: ObjectStore, one: Gathered, at: AtStep) -> None:
    logger.warning("set aside: %s: %s", one.arrival.path, one.reason)
    store.put(keys.rejected_upload(one.arrival), one.body)
    store.put(keys.rejected_reason(one.arrival), encode_json({"reason": one.reason}))
    at(MergeStep.UPLOAD_SET_ASIDE)
    store.delete(keys.inbox(one.arrival))


def _commit(
    store: ObjectStore,
    pool: Pool,
    shard: ShardDraft,
    previous: tuple[DatasetHead, pointer.Head | None],
    memory: MergeMemory,
    at: AtStep,
) -> None:
    """Make a shard part of the dataset."""
    dataset, head = previous
    columns, features = shard.build()
    ref = shards.write(store, pool, columns, features)
    at(MergeStep.SHARD_WRITTEN)
    grown = replace(
        dataset,
        shards=(*dataset.shards, ref),
        samples=dataset.samples + shard.new_samples,
        rows=dataset.rows + shard.rows,
        uploads=dataset.uploads + len(shard.arrivals),
        journal=ref.sha256,
    )
    swapped = dataset_head.swap(store, pool, grown, previous=head)
    at(MergeStep.HEAD_SWAPPED)
    memory.catch_up(store, pool, dataset).absorb(ref, columns)
    _finish_journal(store, pool, swapped, memory, at)


def _give_receipts(store: ObjectStore, arrivals: Iterable[Arrival], at: AtStep) -> None:
    """Say of each upload that it is in the dataset, and only then take them out of the inbox. Idempotent."""

    def give_receipt(arrival: Arrival) -> None:
        store.put(keys.receipt(arrival), b"")
        at(MergeStep.RECEIPT_WRITTEN)

    def take_out(arrival: Arrival) -> None:
        store.delete(keys.inbox(arrival))
        at(MergeStep.INBOX_KEY_DELETED)

    arrivals = list(arrivals)
    with ThreadPoolExecutor(FETCHED_AT_ONCE) as threads:
        list(threads.map(give_receipt, arrivals))
        at(MergeStep.RECEIPTS_WRITTEN)
        list(threads.map(take_out, arrivals))


def _report(fates: list[Fate], shard: ShardDraft, *, more: bool) -> MergeReport:
    return MergeReport(
        uploads=len(shard.arrivals),
        rows=shard.rows,
        new_samples=shard.new_samples,
        dropped=sum(fate in (Fate.SEEN, Fate.ERASED) for fate in fates),
        set_aside=fates.count(Fate.UNREADABLE),
        more=more,
    )
