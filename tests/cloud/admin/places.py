"""A pool with releases, and an operator who decides of them."""

from dataclasses import replace
from pathlib import Path

from cloud.admin.best import BestOperator
from cloud.admin.releases import ReleaseOperator
from cloud.releases import registry
from cloud.releases.decisions import Decision
from cloud.releases.history import history
from cloud.releases.publish import Publisher
from cloud.releases.registry import TrainedDataset
from cloud.releases.signing import load_or_create
from cloud.store import ObjectStore
from cloud.store.keys import Pool
from contract.bundle import TrainingBundle
from contract.manifest import Channel, Manifest
from contract.rollout import PARTS
from contract.unknown import Points, Strictness
from tests.cloud.releases.test_publish import trained_head

NOW, LIFE_S = 1_800_000_000, 3600
BEST = Channel.BEST


def decided(at: int = NOW) -> Decision:
    return Decision("ops", "as it seemed right", at)


class Place:
    """A pool with releases and its operator."""

    def __init__(self, store: ObjectStore, state: Path, pool: Pool, bundle: TrainingBundle) -> None:
        self.store, self.state, self.pool, self._bundle = store, state, pool, bundle
        self.key = load_or_create(state, store)
        self.operator = ReleaseOperator(store, self.key, LIFE_S)
        self.best_operator = BestOperator(store, self.key, LIFE_S)

    def publish(
        self,
        version: int,
        *,
        share: int = PARTS,
        points: Points | None = None,
        point: Strictness = Strictness.BALANCED,
        channels: tuple[Channel, ...] = (Channel.LATEST, BEST),
    ) -> Manifest:
        Publisher(self.store, self.key, LIFE_S, share=share, point=point).publish(
            self.pool,
            replace(trained_head(version), points=points or {}),
            bundle=self._bundle,
            previous=registry.read(self.store, self.pool),
            channels=channels,
            trained=TrainedDataset(f"dataset {version}", version, f"cycle {version}"),
            now=NOW + version,
        )
        return registry.read(self.store, self.pool).channels[channels[-1]].manifest

    @property
    def best(self) -> Manifest:
        return registry.read(self.store, self.pool).channels[BEST].manifest

    def withdraw(self, serial: int | None = None, *, to_bundle: bool = False) -> Manifest:
        """Withdraw a release, or the one that stands."""
        serial = serial or registry.read(self.store, self.pool).serials.get(BEST, 1)
        manifest = self.operator.withdraw(
            self.pool, BEST, serial=serial, to_bundle=to_bundle, decision=decided(NOW + 100)
        )
        assert manifest.encode() == self.best.encode()
        return manifest

    def history(self) -> list[int]:
        summaries = history(self.store, self.pool, limit=100)
        return [one.serial for one in summaries if one.channel is BEST]
