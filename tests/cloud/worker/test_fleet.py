"""Load and faults together: a fleet sends while the store stands still and dies, processes are killed, a worker joins.

Whatever was acknowledged is in the datasets afterwards, once, and every group has a head that knows its labels. A small
fleet in `make test`; 2,000 devices for ten minutes in `make test-all`.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest

from cloud.admin.bundles import register as register_bundle
from cloud.dataset import inbox, reader
from cloud.dataset import pointer as dataset_pointer
from cloud.releases import objects, registry
from cloud.releases.key_exports import seal, unseal
from cloud.releases.key_files import load_pair
from cloud.releases.signing import adopt, load_or_create
from cloud.settings import Settings
from cloud.store import ObjectStore, open_store
from cloud.store.keys import Pool
from contract.bundle import TrainingBundle
from contract.labels import parse_labels
from contract.manifest import Channel
from tests.cloud.training.conftest import NAMES
from tests.cloud.web.own_minio import OwnMinio
from tests.cloud.web.own_minio import own_minio as own_minio
from tests.cloud.worker.fleet import Fleet, FleetDevice
from tests.cloud.worker.running import command_of, running_worker

StartService = Callable[..., AbstractContextManager[str]]

UNLIMITED = {"FEDEX_ADDRESS_ENROLMENTS": "99999", "FEDEX_CODE_ENROLMENTS": "99999", "FEDEX_DEVICE_SAMPLES": "99999"}


@dataclass(frozen=True)
class Plan:
    """How many, how long, and how bad."""

    devices: int
    groups: int
    rest_s: float
    """Between two turns of one of 16 phones."""
    quiet_s: float
    """Before the first fault, and between two."""
    still_s: float
    """The store stands still."""
    gone_s: float
    """The store is dead."""
    settled_s: float
    """By then, after the last upload, every group has its head."""

    def code(self, group: int) -> str:
        return f"the-code-of-group-{group}"

    def device(self, number: int, url: str, space: str) -> FleetDevice:
        place, group = divmod(number, self.groups)
        return FleetDevice(url, space, f"group-{group}", number, self.code(group), first=place)

    @property
    def codes(self) -> str:
        return ",".join(f"{self.code(group)}=group-{group}" for group in range(self.groups))


@dataclass
class Workers:
    """The workers of a store, each with a state folder of its own, all with one key."""

    settings: Settings
    folder: Path
    stack: ExitStack

    def state(self, number: int) -> Path:
        return self.folder / f"state-{number}"

    def start(self, number: int) -> psutil.Process:
        settings = replace(self.settings, state=self.state(number))
        process = self.stack.enter_context(running_worker(settings, self.folder / f"worker-{number}.log"))
        return psutil.Process(process.pid)

    def share_key(self, store: ObjectStore, *, number: int) -> None:
        """Give another worker the key of the first, as an operator does by `keys export` and `keys import`."""
        sealed = seal(load_pair(self.state(1)), "a passphrase of the test")
        pair = unseal(sealed, "a passphrase of the test", where="the export")
        self.state(number).mkdir(mode=0o700)
        adopt(self.state(number), store, pair)


def kill_one_web_process() -> None:
    """End one process of the service as the kernel does, in the middle of whatever it answers."""
    masters = [one for one in psutil.Process().children() if b"serve" in command_of(one.pid).split(b"\0")]
    for child in [child for master in masters for child in master.children()][:1]:
        child.kill()


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "plan",
    [
        Plan(devices=48, groups=3, rest_s=0.3, quiet_s=4, still_s=5, gone_s=2, settled_s=240),
        pytest.param(
            Plan(devices=2000, groups=20, rest_s=0.5, quiet_s=65, still_s=60, gone_s=15, settled_s=900),
            marks=pytest.mark.slow,
        ),
    ],
    ids=["48 devices", "2000 devices"],
)
def test_nothing_acknowledged_is_lost_or_doubled_and_every_group_gets_its_head(
    own_minio: OwnMinio,
    start_service: StartService,
    vector_bundle: TrainingBundle,
    tmp_path: Path,
    plan: Plan,
) -> None:
    store = open_store(own_minio.address)
    store.prepare()
    assert vector_bundle.directory is not None
    register_bundle(store, vector_bundle.directory)
    settings = Settings(store=own_minio.address, state=tmp_path / "state-1", poll_s=0.5)
    load_or_create(settings.state, store)
    with ExitStack() as stack:
        workers = Workers(settings, tmp_path, stack)
        workers.share_key(store, number=2)
        serving = start_service(tmp_path, FEDEX_STORE=own_minio.address, FEDEX_ENROLMENT=plan.codes, **UNLIMITED)
        url = stack.enter_context(serving)
        fleet = Fleet([plan.device(number, url, vector_bundle.space) for number in range(plan.devices)], plan.rest_s)
        first = workers.start(1)
        with fleet.at_work():
            for fault in faults(own_minio, workers, first, plan):
                time.sleep(plan.quiet_s)
                fault()
            time.sleep(plan.quiet_s)
        fleet.finish(within_s=120)
        pools = [Pool(f"group-{number}", vector_bundle.space) for number in range(plan.groups)]
        wait_until_settled(store, pools, within_s=plan.settled_s)
    print(f"answers {dict(fleet.answers)}, unanswered {sum(one.unanswered for one in fleet.devices)}")
    assert {*fleet.answers} <= {200, 201, 429, 503}
    for pool in pools:
        check(store, pool, fleet, cache=tmp_path / "cache" / pool.group)


def faults(minio: OwnMinio, workers: Workers, first: psutil.Process, plan: Plan) -> Iterator[Callable[[], None]]:
    """Yield what goes wrong, one after the other."""
    running = {1: first}

    def kill_worker(number: int) -> None:
        running[number].kill()

    def start_worker(number: int) -> None:
        running[number] = workers.start(number)

    def kill_store() -> None:
        minio.kill()
        time.sleep(plan.gone_s)
        minio.start()

    yield kill_one_web_process
    yield lambda: start_worker(2)
    yield lambda: kill_worker(1)
    yield lambda: minio.stand_still(plan.still_s)
    yield lambda: start_worker(1)
    yield kill_store
    yield kill_one_web_process
    yield lambda: kill_worker(2)


def wait_until_settled(store: ObjectStore, pools: list[Pool], *, within_s: float) -> None:
    """Wait until nothing waits any more, and what was merged last was trained on."""
    give_up = time.monotonic() + within_s
    left = pools
    while left:
        left = [pool for pool in left if not is_settled(store, pool)]
        assert not left or time.monotonic() < give_up, f"{len(left)} pools were not served: {left[:3]}"
        time.sleep(1)


def is_settled(store: ObjectStore, pool: Pool) -> bool:
    if inbox.pending(store, pool).uploads:
        return False
    dataset, _ = dataset_pointer.read(store, pool)
    trained = registry.read(store, pool).trained
    return trained is not None and trained.rows == dataset.rows


def check(store: ObjectStore, pool: Pool, fleet: Fleet, *, cache: Path) -> None:
    """Look at what is held of a group, and at the head that it got."""
    acknowledged = fleet.acknowledged(pool.group)
    held = reader.load(store, pool, cache=cache)
    samples = Counter(
        (held.device_ids[device], sample.tobytes())
        for device, sample in zip(held.devices.tolist(), held.sample_ids, strict=True)
    )
    pointer, _ = dataset_pointer.read(store, pool)
    assert set(acknowledged) - set(samples) == set()
    assert max(samples.values()) == 1
    assert pointer.rows == pointer.samples == len(samples)
    best = registry.read(store, pool).channels[Channel.BEST].manifest
    known = parse_labels(objects.read(store, pool.group, best.labels.sha256))
    assert {*known} >= {held.labels[index] for index in held.label_index} >= set(NAMES[6:])
