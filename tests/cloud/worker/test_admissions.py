"""What an excluded device sent leaves the training, and comes back with it; nothing else needs to arrive."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from cloud.admin.labels import LabelState, read_labels
from cloud.dataset import admission, inbox
from cloud.dataset import pointer as dataset_pointer
from cloud.errors import Unavailable
from cloud.identity import devices
from cloud.identity.devices import EnrolledDevice
from cloud.label_limit import LabelLimit
from cloud.releases import objects, stored
from cloud.store import ObjectStore, keys
from cloud.store.keys import InboxUpload, Pool
from cloud.training.cycle import CycleReport
from cloud.worker.admissions import LOOK_EVERY_S, AdmissionWatch
from contract.bundle import TrainingBundle
from contract.codecs import Codec
from contract.labels import parse_labels
from contract.manifest import Channel
from contract.upload import Upload, encode_upload, upload_id
from tests.cloud.conftest import SELF_TEST
from tests.cloud.counting import CountingStore
from tests.cloud.training.conftest import NAMES, TrainingSite, photos_of

BAD = "bad-device-0001"
MakeSite = Callable[[TrainingBundle], TrainingSite]


def labels_of(site: TrainingSite, report: CycleReport, channel: Channel) -> tuple[str, ...]:
    labels = report.registry.channels[channel].manifest.labels.sha256
    return parse_labels(objects.read(site.store, site.pool.group, labels), where="labels")


def send_of(site: TrainingSite, device: str, person: str, *, label: str, count: int) -> None:
    """Upload photos of a person under a label, of another device than the site's."""
    features = photos_of(NAMES.index(person), count, seed=5 + len(device), shape=site.bundle.feature_shape)
    ids = np.random.default_rng((5, *label.encode(), *device.encode())).integers(0, 256, (count, 16), np.uint8)
    revisions = np.zeros(count, np.uint32)
    upload = Upload(site.bundle.space, SELF_TEST, features, (label,) * count, ids, revisions)
    body = encode_upload(upload, codec=Codec.FLOAT32)
    inbox.add(site.store, InboxUpload(site.pool, device, 0, upload_id(body)), body)


def test_an_excluded_devices_samples_leave_the_training_and_come_back_with_it(
    make_site: MakeSite, vector_bundle: TrainingBundle
) -> None:
    """Nothing undid what one device had brought: not its samples, its label, nor the weights that knew them."""
    site = make_site(vector_bundle)
    devices.add(site.store, EnrolledDevice(BAD, site.pool.group, 0, "0" * 64, 0))
    site.send(("Ada", 3), ("Gus", 4))
    send_of(site, BAD, "Hal", label="Mallory", count=4)
    worker = site.worker()
    first = worker.process_pool(site.pool)
    assert first is not None
    assert "Mallory" in labels_of(site, first, Channel.BEST)
    assert worker.process_pool(site.pool) is None

    devices.exclude(site.store, BAD)
    second = worker.process_pool(site.pool)
    assert second is not None
    release = stored.get_release(site.store, site.pool, second.registry.channels[Channel.LATEST].release)
    assert release.rows == 11
    assert set(release.left_out) == {0, 1, 2, 3}
    assert labels_of(site, second, Channel.LATEST) == (*NAMES[:6], "Gus")
    assert second.registry.serials == {Channel.BEST: 2, Channel.LATEST: 2}
    assert "Mallory" not in labels_of(site, second, Channel.BEST)
    assert worker.process_pool(site.pool) is None

    devices.readmit(site.store, BAD)
    third = worker.process_pool(site.pool)
    assert third is not None
    release = stored.get_release(site.store, site.pool, third.registry.channels[Channel.LATEST].release)
    assert not {0, 1, 2, 3} & set(release.left_out)
    assert labels_of(site, third, Channel.LATEST) == (*NAMES[:6], "Gus", "Mallory")


def test_names_that_one_device_invents_wait_for_a_second_one_or_an_operator(
    make_site: MakeSite, vector_bundle: TrainingBundle
) -> None:
    """They went straight into best, a thousand of them."""
    site = make_site(vector_bundle)
    devices.add(site.store, EnrolledDevice(BAD, site.pool.group, 0, "0" * 64, 0))
    site.send(("Ada", 3), ("Gus", 4))
    for number, person in enumerate(("Hal", "Ida", "Jon")):
        send_of(site, BAD, person, label=f"Mallory {number}", count=4)
    limit = LabelLimit(1, 0)
    worker = site.worker(replace(site.settings, labels_alone=limit))
    first = worker.process_pool(site.pool)
    assert first is not None
    known = labels_of(site, first, Channel.LATEST)
    assert len([label for label in known if label.startswith("Mallory")]) == 1
    assert "Gus" in known
    states = {one.label: one.state for one in read_labels(site.store, site.pool, limit)}
    waiting = sorted(label for label, state in states.items() if state is LabelState.ALONE)
    assert len(waiting) == 2
    assert {state for label, state in states.items() if label not in waiting} == {LabelState.RELEASED}
    release = stored.get_release(site.store, site.pool, first.registry.channels[Channel.LATEST].release)
    assert release.report["labels"] == {"all": 8, "waiting": 0, "alone": 2, "left_out": 0}
    assert len(release.left_out) == 8
    assert worker.process_pool(site.pool) is None

    admission.allow(site.store, "home", waiting[0].upper())
    second = worker.process_pool(site.pool)
    assert second is not None
    assert labels_of(site, second, Channel.LATEST) == (*known, waiting[0])
    assert worker.process_pool(site.pool) is None

    person = ("Hal", "Ida", "Jon")[int(waiting[1][-1])]
    devices.add(site.store, EnrolledDevice("another-device-1", site.pool.group, 0, "0" * 64, 0))
    send_of(site, "another-device-1", person, label=waiting[1], count=4)
    third = worker.process_pool(site.pool)
    assert third is not None
    assert waiting[1] in labels_of(site, third, Channel.LATEST)


@pytest.fixture
def pools(directory_store: ObjectStore) -> tuple[Pool, Pool]:
    """Two groups' pools with a dataset, and a device in each group."""
    pools = Pool("home", "5" * 64), Pool("work", "5" * 64)
    for pool in pools:
        dataset_pointer.swap(directory_store, pool, dataset_pointer.EMPTY, previous=None)
        devices.add(directory_store, EnrolledDevice(f"{pool.group}-device", pool.group, 0, "0" * 64, 0))
    return pools


def test_pools_of_a_group_are_looked_at_once_when_another_label_is_allowed_in_it(
    directory_store: ObjectStore, pools: tuple[Pool, Pool]
) -> None:
    home, _ = pools
    watch, clock = AdmissionWatch(), 0.0
    assert watch.pools(directory_store, clock=clock) == []
    for change in (admission.allow, admission.disallow):
        change(directory_store, "home", "Ada")
        clock += LOOK_EVERY_S
        assert watch.pools(directory_store, clock=clock) == [home]
        assert watch.pools(directory_store, clock=clock + LOOK_EVERY_S) == []
        clock += LOOK_EVERY_S


def test_pools_of_a_group_are_looked_at_once_when_another_device_is_excluded_in_it(
    directory_store: ObjectStore, pools: tuple[Pool, Pool]
) -> None:
    home, _ = pools
    watch, clock = AdmissionWatch(), 0.0
    assert watch.pools(directory_store, clock=clock) == []
    for change in (devices.exclude, devices.readmit):
        change(directory_store, "home-device")
        assert watch.pools(directory_store, clock=clock) == []
        clock += LOOK_EVERY_S
        assert watch.pools(directory_store, clock=clock) == [home]
        assert watch.pools(directory_store, clock=clock + LOOK_EVERY_S) == []
        clock += LOOK_EVERY_S


def test_a_look_that_failed_is_made_again(
    directory_store: ObjectStore, pools: tuple[Pool, Pool], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, _ = pools
    watch = AdmissionWatch()
    watch.pools(directory_store, clock=0.0)
    devices.exclude(directory_store, "home-device")

    def fail(*_: object, **__: object) -> list[Pool]:
        raise Unavailable("dataset/", "no answer")

    with monkeypatch.context() as patch:
        patch.setattr("cloud.worker.admissions.pools_of", fail)
        with pytest.raises(Unavailable):
            watch.pools(directory_store, clock=LOOK_EVERY_S)
    assert watch.pools(directory_store, clock=LOOK_EVERY_S) == [home]


def test_looking_costs_two_lists_in_half_a_minute(directory_store: ObjectStore) -> None:
    counting, watch = CountingStore(directory_store), AdmissionWatch()
    for second in range(60):
        watch.pools(counting, clock=float(second))
    assert counting.count("list", keys.EXCLUDED) == counting.count("list", keys.ALLOWED) == 2
