"""Who computed the samples of a pool: each device's setups and self-tests, as its uploads said them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from cloud.dataset import pointer as dataset_pointer
from cloud.dataset import shards
from cloud.store.keys import Pool
from cloud.store.store import ObjectStore
from contract.self_test import SelfTest, as_cosine


@dataclass(frozen=True, slots=True)
class DeviceSelfTest:
    """What one device computed with one setup, which it tested once."""

    device: str
    outcome: SelfTest
    uploads: int
    """How many were merged."""

    def __str__(self) -> str:
        uploads = "1 upload" if self.uploads == 1 else f"{self.uploads} uploads"
        return f"device {self.device}: self-test {as_cosine(self.outcome.cosine_ppm)} ({self.outcome.setup}), {uploads}"


def read_self_tests(store: ObjectStore, pool: Pool) -> list[DeviceSelfTest]:
    """List what was merged in a pool, by device, and of each in the order of merging. Reads no feature.

    Raises:
        NotFound: a shard is gone.
        Damaged: one cannot be read.
    """
    dataset, _ = dataset_pointer.read(store, pool)
    found: Counter[tuple[str, SelfTest]] = Counter()
    for ref in dataset.shards:
        columns = shards.read_columns(store, pool, ref)
        arrivals = columns.arrivals
        for device, place in zip(arrivals.device_index.tolist(), arrivals.self_test_index.tolist(), strict=True):
            found[columns.devices[device], columns.self_tests[place]] += 1
    return [DeviceSelfTest(*key, uploads) for key, uploads in sorted(found.items(), key=lambda one: one[0][0])]
