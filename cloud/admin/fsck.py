"""Finds what does not hold together in a store, as after a restore, and mends what can be mended without loss.

::

    dataset pointer lost         said; from a back-up
    shard missing or cut         its samples are lost: mended by a pointer without it
    receipt without its upload   the dataset does not name it: its rows are lost, or it brought none. Mended by taking
                                 the receipt back, so that the upload counts if it is sent again
    upload of nobody             said: its device is not enrolled, and the merge would set it aside
    stray object in an inbox     said, and left: no upload has such a key, and the worker passes it by
    registry pointer lost        said; from a back-up
    erasure half carried out     dataset and registry name different ones, and nobody was left to go on: as in a back-up
                                 that met it. Nothing would be trained any more: mended as the worker would have, the
                                 bundle's head serves. Where the dataset names none, it names the registry's: what that
                                 took out may be back
    trained on more than there   nothing would be trained until that much came anew: mended by forgetting it
    release or object missing    said: a release cannot be fetched that stands, or that could be promoted. Of one whose
                                 files are gone on purpose none are expected
    space not registered         said: register its bundle
    key not in the chain         said
    record that cannot be read   said: each kind of it with what to do (`cloud.admin.records`); so are files of a space,
                                 keys, and releases

No worker and no service may use the store while it is mended. Looking is safe at any time, but what moves meanwhile may
be found in neither place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from cloud.admin.records import damaged_records
from cloud.dataset import erasures, shards
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.columns import Columns
from cloud.dataset.pointer import DatasetPointer, PoolErasure
from cloud.dataset.scopes import count_samples
from cloud.dataset.shards import ShardRef
from cloud.errors import Damaged, NotFound, NotReady
from cloud.identity.verification_keys import read_chain
from cloud.releases import registry
from cloud.releases.current import CurrentRelease
from cloud.releases.erase import ReleaseEraser
from cloud.releases.history import PastRelease, chain
from cloud.releases.registry import Registry
from cloud.store import keys
from cloud.store.keys import Pool
from cloud.store.listing import delete_under, exists, keys_under
from cloud.store.pools import pools_with
from cloud.store.store import ObjectStore
from contract.bundle_files import BUNDLE_FILE
from contract.files import FileRef


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold together."""

    key: str
    """Of the object that is wrong, or missing."""
    what: str
    is_mended: bool = False
    can_be_mended: bool = False
    is_fault: bool = True
    """False for what is so in a sound store too."""


@dataclass(frozen=True, slots=True)
class Checker:
    """Looks through a store."""

    store: ObjectStore
    mend: bool = False
    eraser: Callable[[], ReleaseEraser] | None = None
    """Gives what withdraws releases, by the worker's key, once that is needed; without it that is not mended."""
    now: float = 0.0
    """Unix seconds: when such a withdrawal is issued."""

    def run(self) -> Iterator[Finding]:
        """Yield what is found, pool by pool.

        Raises:
            StoreError: the store failed.
        """
        yield from _told(keys.CHAIN, self._check_keys())
        yield from (Finding(key, what) for key, what in damaged_records(self.store))
        for pool in pools_with(self.store, *_OF_POOLS):
            if not exists(self.store, keys.space_file(pool.space, BUNDLE_FILE)):
                what = "expected a registered space, got none: `fedex-cloud bundle add` registers it"
                yield Finding(keys.space_file(pool.space, BUNDLE_FILE), what)
            yield from _told(keys.dataset_pointer(pool), self._check_dataset(pool))
            yield from self._check_inbox(pool)
            yield from _told(keys.registry_pointer(pool), self._check_registry(pool))

    def _check_keys(self) -> Iterator[Finding]:
        try:
            known = read_chain(self.store).keys
        except NotReady:
            return  # no worker was there yet, or its key is damaged, which is said of it
        if self.store.get(keys.VERIFY).body not in known:
            yield Finding(keys.CHAIN, f"expected a chain with the key of {keys.VERIFY}, got one without it")

    def _check_dataset(self, pool: Pool) -> Iterator[Finding]:
        dataset, pointer = dataset_pointer.read(self.store, pool)
        broken = [ref for ref in dataset.shards if not self._is_whole(pool, ref)]
        if broken:
            for ref in broken:
                what = f"expected a shard of {ref.size} bytes, got none or another: {ref.rows} rows are lost"
                yield Finding(keys.shard(pool, ref.sha256), what, is_mended=self.mend, can_be_mended=True)
            if self.mend:
                whole = self._without(pool, dataset, broken)
                dataset = dataset_pointer.swap(self.store, pool, whole, previous=pointer)
        yield from self._check_receipts(pool, dataset)

    def _check_receipts(self, pool: Pool, dataset: DatasetPointer) -> Iterator[Finding]:
        named = {
            upload.name
            for ref in dataset.shards
            if self._is_whole(pool, ref)
            for upload in self._columns(pool, ref).uploads(pool)
        }
        prefix = keys.pool_receipts(pool)
        stray = [key for key in keys_under(self.store, prefix) if key.removeprefix(prefix) not in named]
        if stray:
            for key in stray if self.mend else ():
                self.store.delete(key)
            what = (
                f"{len(stray)} receipts of uploads that the dataset does not name: they brought it nothing new, or "
                "their rows are lost, and sent again they would be dropped"
            )
            yield Finding(prefix, what, is_mended=self.mend, can_be_mended=True, is_fault=False)

    def _check_inbox(self, pool: Pool) -> Iterator[Finding]:
        waiting: dict[str, int] = {}
        for key in keys_under(self.store, keys.pool_inbox(pool)):
            try:
                device = keys.parse_inbox(key).device
            except Damaged as error:
                yield Finding(key, f"{str(error).removeprefix(f'{key}: ')}: left in the inbox", is_fault=False)
                continue
            waiting[device] = waiting.get(device, 0) + 1
        for device, count in waiting.items():
            if not exists(self.store, keys.device(device)):
                what = f"expected a device that is enrolled, got none; {count} of its uploads would be set aside"
                yield Finding(keys.device(device), what)

    def _check_registry(self, pool: Pool) -> Iterator[Finding]:
        current = registry.read(self.store, pool)
        dataset = self._dataset(pool)
        if dataset is not None and not self._is_erased_alike(pool, dataset, current):
            yield self._erased_apart(pool, dataset, current)
            current = registry.read(self.store, pool)
        if current.trained is not None and dataset is not None and current.trained.rows > dataset.rows:
            what = (
                f"expected to have trained on at most {dataset.rows} rows, got {current.trained.rows}: "
                "nothing would be trained until that much had come anew"
            )
            if self.mend:
                registry.forget_trained(self.store, pool, previous=current)
            yield Finding(keys.registry_pointer(pool), what, is_mended=self.mend, can_be_mended=True)
        for standing in current.channels.values():
            yield from self._check_channel(pool, current, standing)

    def _dataset(self, pool: Pool) -> DatasetPointer | None:
        """Return a pool's dataset; None where its pointer is damaged, which is said elsewhere."""
        try:
            return dataset_pointer.read(self.store, pool)[0]
        except Damaged:
            return None

    def _is_erased_alike(self, pool: Pool, dataset: DatasetPointer, current: Registry) -> bool:
        """Tell whether dataset and registry name the same erasure, or will once the worker has gone on with it."""
        named = {dataset.erasure.id if dataset.erasure else None, current.erasure}
        return len(named) == 1 or any(self._goes_on(pool, one) for one in named if one is not None)

    def _goes_on(self, pool: Pool, erasure: str) -> bool:
        """Tell whether the worker goes on with an erasure in a pool; not with a request that cannot be read."""
        try:
            asked = erasures.read(self.store, erasure)
        except Damaged:
            return False
        return asked is not None and pool.path not in asked.pools

    def _erased_apart(self, pool: Pool, dataset: DatasetPointer, current: Registry) -> Finding:
        """Say that dataset and registry name different erasures, and bring them together.

        Raises:
            Damaged: what stands there was not signed by the worker's key.
        """
        if dataset.erasure is None:
            what = f"expected erasure {current.erasure}, which the registry names, got none: ask for it again"
            if self.mend and current.erasure is not None:
                read, pointer = dataset_pointer.read(self.store, pool)
                noted = replace(read, erasure=PoolErasure(current.erasure, samples={}))
                dataset_pointer.swap(self.store, pool, noted, previous=pointer)
            return Finding(keys.dataset_pointer(pool), what, is_mended=self.mend, can_be_mended=True)
        got = current.erasure or "none"
        what = f"expected erasure {dataset.erasure.id}, which the dataset names, got {got}: no cycle would end well"
        found = Finding(keys.registry_pointer(pool), what, can_be_mended=True)
        if not self.mend or self.eraser is None:
            return found
        eraser = self.eraser()
        try:
            eraser.withdraw(pool, erasure=dataset.erasure.id, now=self.now)
        except NotFound as error:  # of the bundle, whose head is to serve
            return replace(found, what=f"{what}; {error}", can_be_mended=False)
        eraser.sweep(pool)
        eraser.sweep_objects(pool.group)
        delete_under(self.store, keys.pool_trials(pool))
        return replace(found, is_mended=True)

    def _check_channel(self, pool: Pool, current: Registry, standing: CurrentRelease) -> Iterator[Finding]:
        """Look at the history of a channel, at what the release is made of that stands, and those that keep files."""
        channel = standing.manifest.channel
        try:
            stands, *before = chain(self.store, pool, standing)
        except NotFound as error:
            yield Finding(error.key, f"expected a release of the history of {channel}, got none")
            return
        yield from self._check_files(pool, stands, advice="promote another release, or withdraw this one")
        checked = {stands.release.publication, None}
        for past in before:
            if past.release.publication not in checked and current.keeps(past.release):
                checked.add(past.release.publication)
                yield from self._check_files(pool, past, advice="do not promote this release")

    def _check_files(self, pool: Pool, past: PastRelease, *, advice: str) -> Iterator[Finding]:
        """Look whether each file of a release has a copy, and each copy its size."""
        named = f"{past.manifest.channel} {past.manifest.serial}"
        for file in _files_of(past):
            prefix = keys.shared_object(pool.group, file.sha256)
            what = f"expected an object of {file.size} bytes, which {named} is made of, got none or another: {advice}"
            copies = self.store.entries(prefix)
            yield from (Finding(one.key, what) for one in copies if one.size != file.size)
            if not copies:
                yield Finding(prefix.removesuffix("/"), what)

    def _without(self, pool: Pool, dataset: DatasetPointer, broken: list[ShardRef]) -> DatasetPointer:
        """Return a dataset without some of its shards, counted anew."""
        whole = tuple(ref for ref in dataset.shards if ref not in broken)
        columns = [self._columns(pool, ref) for ref in whole]
        return replace(
            dataset,
            shards=whole,
            samples=count_samples(columns),
            rows=sum(ref.rows for ref in whole),
            uploads=sum(len(one.arrivals) for one in columns),
            journal=dataset.journal if any(ref.sha256 == dataset.journal for ref in whole) else None,
        )

    def _is_whole(self, pool: Pool, ref: ShardRef) -> bool:
        return self._size(keys.shard(pool, ref.sha256)) == ref.size

    def _columns(self, pool: Pool, ref: ShardRef) -> Columns:
        return shards.read_columns(self.store, pool, ref)

    def _size(self, key: str) -> int | None:
        try:
            return self.store.stat(key).size
        except NotFound:
            return None


_OF_POOLS = (keys.DATASETS, keys.REGISTRIES, keys.RECEIPTS, keys.INBOX)


def _told(key: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    """Pass findings on, up to something that cannot be read, which is one too."""
    try:
        yield from findings
    except Damaged as error:
        yield Finding(key, str(error).removeprefix(f"{key}: "))


def _files_of(past: PastRelease) -> list[FileRef]:
    """List the objects of a release; one without heads has none of its own."""
    heads = past.manifest.heads
    if not heads:
        return []
    weights = [past.release.weights] if past.release.weights else []
    return [past.manifest.labels, *(head.file for head in heads.values()), *weights]
