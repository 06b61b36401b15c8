"""A worker renews what stands: without a read while nothing is due, and whatever else fails."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.admin.bundles import register as register_bundle
from cloud.dataset import erasures
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.scopes import GroupScope
from cloud.errors import Damaged, LostRace, Unavailable
from cloud.identity import devices
from cloud.identity.devices import EnrolledDevice
from cloud.releases import space_lists
from cloud.releases.signing import load_or_create, rotate
from cloud.releases.space_lists import SpaceLister
from cloud.settings import Settings
from cloud.spaces import bundles
from cloud.store import ObjectStore, keys, open_store, pointer
from cloud.store.keys import Pool
from cloud.training.context import TrainingContext
from cloud.worker.admissions import AdmissionWatch
from cloud.worker.renewal_times import RETRY_S, RenewalTimes
from cloud.worker.worker import Worker
from contract.bundle import TrainingBundle
from contract.bundle_files import BUNDLE_FILE
from contract.callbacks import ignore
from contract.manifest import Channel
from contract.space_list import MAX_SPACES
from tests.cloud.counting import CountingStore
from tests.cloud.releases.standing import DAY, LIFE, NOW, POOL, Place

A, B, C = (Pool(group, "5" * 64) for group in "abc")


class Site:
    """A store, and workers on it whose clock a test sets."""

    def __init__(self, folder: Path, bundle: TrainingBundle) -> None:
        self.place = Place(f"dir:{folder / 'store'}", folder / "state")
        self.store = open_store(self.place.address)
        self.store.prepare()
        assert bundle.directory is not None
        register_bundle(self.store, bundle.directory)
        self.counting = CountingStore(self.store)
        self.now = float(NOW)

    def publish(self) -> None:
        """Release a head of a pool whose dataset was trained on."""
        dataset_pointer.swap(self.store, POOL, dataset_pointer.EMPTY, previous=None)
        self.place.publish(Channel.BEST, issued=int(self.now))

    def worker(self) -> Worker:
        settings = Settings(store=self.place.address, state=self.place.state)
        key = load_or_create(self.place.state, self.store)
        return Worker(TrainingContext(self.counting, settings, key, threading.Event(), now=lambda: self.now))

    def reads(self) -> int:
        """How often the registry was read since this was asked last."""
        count = self.counting.count("get", keys.registry_pointer(POOL))
        self.counting.requests.clear()
        return count


@pytest.fixture
def site(tmp_path: Path, training_bundle: TrainingBundle) -> Site:
    return Site(tmp_path, training_bundle)


def test_a_worker_that_was_off_for_longer_than_a_life_renews_when_it_starts(site: Site) -> None:
    site.publish()
    site.now += 31 * DAY
    site.worker().look()
    assert site.place.serials() == {"best": 2}
    assert site.place.manifests()[Channel.BEST].expires == site.now + LIFE


def test_a_worker_signs_the_list_of_spaces_of_each_group_and_renews_it(site: Site) -> None:
    site.publish()
    worker = site.worker()
    worker.look()
    first = space_lists.read(site.store, POOL.group)
    assert first is not None
    assert (first.spaces.serial, first.spaces.retired, len(first.spaces.current)) == (1, frozenset(), 1)
    worker.look()
    assert space_lists.read(site.store, POOL.group) == first
    site.now += LIFE / 2
    worker.look()
    renewed = space_lists.read(site.store, POOL.group)
    assert renewed is not None
    assert (renewed.spaces.serial, renewed.spaces.expires) == (2, site.now + LIFE)


def test_a_store_that_fails_as_a_worker_starts_costs_neither_the_first_look_nor_the_lists(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.publish()
    site.store.put(keys.begun(POOL), b"")
    worker, processed, faults = site.worker(), list[Pool](), [Unavailable("spaces", "no answer")]
    registered = bundles.registered

    def look_later(store: ObjectStore) -> list[str]:
        if faults:
            raise faults.pop()
        return registered(store)

    monkeypatch.setattr("cloud.worker.worker.registered", look_later)
    monkeypatch.setattr(Worker, "process_pool", lambda self, pool, **_: processed.append(pool))
    worker.look()
    assert (processed, space_lists.read(site.store, POOL.group)) == ([], None)
    worker.look()
    assert processed == [POOL]
    assert space_lists.read(site.store, POOL.group) is not None


def test_renewals_and_erasures_wait_for_the_training_of_one_pool_and_not_of_all(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.publish()
    for pool in (A, B):
        dataset_pointer.swap(site.store, pool, dataset_pointer.EMPTY, previous=None)
    for pool in (A, B, POOL):
        site.store.put(keys.begun(pool), b"")
    worker, seen = site.worker(), list[tuple[Pool, dict[str, int], list[str]]]()

    def train_for_long(_: Worker, pool: Pool, **__: object) -> None:
        seen.append((pool, site.place.serials(), erasures.waiting(site.store)))
        if pool == A:
            site.now += LIFE
            erasures.ask(site.store, GroupScope("b"), by="you", now=site.now)

    monkeypatch.setattr(Worker, "process_pool", train_for_long)
    worker.look()
    assert seen == [(A, {"best": 1}, []), (B, {"best": 2}, []), (POOL, {"best": 2}, [])]
    assert len(list(erasures.tombstones(site.store, damaged=ignore))) == 1


def test_a_store_that_fails_at_a_sweep_forgets_no_device_that_was_excluded(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.publish()
    devices.add(site.store, EnrolledDevice("d" * 32, POOL.group, 0, "0" * 64, 0))
    worker, processed = site.worker(), list[Pool]()
    monkeypatch.setattr(Worker, "process_pool", lambda self, pool, **_: processed.append(pool))
    worker.look()
    processed.clear()
    devices.exclude(site.store, "d" * 32)
    worker._renewals._next_sweep = worker._admissions._next_look = 0.0  # the monotonic clock cannot be set

    def fail(_: ObjectStore) -> list[str]:
        raise Unavailable("spaces", "no answer")

    with monkeypatch.context() as patch:
        patch.setattr("cloud.worker.worker.registered", fail)
        worker.look()
    assert processed == []
    worker.look()
    assert processed == [POOL]


def test_a_store_that_fails_as_decisions_are_looked_up_costs_no_first_look(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.publish()
    dataset, previous = dataset_pointer.read(site.store, POOL)
    dataset_pointer.swap(site.store, POOL, replace(dataset, rows=10), previous=previous)  # more than was trained on
    worker, processed = site.worker(), list[Pool]()
    monkeypatch.setattr(Worker, "process_pool", lambda self, pool, **_: processed.append(pool))

    def fail(*_: object, **__: object) -> list[Pool]:
        raise Unavailable("excluded/", "no answer")

    with monkeypatch.context() as patch:
        patch.setattr(AdmissionWatch, "pools", fail)
        worker.look()
    assert processed == []
    worker.look()
    assert processed == [POOL]


def test_a_list_that_cannot_be_signed_is_tried_again_after_a_while(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    site.publish()
    worker = site.worker()

    def fail(*_: object, **__: object) -> None:
        raise Unavailable("spaces-of/home", "the store does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(pointer, "swap", fail)
        worker.look()
    worker.look()
    assert space_lists.read(site.store, POOL.group) is None
    assert [one.message for one in caplog.records if one.levelname == "ERROR"] == [
        "renewal: spaces-of/home: the store does not answer",
        "sweep: spaces-of/home: the store does not answer",
    ]
    worker._renewals._put_off.clear()  # the monotonic clock cannot be set
    worker.look()
    assert space_lists.read(site.store, POOL.group) is not None


def test_a_group_that_has_nothing_but_a_list_keeps_it_signed(site: Site) -> None:
    """Its code was taken back, and nobody sent anything: its devices still ask for the list."""
    lister = SpaceLister(site.store, load_or_create(site.place.state, site.store), LIFE)
    lister.renew("away", registered=[], now=NOW)
    site.now += LIFE / 2
    site.worker().look()
    renewed = space_lists.read(site.store, "away")
    assert renewed is not None
    assert renewed.spaces.serial == 2


def test_with_more_spaces_than_a_list_has_room_for_a_worker_lists_the_groups_own(site: Site) -> None:
    site.publish()
    for number in range(MAX_SPACES + 1):
        site.store.put(keys.space_file(f"{number:064x}", BUNDLE_FILE), b"{}")
    worker = site.worker()
    worker.look()
    worker.look()
    signed = space_lists.read(site.store, POOL.group)
    assert signed is not None
    assert (signed.spaces.serial, len(signed.spaces.current)) == (1, MAX_SPACES)
    assert POOL.space in signed.spaces.current


def test_an_idle_worker_reads_no_registry_until_half_of_a_life_is_over(site: Site) -> None:
    """For a year, with nothing uploaded: a read or two a renewal, and none in between."""
    site.publish()
    worker = site.worker()
    worker.look()
    site.reads()
    reads = []
    for _ in range(365):
        site.now += DAY
        worker.look()
        reads.append(site.reads())
    assert site.place.serials() == {"best": 25}
    assert sum(reads) == 24


def test_a_clock_that_is_set_costs_a_read_at_most(site: Site) -> None:
    site.publish()
    worker = site.worker()
    worker.look()
    site.reads()
    for step in (-3650 * DAY, 3650 * DAY, 14 * DAY, -14 * DAY):
        site.now += step
        worker.look()
    assert (site.reads(), site.place.serials()) == (0, {"best": 1})
    site.now += 400 * DAY
    worker.look()
    site.now -= 400 * DAY
    for _ in range(30):
        site.now += DAY
        worker.look()
    assert (site.reads(), site.place.serials()) == (1, {"best": 2})
    assert site.place.manifests()[Channel.BEST].expires > site.now + LIFE


def test_what_another_worker_has_renewed_is_read_and_left(site: Site) -> None:
    site.publish()
    one, other = site.worker(), site.worker()
    one.look()
    other.look()
    site.now += 15 * DAY
    one.look()
    site.reads()
    other.look()
    other.look()
    assert (site.reads(), site.place.serials()) == (1, {"best": 2})


def test_a_pool_that_another_worker_released_after_this_one_started_is_found_by_the_next_sweep(site: Site) -> None:
    worker = site.worker()
    worker.look()
    site.publish()
    site.now += 31 * DAY
    worker.look()
    assert site.place.serials() == {"best": 1}
    worker._renewals._next_sweep = 0.0  # the monotonic clock cannot be set
    worker.look()
    assert site.place.serials() == {"best": 2}


def test_a_pool_whose_dataset_is_damaged_is_renewed_all_the_same(site: Site) -> None:
    site.publish()
    site.store.put(keys.dataset_pointer(POOL), b"no pointer")
    site.now += 15 * DAY
    site.worker().look()
    assert site.place.serials() == {"best": 2}


def test_a_renewal_that_fails_is_one_line_and_tried_again_after_a_while(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    site.publish()
    worker = site.worker()
    worker.look()
    site.now += 15 * DAY

    def fail(*_: object, **__: object) -> None:
        raise Unavailable("registry", "the store does not answer")

    with monkeypatch.context() as patch:
        patch.setattr("cloud.releases.renewal.registry.repoint", fail)
        worker.look()
        worker.look()
    assert [one.message for one in caplog.records if one.levelname == "ERROR"] == [
        "renewal: registry: the store does not answer"
    ]
    worker.look()
    assert site.place.serials() == {"best": 1}
    worker._renewals._put_off.clear()  # the monotonic clock cannot be set
    worker.look()
    assert site.place.serials() == {"best": 2}


def test_a_damaged_registry_keeps_no_other_pool_from_being_renewed(site: Site) -> None:
    site.publish()
    broken = replace(POOL, group="a-broken-one")
    dataset_pointer.swap(site.store, broken, dataset_pointer.EMPTY, previous=None)
    site.store.put(keys.registry_pointer(broken), b"no pointer")
    site.now += 15 * DAY
    worker = site.worker()
    with pytest.raises(Damaged):
        worker.renew_pool(broken)
    worker.look()
    assert site.place.serials() == {"best": 2}


def test_what_was_learned_is_due_when_its_time_has_come() -> None:
    times = RenewalTimes(LIFE)
    times.learned(A, 100.0)
    times.learned(B, 50.0)
    times.learned(C, None)
    assert [times.due(now=now, clock=0.0) for now in (49, 50, 100, 49)] == [[], [B], [A, B], []]
    times.learned(B, 200.0)
    assert [times.due(now=now, clock=0.0) for now in (100, 200)] == [[A], [A, B]]


def test_a_look_that_failed_waits_by_the_monotonic_clock_and_keeps_no_other_waiting() -> None:
    times = RenewalTimes(LIFE)
    times.swept([A, B], clock=0.0)
    times.failed(A, clock=10.0)
    assert times.due(now=-1e12, clock=10.0) == [B]
    assert times.due(now=0.0, clock=10.0 + RETRY_S) == [A, B]


def test_a_sweep_makes_due_what_is_not_known_and_comes_four_times_a_life() -> None:
    times = RenewalTimes(400.0)
    assert times.wants_sweep(clock=-5.0)
    times.learned(A, 100.0)
    times.swept([A, B], clock=0.0)
    assert times.due(now=0.0, clock=0.0) == [B]
    times.learned(B, None)
    assert times.due(now=0.0, clock=0.0) == []
    assert [times.wants_sweep(clock=clock) for clock in (99.0, 100.0)] == [False, True]
    times.swept([A, B], clock=100.0)
    assert times.due(now=0.0, clock=100.0) == [B]


def test_after_a_rotation_the_worker_signs_what_stands_and_then_gives_the_new_key_out(site: Site) -> None:
    site.publish()
    site.worker().look()
    old = site.store.get(keys.VERIFY).body
    rotate(site.place.state, site.store, now=NOW)
    assert site.store.get(keys.VERIFY).body == old
    worker = site.worker()
    worker.look()
    key = load_or_create(site.place.state, site.store)
    assert key.has_signed(site.place.read().channels[Channel.BEST].envelope)
    assert (site.place.serials(), site.store.get(keys.VERIFY).body) == ({"best": 2}, key.public)
    signed = space_lists.read(site.store, POOL.group)
    assert signed is not None
    assert (signed.spaces.serial, key.has_signed(signed.envelope)) == (2, True)
    site.counting.requests.clear()
    worker.look()
    assert site.counting.count("get", keys.VERIFY) == 0


def test_while_something_that_stands_cannot_be_signed_anew_devices_that_enrol_get_the_old_key(site: Site) -> None:
    """They pull what the old key signed, and follow to the new one."""
    site.publish()
    old = site.store.get(keys.VERIFY).body
    rotate(site.place.state, site.store, now=NOW)
    release = keys.release(POOL, site.place.read().channels[Channel.BEST].release)
    kept = site.store.get(release).body
    site.store.delete(release)
    site.worker().look()
    assert site.store.get(keys.VERIFY).body == old
    site.store.put(release, kept)
    site.worker().look()
    assert site.store.get(keys.VERIFY).body != old


@pytest.mark.parametrize("error", [Unavailable("spaces-of/home", "no answer"), LostRace("spaces-of/home")], ids=str)
def test_while_a_list_is_still_the_old_keys_devices_that_enrol_get_that_key(
    site: Site, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    site.publish()
    site.worker().look()
    old = site.store.get(keys.VERIFY).body
    rotate(site.place.state, site.store, now=NOW)
    worker = site.worker()

    def fail(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(pointer, "swap", fail)
        patch.setattr(Worker, "renew_pool", lambda self, pool: self._renewals.learned(pool, None))
        worker.look()
    assert site.store.get(keys.VERIFY).body == old
    worker._renewals._put_off.clear()  # the monotonic clock cannot be set
    worker.look()
    assert site.store.get(keys.VERIFY).body != old


def test_lists_are_looked_at_after_each_sweep() -> None:
    times = RenewalTimes(LIFE)
    times.swept([A, "a"], clock=0.0)
    assert times.due(now=0.0, clock=0.0) == ["a", A]
    for one in (A, "a"):
        times.learned(one, 100.0)
    times.swept([A, "a"], clock=0.0)
    assert times.due(now=0.0, clock=0.0) == ["a"]
