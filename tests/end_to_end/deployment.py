"""One running service with everything a test asks of it: devices, its dataset, and what devices said."""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cloud.dataset import inbox
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.reader import Dataset, load
from cloud.store import open_store
from cloud.store.keys import Pool
from cloud.store.store import ObjectStore
from contract.bundle import read_device_bundle
from demo.roles import Person
from demo.running.devices import DemoDevice, Recognised
from demo.running.processes import Processes, running
from demo.running.service import GROUP, DemoService, start_service
from demo.shots import Shot

TEST_TIMEOUT_S = 900
"""More than all waits of one test and its fixtures together, so that the wait that is too long says what it was for."""
MERGE_TIMEOUT_S = 60.0
RELEASE_TIMEOUT_S = 180.0
NEVER = 1_000_000
"""So many new samples never come: the worker merges and does not train."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A running service over a store of its own, and what devices of it are made of."""

    folder: Path
    exported: Path
    store: dict[str, str]
    service: DemoService
    processes: Processes

    def device(self, name: str, *, url: str | None = None, **settings: str) -> DemoDevice:
        """A device that is not enrolled yet; settings are environment variables."""
        return DemoDevice(
            name,
            home=self.folder / name,
            bundle=self.exported / "device",
            url=url or self.service.url,
            code=self.service.code,
            processes=self.processes,
            settings=tuple(settings.items()),
        )

    def dataset(self) -> Dataset:
        """What the service has merged so far."""
        return load(self._open(), self._pool, cache=self.folder / "shards")

    def labels(self) -> list[str]:
        """The label of each merged sample."""
        dataset = self.dataset()
        return [dataset.labels[index] for index in dataset.label_index]

    def merged_rows(self) -> int:
        """How many rows the shards have, those of a sample that was merged twice included."""
        pointer, _ = dataset_pointer.read(self._open(), self._pool)
        return pointer.rows

    def wait_until_merged(self, samples: int) -> None:
        """Wait until at least so many samples are in the dataset."""
        self.processes.wait_until(
            lambda: len(self.dataset()) >= samples, what=f"{samples} merged samples", timeout_s=MERGE_TIMEOUT_S
        )

    def wait_until_nothing_waits(self) -> None:
        """Wait until the inbox is empty: the worker has merged, or found to be merged already, all that was sent."""
        store = self._open()
        self.processes.wait_until(
            lambda: not inbox.pending(store, self._pool).uploads, what="an empty inbox", timeout_s=MERGE_TIMEOUT_S
        )

    def wait_for_head(self, device: DemoDevice, *, serial: int = 1) -> None:
        """Pull until the device has a head of at least this serial."""
        self.processes.wait_until(
            lambda: device.pull() >= serial, what=f"head {serial}", timeout_s=RELEASE_TIMEOUT_S, every_s=0.5
        )

    def _open(self) -> ObjectStore:
        return open_store(self.store["FEDEX_STORE"])

    @property
    def _pool(self) -> Pool:
        return Pool(GROUP, read_device_bundle(self.exported / "device").space)


@contextlib.contextmanager
def deployed(folder: Path, *, exported: Path, store: dict[str, str], min_new: int) -> Iterator[Deployment]:
    """A service with the bundles of one export while the block runs; `min_new` new samples start a training cycle."""
    with running(folder / "logs") as processes:
        training = exported / "training"
        service = start_service(processes, store=store, work=folder, training=training, min_new=min_new)
        yield Deployment(folder, exported, store, service, processes)


def recognise(device: DemoDevice, photos: Sequence[Path]) -> list[Recognised]:
    """Recognise photos, each of the one person in whose folder it lies; a face is found in each."""
    given = device.recognise([Shot.of_one(photo) for photo in photos])
    assert all(answer.is_found for one in given for answer in one.answers)
    return given


def correct(device: DemoDevice, photos: Sequence[Path]) -> list[Recognised]:
    """Recognise photos and say of each whether it was right, or who it is."""
    given = recognise(device, photos)
    device.give_feedback(given)
    return given


def uploads(people: Iterable[Person]) -> list[Path]:
    """The photos whose features are uploaded."""
    return [photo for person in people for photo in person.uploads]


def never_uploaded(people: Iterable[Person]) -> list[Path]:
    """The photos that are never uploaded."""
    return [photo for person in people for photo in person.tests]


def count_right(given: Iterable[Recognised], people: Iterable[Person]) -> int:
    """How many photos of these people were named rightly."""
    names = {person.name for person in people}
    return sum(answer.is_right for one in given for answer in one.answers if answer.truth in names)
