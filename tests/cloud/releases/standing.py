"""A pool whose releases stand: they are published and renewed at any time that a test says."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from cloud.releases import registry, stored
from cloud.releases.publish import PublishStep
from cloud.releases.registry import Registry, TrainedDataset
from cloud.releases.renewal import Renewer
from cloud.releases.signing import load_or_create
from cloud.releases.stored import Release
from cloud.store import ObjectStore, open_store
from cloud.store.keys import Pool
from contract.callbacks import ignore
from contract.documents import encode_json, parse_document
from contract.files import FileRef
from contract.manifest import Channel, HeadFile, Manifest, Precision
from contract.unknown import Strictness, UnknownPoint

DAY = 86_400
LIFE = 30 * DAY
NOW = 1_800_000_000
POOL = Pool("home", "5" * 64)
POINTS = {
    Strictness.STRICT: UnknownPoint(0.75, 0.9, 0.01),
    Strictness.BALANCED: UnknownPoint(0.5, 0.95, 0.025),
    Strictness.FRIENDLY: UnknownPoint(0.25, 0.98, 0.05),
}
TRAINED = TrainedDataset("d" * 32, 7, "c1")


@dataclass(frozen=True)
class Place:
    address: str
    state: Path

    @property
    def store(self) -> ObjectStore:
        return open_store(self.address)

    def read(self) -> Registry:
        return registry.read(self.store, POOL)

    def manifests(self) -> dict[Channel, Manifest]:
        return {channel: one.manifest for channel, one in self.read().channels.items()}

    def serials(self) -> dict[str, int]:
        return {channel.value: one.serial for channel, one in self.manifests().items()}

    def publish(
        self, channel: Channel, *, issued: int, life_s: int = LIFE, added: str | None = None, **changes: Any
    ) -> None:
        previous = self.read()
        parent = previous.channels[channel].release if channel in previous.channels else None
        standing = manifest(channel, previous.next_serial(channel), issued, life_s, parent)
        payload = replace(standing, **changes).encode()
        if added is not None:
            payload = encode_json({**parse_document(payload, where="", max_bytes=1 << 20).as_json(), "added": added})
        stored.put_release(self.store, POOL, Release(payload, parent, {"trial": "a"}, FileRef("e" * 64, 9), 3))
        envelopes = {channel: load_or_create(self.state, self.store).sign(payload)}
        registry.publish(self.store, POOL, previous=previous, envelopes=envelopes, trained=TRAINED)

    def renewer(
        self,
        life_s: float = LIFE,
        at: Callable[[PublishStep], None] = ignore,
        choice_of: Callable[[str], Strictness] | None = None,
    ) -> Renewer:
        return Renewer(self.store, load_or_create(self.state, self.store), life_s, at, choice_of)

    def due(self, *, life_s: float = LIFE) -> float | None:
        return self.renewer(life_s).due(self.read())

    def renew(
        self,
        now: float,
        *,
        life_s: float = LIFE,
        at: Callable[[PublishStep], None] = ignore,
        previous: Registry | None = None,
    ) -> Registry | None:
        return self.renewer(life_s, at).renew(POOL, previous=previous or self.read(), now=now)


def manifest(channel: Channel, serial: int, issued: int, life_s: int, parent: str | None) -> Manifest:
    return Manifest(
        group=POOL.group,
        space=POOL.space,
        channel=channel,
        serial=serial,
        issued=issued,
        expires=issued + life_s,
        cut="freeze6",
        feature_shape=(512,),
        labels=FileRef("b" * 64, 8),
        label_count=2,
        heads={Precision.DYNAMIC: HeadFile.of(FileRef("a" * 64, 4), np.array([0.25, -1.5], np.float32))},
        golden_sample_sha256="c" * 64,
        temperature=1.0 / 3.0,
        threshold=0.5,
        validation_accuracy=0.9,
        validation_samples=11,
        parent=parent,
    )
