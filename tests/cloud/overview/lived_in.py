"""A store that a group has used for weeks, made by the service's own parts.

Times are set back, and the reports of training cycles are written by hand.
"""

import hashlib
import itertools
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from cloud.admin.bundles import register as register_bundle
from cloud.dataset import inbox
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.merge import merge_once
from cloud.identity import devices
from cloud.identity.devices import EnrolledDevice
from cloud.overview import heartbeats
from cloud.overview.heartbeats import Count, Doing, Heartbeat
from cloud.releases import registry
from cloud.releases.failures import FailedCycles
from cloud.releases.publish import Publisher
from cloud.releases.registry import TrainedDataset
from cloud.releases.signing import load_or_create
from cloud.store import ObjectStore, keys, open_store
from cloud.store.keys import InboxUpload, Pool
from contract.bundle import TrainingBundle
from contract.documents import Json, encode_json
from contract.manifest import Channel
from contract.upload import upload_id
from tests.cloud.releases.standing import POINTS
from tests.cloud.releases.test_publish import trained_head

DAY = 86_400
LIFE_S = 30 * DAY
PHONES = [letter * 32 for letter in "abcde"]
SPECS: dict[str, dict[str, Json]] = {
    "class-means": {"name": "class-means", "epochs": 0, "thaw": None},
    "last-layer": {"name": "last-layer", "epochs": 10, "thaw": None},
    "last-layer-for-long": {"name": "last-layer-for-long", "epochs": 50, "thaw": None},
    "fine-tuned": {"name": "fine-tuned", "epochs": 10, "thaw": {"epochs": 2}},
}
PEOPLE = ("Ada", "Ben", "Cleo", "Dora", "Emil", "Frieda", "Gus", "Hal", "Ida")


@dataclass(frozen=True)
class LivedIn:
    """The store, and what a test needs to change it."""

    address: str
    store: ObjectStore
    pool: Pool
    state: Path
    now: int
    make_upload: Callable[..., bytes]

    def send(
        self,
        device: str,
        labels: list[str],
        *,
        at: float | None = None,
        names: list[str] | None = None,
        revision: int = 0,
    ) -> str:
        """An upload arrives; return its key."""
        body = self.make_upload(labels, names=names, revision=revision, space=self.pool.space)
        upload = InboxUpload(self.pool, device, 0, upload_id(body))
        assert inbox.add(self.store, upload, body)
        self.set_time(keys.inbox(upload), self.now if at is None else at)
        return keys.inbox(upload)

    def merge(self, *, at: float) -> None:
        """Merge what waits, at some time."""
        merge_once(self.store, self.pool, now=at)

    def copied_to(self, folder: Path) -> "LivedIn":
        """A copy of the store in another folder, with the same times."""
        shutil.copytree(Path(self.address.removeprefix("dir:")).parent, folder, dirs_exist_ok=True)
        address = f"dir:{folder / 'store'}"
        return replace(self, address=address, store=open_store(address), state=folder / "state")

    def set_time(self, key: str, at: float) -> None:
        """Say that an object was written then."""
        os.utime(Path(self.address.removeprefix("dir:")) / key, (at, at))

    def beat(self, **changes: object) -> None:
        """A worker says what it does."""
        standing = Heartbeat(
            worker="0" * 15 + "1",
            host="attic",
            pid=4711,
            version="0.1",
            started=self.now - 9 * DAY,
            seen=self.now - 4,
            looked=self.now - 4,
            doing=Doing.WAITING,
            since=self.now - 1200,
            counts={Count.MERGED_UPLOADS: 71, Count.MERGED_ROWS: 310, Count.CYCLES_BEST: 9},
        )
        heartbeats.write(self.store, replace(standing, **changes))  # type: ignore[arg-type]  # fields of a heartbeat

    def fail(self, times: int, reason: str) -> None:
        """The last cycles published nothing."""
        previous = registry.read(self.store, self.pool)
        failed = FailedCycles("c" * 32, times, self.now - 300, reason)
        registry.note_failure(self.store, self.pool, previous=previous, failed=failed)


def live_in(
    folder: Path, bundle: TrainingBundle, make_upload: Callable[..., bytes], *, now: int, group: str = "home"
) -> LivedIn:
    """Make a store in a folder, in which everything goes well."""
    store = open_store(f"dir:{folder / 'store'}")
    store.prepare()
    assert bundle.directory is not None
    register_bundle(store, bundle.directory)
    lived = LivedIn(f"dir:{folder / 'store'}", store, Pool(group, bundle.space), folder / "state", now, make_upload)
    for phone in PHONES:
        token = hashlib.sha256(phone.encode()).hexdigest()
        devices.add(store, EnrolledDevice(phone, group, 0, token, now - 20 * DAY))
    numbers = itertools.count()
    for back in range(20, -1, -1):
        for phone in PHONES[: 1 + back % 4]:
            labels = [PEOPLE[(back * 3 + place) % (9 - back % 3)] for place in range(1 + (back * 7) % 5)]
            lived.send(phone, labels, names=[f"photo {next(numbers)}" for _ in labels])
        lived.merge(at=now - back * DAY - 1800)
        if back % 2 == 0:
            _release(lived, bundle, version=11 - back // 2, at=now - back * DAY - 900)
    lived.beat()
    return lived


def _release(lived: LivedIn, bundle: TrainingBundle, *, version: int, at: int) -> None:
    accuracy = 0.62 + 0.03 * version - (0.12 if version in (5, 9) else 0)
    passes = version not in (5, 9)
    dataset, _ = dataset_pointer.read(lived.store, lived.pool)
    cycle = f"{at - 60}-{dataset.commit[:8]}"
    trials: dict[str, Json] = {
        name: _trial(accuracy - less)
        for name, less in (("class-means", 0.05), ("last-layer", 0.0), ("fine-tuned", 0.02))
    }
    trials["last-layer-for-long"] = {"ending": "died", "seconds": 31.2, "cause": "signal 9", "result": None}
    for name, record in trials.items():
        assert isinstance(record, dict)
        kept = encode_json({**record, "spec": SPECS[name], "curve": _curve(name, accuracy)})
        lived.store.put(keys.trial(lived.pool, cycle, name), kept)
    report: dict[str, Json] = {
        "gate": {
            "passes": passes,
            "reason": f"accepted among known went from 70 to {100 * accuracy:.0f} %"
            if passes
            else f"accepted among known fell from 78 to {100 * accuracy:.0f} %",
            "known": {"labels": 9, "samples": 48, "before": 0.7, "after": accuracy},
        },
        "trial": "last-layer",
        "trials": trials,
        "cycle": cycle,
        "samples": {
            "trained": dataset.samples,
            "held_out": 9,
            "set_aside": {"closer to another label": 4, "far from its label": 2, "second name of an older label": 0},
            "in_doubt": 3 if not passes else 0,
        },
        "labels": {"all": 10, "waiting": 1, "alone": 0 if passes else 2, "left_out": 0},
    }
    head = replace(trained_head(version), accuracy=accuracy, held_out=48, rows=dataset.rows, report=report)
    Publisher(lived.store, load_or_create(lived.state, lived.store), LIFE_S).publish(
        lived.pool,
        replace(head, points=POINTS),
        bundle=bundle,
        previous=registry.read(lived.store, lived.pool),
        channels=(Channel.LATEST, Channel.BEST) if passes else (Channel.LATEST,),
        trained=TrainedDataset(dataset.commit, dataset.rows, cycle),
        now=at,
    )


def _curve(name: str, accuracy: float) -> list[Json] | None:
    """Return what `cloud.training.curves` writes of a trial like this."""
    if name == "last-layer-for-long":  # it died
        return None
    last_layer: list[Json] = [
        {"epochs": float(epoch), "loss": 0.2 + 2.5 * 0.7**epoch, "right": accuracy - 0.1 * 0.6**epoch}
        for epoch in range(1, 11)
    ]
    body: list[Json] = [{"epochs": 10 + part / 5, "loss": 0.25 * 0.8**part, "right": None} for part in range(1, 10)]
    end: Json = {"epochs": 12.0, "loss": 0.02, "right": accuracy - 0.02}
    return {"class-means": [], "last-layer": last_layer, "fine-tuned": [*last_layer, *body, end]}[name]


def _trial(right: float) -> dict[str, Json]:
    calibration: dict[str, Json] = {
        "known": 48,
        "right": right,
        "points": {
            "strict": {"threshold": 0.7, "known_ppm": round(1e6 * (right - 0.09)), "strangers_ppm": 10_000},
            "balanced": {"threshold": 0.5, "known_ppm": round(1e6 * (right - 0.03)), "strangers_ppm": 25_000},
            "friendly": {"threshold": 0.3, "known_ppm": round(1e6 * (right - 0.01)), "strangers_ppm": 50_000},
        },
    }
    result: dict[str, Json] = {"loss": 2 * (1 - right), "thawed": False, "calibration": calibration}
    return {"ending": "done", "seconds": 12.5, "cause": "", "result": result}
