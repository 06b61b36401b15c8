"""Pools of one group that release, are decided of, swept and erased; and a store that grows old as a test says."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cloud.admin.best import BestOperator
from cloud.admin.releases import ReleaseOperator
from cloud.dataset import pointer as dataset_pointer
from cloud.releases import objects, registry, stored
from cloud.releases.decisions import Decision
from cloud.releases.erase import ReleaseEraser
from cloud.releases.history import PastRelease, chain
from cloud.releases.publish import AtPublishStep, Publisher, TrainedHead
from cloud.releases.registry import Registry, TrainedDataset
from cloud.releases.renewal import Renewer
from cloud.releases.signing import SigningKey, load_or_create
from cloud.store import ObjectStore, keys
from cloud.store.keys import Pool
from cloud.store.lease import Leases
from cloud.store.listing import keys_under
from cloud.worker.pool_leases import PoolLeases
from cloud.worker.pool_sweep import KEPT_S, PoolSweep
from contract.bundle import TrainingBundle
from contract.callbacks import ignore
from contract.manifest import Channel
from contract.rollout import PARTS
from tests.cloud.releases.test_publish import trained_head

HOUR_S, LIFE_S, DAY_S = 3600.0, 30 * 86_400.0, KEPT_S
BOTH = (Channel.LATEST, Channel.BEST)
WHY = Decision("ada", "a test", 1_800_000_000)


@dataclass
class Yard:
    """A pool, whoever works on it, and how far its releases keep their files."""

    store: ObjectStore
    state: Path
    pool: Pool
    bundle: TrainingBundle
    newest: int = 2
    worker: str = "worker"
    now: int = 1_800_000_000
    """Of whoever signs; nothing is swept by it."""
    key: SigningKey = field(init=False)

    def __post_init__(self) -> None:
        self.key = load_or_create(self.state, self.store)
        dataset, present = dataset_pointer.read(self.store, self.pool)
        if present is None:
            dataset_pointer.swap(self.store, self.pool, dataset, previous=None)

    @property
    def leases(self) -> PoolLeases:
        """Those of a process of the worker that begins now: the one before may have died."""
        return PoolLeases(self.store, Leases(self.store, self.worker))

    @property
    def other(self) -> "Yard":
        """Another pool of the group."""
        return replace(self, pool=Pool(self.pool.group, "6" * 64))

    def read(self) -> Registry:
        return registry.read(self.store, self.pool)

    def publish(
        self,
        version: int,
        *,
        channels: Sequence[Channel] = BOTH,
        share: int = PARTS,
        at: AtPublishStep = ignore,
        store: Any = None,
    ) -> None:
        """Release a head, whose files are those of its version, by a worker that holds the pool."""
        with self.leases.of(self.pool) as held:
            self.publish_as(held.fence, version, channels=channels, share=share, at=at, store=store)

    def publish_as(
        self,
        fence: int,
        version: int,
        *,
        previous: Registry | None = None,
        channels: Sequence[Channel] = BOTH,
        share: int = PARTS,
        at: AtPublishStep = ignore,
        store: Any = None,
    ) -> None:
        self.now += 1
        Publisher(store or self.store, self.key, LIFE_S, at, share=share, fence=fence).publish(
            self.pool,
            head_of(version),
            bundle=self.bundle,
            previous=previous or self.read(),
            channels=channels,
            trained=TrainedDataset(f"dataset {version}", version, f"cycle {version}"),
            now=self.now,
        )

    def promote(self, channel: Channel, serial: int, *, pin: bool = False) -> None:
        BestOperator(self.store, self.key, LIFE_S).promote(
            self.pool, channel, serial=serial, decision=replace(WHY, at=self.now), pin=pin
        )

    def withdraw(self, channel: Channel = Channel.BEST) -> None:
        serial = self.read().channels[channel].manifest.serial
        ReleaseOperator(self.store, self.key, LIFE_S).withdraw(
            self.pool, channel, serial=serial, to_bundle=False, decision=replace(WHY, at=self.now)
        )

    def share(self, channel: Channel, share: int) -> None:
        ReleaseOperator(self.store, self.key, LIFE_S).share(
            self.pool, channel, share=share, decision=replace(WHY, at=self.now)
        )

    def renew(self) -> None:
        self.now += int(LIFE_S / 2) + 1
        Renewer(self.store, self.key, LIFE_S).renew(self.pool, previous=self.read(), now=self.now)

    def erase(self, erasure: str) -> None:
        """As the worker does that holds all pools of the group."""
        eraser = ReleaseEraser(self.store, self.key, LIFE_S)
        with self.leases.of(self.pool) as held, self.leases.of(self.other.pool):
            eraser.withdraw(self.pool, erasure=erasure, now=self.now, fence=held.fence)
            eraser.sweep(self.pool)
            eraser.sweep_objects(self.pool.group)

    def sweep(self, *, store: Any = None, kept_s: float = KEPT_S) -> float | None:
        """Sweep once, as the worker does that holds the pool, by the store's clock."""
        with self.leases.of(self.pool) as held:
            [lease] = self.store.entries(keys.lease(self.pool), limit=1)
            sweep = PoolSweep(store or self.store, self.pool, held.fence, newest=self.newest, kept_s=kept_s)
            return sweep.run(lease.modified)

    def sweep_through(self) -> None:
        """Sweep on as long as there is more to do at once."""
        while self.sweep() == 0.0:
            pass

    def grow_old(self, seconds: float) -> None:
        """Let everything in a directory store have been written earlier."""
        grow_old(self.store, seconds)

    def chains(self) -> dict[Channel, list[PastRelease]]:
        return {name: list(chain(self.store, self.pool, one)) for name, one in self.read().channels.items()}

    def serials(self, channel: Channel) -> list[int]:
        return [past.manifest.serial for past in self.chains()[channel]]

    def serials_with_files(self, channel: Channel) -> list[int]:
        current = self.read()
        kept = [past for past in self.chains()[channel] if past.manifest.heads and current.keeps(past.release)]
        return [past.manifest.serial for past in kept]

    def named(self) -> set[str]:
        """Return the keys of all that is named: what stands, what is before it, and files that are kept."""
        current = self.read()
        found: set[str] = set()
        for pasts in self.chains().values():
            for past in pasts:
                found.add(keys.release(self.pool, past.sha256))
                if past.release.publication is not None and past.release.publication in current.publications:
                    found |= {
                        keys.object_copy(self.pool, sha256, past.release.publication) for sha256 in files_of(past)
                    }
        return found

    def present(self) -> set[str]:
        """Return the keys of all releases and files of the pool."""
        copies = keys_under(self.store, keys.group_objects(self.pool.group))
        own = (key for key in copies if (copy := keys.find_object(key)) is None or copy.pool == self.pool)
        return {*keys_under(self.store, keys.pool_releases(self.pool)), *own}

    def check(self) -> None:
        """Fail where something is gone that is named."""
        assert self.named() - self.present() == set()
        for past in (pasts[0] for pasts in self.chains().values()):
            if past.manifest.heads:
                assert past.release.publication in self.read().publications
                for sha256 in files_of(past):
                    objects.read(self.store, self.pool.group, sha256)


def head_of(version: int) -> TrainedHead:
    """Return a head whose labels two versions share."""
    return replace(trained_head(version), labels=("Ada", "Ben", f"somebody {version // 2}"))


def files_of(past: PastRelease) -> Iterator[str]:
    yield past.manifest.labels.sha256
    yield from (head.file.sha256 for head in past.manifest.heads.values())
    if past.release.weights is not None:
        yield past.release.weights.sha256


def grow_old(store: ObjectStore, seconds: float) -> None:
    root = Path(repr(store).removeprefix("dir:"))
    for file in root.rglob("*"):
        if file.is_file():
            written = file.stat().st_mtime - seconds
            os.utime(file, (written, written))


def put_release(yard: Yard, payload: bytes, serial: int) -> str:
    """Write a release that no pointer names, and return its key."""
    release = stored.Release(payload, None, {"serial": serial}, None, 0)
    stored.put_release(yard.store, yard.pool, release)
    return keys.release(yard.pool, release.sha256)
