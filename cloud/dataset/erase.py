"""Erasing samples of a pool: shards without them take the place of theirs, and what is left over is deleted.

::

    1  finish the last merge's journal: every upload in the dataset has its receipt, or is erased
    2  write each shard that holds rows that are meant, without them
    3  swap the pointer: it names the erasure, and how many samples went; and went before, for those cut short since
    4  delete shards that the pointer does not name, receipts, and what was set aside

Killed before 3 nothing has happened but shards that no pointer names; after it, 3 is not done again, and 4 is: all of
it is found by looking. What waits in the inbox is the merge's, which comes before: it drops what is of a generation
that is over. Nobody else may merge the pool meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cloud.dataset import pointer as dataset_pointer
from cloud.dataset import shards
from cloud.dataset.blocks import BlockWriter
from cloud.dataset.columns import Columns
from cloud.dataset.leftovers import take_back
from cloud.dataset.merge import finish_journal
from cloud.dataset.pointer import PoolErasure
from cloud.dataset.scopes import AgeScope, Flags, LabelScope, Scope, count_samples
from cloud.dataset.shard_rows import keep_rows
from cloud.dataset.shards import ShardRef
from cloud.errors import Damaged, LostRace, NotFound
from cloud.store import keys
from cloud.store.documents import reading
from cloud.store.keys import InboxUpload, Pool
from cloud.store.listing import exists, keys_under
from cloud.store.pools import pools_of
from cloud.store.store import ObjectStore
from contract.documents import parse_document
from contract.errors import ContractError
from contract.upload import decode_upload

MAX_REASON_BYTES = 1 << 20
HOLDING = (keys.DATASETS, keys.INBOX, keys.RECEIPTS, keys.REJECTED)


def pools_holding(store: ObjectStore, group: str) -> list[Pool]:
    """List a group's pools where samples, or traces of them, may be: merged, waiting, set aside, or received."""
    return pools_of(store, group, *HOLDING)


def erase_rows(store: ObjectStore, pool: Pool, scope: Scope, *, erasure: str, fence: int = 0) -> PoolErasure | None:
    """Take the rows that a scope means out of a pool's dataset; return None where there are none.

    An erasure that took its rows out before is told again, and not repeated; what is returned may then be another one
    that did so since, with what both took out. `fence` is that of a worker which holds the pool.

    Raises:
        NotFound, Damaged: a shard is gone, or cannot be read.
        LostRace: the dataset moved meanwhile, or is another worker's; nothing of this is there.
        StoreError: the store failed.
    """
    dataset, pointer = dataset_pointer.read(store, pool, fence=fence)
    if dataset.erasure is not None and erasure in dataset.erasure.samples:
        return dataset.erasure
    finish_journal(store, pool, dataset)
    pieces = [(ref, shards.read_columns(store, pool, ref)) for ref in dataset.shards]
    meant = scope.rows(pieces)
    if not any(flags.any() for flags in meant):
        return None
    kept = [keep_rows(columns, ~flags) for (_, columns), flags in zip(pieces, meant, strict=True)]
    taken = dataset.samples - count_samples(kept)
    noted = PoolErasure(erasure, {**_unfinished(store, dataset.erasure), erasure: taken})
    rewritten = replace(
        dataset,
        shards=_rewrite(store, pool, dataset.shards, kept, meant),
        samples=dataset.samples - taken,
        rows=sum(map(len, kept)),
        uploads=sum(len(columns.arrivals) for columns in kept),
        journal=None,
        journal_begins=0,
        erasure=noted,
    )
    try:
        dataset_pointer.swap(store, pool, rewritten, previous=pointer, fence=fence)
    except LostRace:
        take_back(store, pool, [ref for ref in rewritten.shards if ref not in dataset.shards])
        raise
    return noted


def sweep(store: ObjectStore, pool: Pool, scope: Scope) -> None:
    """Delete what the dataset of a pool does not name any more, and what of a scope lies beside it. Idempotent.

    Of a label, what was set aside stays only where it can be read and is free of it. Receipts go with their device:
    they are empty, and others keep an upload from counting again that holds more than the label.
    """
    dataset, _ = dataset_pointer.read(store, pool)
    named = {keys.shard(pool, ref.sha256) for ref in dataset.shards}
    for key in keys_under(store, keys.pool_shards(pool)):
        if key not in named:
            store.delete(key)
    for prefix in (keys.pool_inbox(pool), keys.pool_receipts(pool)):
        for key in keys_under(store, prefix):
            upload = _upload_of(pool, key.removeprefix(prefix))
            if upload is not None and scope.means_upload(upload.device, upload.generation):
                store.delete(key)
    _sweep_set_aside(store, pool, scope)


def holds_older(store: ObjectStore, pool: Pool, *, before: int) -> bool:
    """Tell whether a pool holds what was merged, or set aside, before a date in Unix seconds."""
    dataset, _ = dataset_pointer.read(store, pool)
    if any(ref.merged < before for ref in dataset.shards):
        return True
    return any(_set_aside_at(store, upload) < before for upload in set_aside(store, pool))


def set_aside(store: ObjectStore, pool: Pool) -> list[InboxUpload]:
    """List the uploads of a pool that were set aside."""
    prefix = keys.pool_rejected(pool)
    names = {key.removeprefix(prefix).rpartition("/")[0] for key in keys_under(store, prefix)}
    return [upload for name in sorted(names) if (upload := _upload_of(pool, name)) is not None]


def _unfinished(store: ObjectStore, last: PoolErasure | None) -> dict[str, int]:
    """Return what earlier erasures took out whose requests are still there: they will ask for it."""
    taken = last.samples if last is not None else {}
    return {erasure: samples for erasure, samples in taken.items() if exists(store, keys.erasure(erasure))}


def _rewrite(
    store: ObjectStore, pool: Pool, refs: Sequence[ShardRef], kept: Sequence[Columns], meant: Sequence[Flags]
) -> tuple[ShardRef, ...]:
    """Write the shards that change; return all, in their order, without those that have no row left."""
    remaining: list[ShardRef] = []
    for ref, columns, flags in zip(refs, kept, meant, strict=True):
        if not flags.any():
            remaining.append(ref)
        elif len(columns):
            blocks = BlockWriter()
            blocks.add_all(shards.read_whole(store, pool, ref)[1], kept=~flags)
            remaining.append(shards.write(store, pool, columns, blocks))
    return tuple(remaining)


def _sweep_set_aside(store: ObjectStore, pool: Pool, scope: Scope) -> None:
    for upload in set_aside(store, pool):
        if _is_set_aside_for(store, upload, scope):
            store.delete(keys.rejected_upload(upload))
            store.delete(keys.rejected_reason(upload))


def _is_set_aside_for(store: ObjectStore, upload: InboxUpload, scope: Scope) -> bool:
    """Tell whether a scope means an upload that was set aside; what cannot be read may hold a label."""
    if isinstance(scope, LabelScope):
        try:
            return any(map(scope.means_label, decode_upload(store.get(keys.rejected_upload(upload)).body).labels))
        except (ContractError, NotFound):
            return True
    if isinstance(scope, AgeScope):
        return _set_aside_at(store, upload) < scope.before
    return scope.means_upload(upload.device, upload.generation)


def _set_aside_at(store: ObjectStore, upload: InboxUpload) -> int:
    """Return when an upload was set aside, Unix seconds; 0 where nothing says so: its deletion was interrupted."""
    key = keys.rejected_reason(upload)
    try:
        body = store.get(key).body
    except NotFound:
        return 0
    with reading(key):
        return parse_document(body, where=key, max_bytes=MAX_REASON_BYTES).integer("at")


def _upload_of(pool: Pool, name: str) -> InboxUpload | None:
    try:
        return keys.parse_inbox(f"{keys.pool_inbox(pool)}{name}")
    except Damaged:
        return None
