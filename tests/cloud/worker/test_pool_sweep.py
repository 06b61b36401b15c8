"""What nothing names goes after a day, and never what is named, whoever publishes, decides or dies meanwhile."""

import contextlib
import itertools
import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cloud.admin.bundles import register
from cloud.dataset import inbox, levels
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.merge import MergeStep, merge_once
from cloud.errors import Busy, LostRace, NothingToDo
from cloud.releases import objects, registry
from cloud.releases.leftovers import RECORDS_KEPT
from cloud.releases.publish import PublishStep
from cloud.store import ObjectStore, keys, open_store
from cloud.store.keys import InboxUpload, Pool
from cloud.worker import named
from cloud.worker.pool_sweep import MAX_DELETED
from contract.bundle import TrainingBundle
from contract.files import FileRef
from contract.history import MAX_HISTORY
from contract.labels import encode_labels
from contract.manifest import Channel
from tests.cloud.worker.held import DyingStore, Killed
from tests.cloud.worker.yard import DAY_S, HOUR_S, Yard, head_of, put_release

BEST, LATEST = Channel.BEST, Channel.LATEST


def make_yard(store: ObjectStore, folder: Path, bundle: TrainingBundle) -> Yard:
    assert bundle.directory is not None
    register(store, bundle.directory)
    return Yard(store, folder / "state", Pool("home", bundle.space), bundle)


@pytest.fixture
def yard(directory_store: ObjectStore, tmp_path: Path, training_bundle: TrainingBundle) -> Yard:
    """A pool of a directory store, whose files a test can let grow old."""
    return make_yard(directory_store, tmp_path, training_bundle)


def labels_of(version: int) -> str:
    return FileRef.of(encode_labels(head_of(version).labels)).sha256


def die_at(fatal: PublishStep, *, count: int = 1) -> Callable[[PublishStep], None]:
    left = itertools.count(1)

    def at(step: PublishStep) -> None:
        if step is fatal and next(left) == count:
            raise Killed

    return at


def test_the_newest_releases_keep_their_files_and_the_others_lose_them_a_day_later(yard: Yard) -> None:
    for version in range(1, 6):
        yard.publish(version)
    files = yard.present()
    assert yard.sweep() == DAY_S
    assert yard.serials_with_files(BEST) == yard.serials_with_files(LATEST) == [5, 4]
    assert yard.present() == files
    yard.grow_old(DAY_S - HOUR_S)
    assert yard.sweep() == pytest.approx(HOUR_S, abs=5)
    assert yard.present() == files
    yard.grow_old(HOUR_S)
    assert yard.sweep() is None
    assert yard.present() == yard.named()
    assert yard.serials(BEST) == [5, 4, 3, 2, 1]
    yard.check()


def test_a_release_whose_files_are_gone_is_in_the_history_and_cannot_be_promoted(yard: Yard) -> None:
    for version in range(1, 5):
        yard.publish(version)
    yard.sweep()
    with pytest.raises(NothingToDo, match="best 2: expected a release that has its files, got one whose"):
        yard.promote(BEST, 2)
    yard.promote(BEST, 3)
    yard.check()


def test_an_old_head_that_was_promoted_or_is_pinned_keeps_its_files(yard: Yard) -> None:
    yard.publish(1)
    yard.publish(2)
    yard.promote(BEST, 1, pin=True)
    for version in range(3, 8):
        yard.publish(version, channels=(LATEST,))
    for _ in range(3):
        yard.sweep()
        yard.grow_old(DAY_S + 1)
    assert yard.serials_with_files(BEST) == [3, 2, 1]
    assert yard.serials_with_files(LATEST) == [7, 6, 2, 1]
    yard.check()


def test_what_a_withdrawal_returns_to_keeps_its_files_however_many_came_for_some_devices(yard: Yard) -> None:
    yard.publish(1)
    for version in range(2, 8):
        yard.publish(version, share=100)
    for _ in range(3):
        yard.sweep()
        yard.grow_old(DAY_S + 1)
    assert yard.serials_with_files(BEST) == [7, 6, 1]
    yard.withdraw()
    yard.check()
    assert yard.read().channels[BEST].manifest.labels.sha256 == labels_of(1)


def test_a_withdrawal_returns_to_the_bundle_where_no_release_before_has_its_files(yard: Yard) -> None:
    yard.newest = 1
    yard.publish(1)
    yard.publish(2)
    yard.publish(3, share=100)
    yard.sweep()
    assert yard.serials_with_files(BEST) == [3, 2]
    yard.withdraw()
    yard.withdraw()
    assert yard.read().channels[BEST].manifest.heads == {}
    yard.check()


def test_a_device_in_the_middle_of_a_download_has_a_day_whenever_its_release_was_published(yard: Yard) -> None:
    """What decides is since when a file has had no name, not when it was written."""
    yard.publish(1)
    old = yard.present()
    yard.grow_old(30 * DAY_S)
    yard.sweep()
    yard.grow_old(DAY_S - HOUR_S)
    yard.publish(2)
    yard.publish(3)
    yard.sweep()
    assert yard.serials_with_files(BEST) == [3, 2]
    for _ in range(2):
        yard.grow_old(11 * HOUR_S)
        yard.sweep()
        assert old <= yard.present()
    for _ in range(2):
        yard.grow_old(DAY_S)
        yard.sweep()
    assert yard.present() == yard.named()


@pytest.mark.parametrize(
    ("step", "count"),
    [(PublishStep.OBJECT_WRITTEN, 1), (PublishStep.OBJECT_WRITTEN, 4), (PublishStep.RELEASE_WRITTEN, 2)],
)
def test_what_a_publication_that_was_killed_left_goes_a_day_after_it_was_seen(
    yard: Yard, step: PublishStep, count: int
) -> None:
    yard.publish(1)
    with pytest.raises(Killed):
        yard.publish(2, at=die_at(step, count=count))
    left = yard.present() - yard.named()
    assert left
    assert yard.sweep() == DAY_S
    yard.grow_old(DAY_S - HOUR_S)
    yard.sweep()
    assert left <= yard.present()
    yard.grow_old(HOUR_S)
    assert yard.sweep() is None
    assert yard.present() == yard.named()
    yard.publish(2)
    yard.check()


def test_a_restart_does_not_begin_the_day_anew(yard: Yard) -> None:
    with pytest.raises(Killed):
        yard.publish(1, at=die_at(PublishStep.RELEASE_WRITTEN))
    yard.sweep()
    yard.grow_old(DAY_S)
    Yard(yard.store, yard.state, yard.pool, yard.bundle).sweep()
    assert yard.present() == set()


def test_a_release_signed_anew_goes_and_so_does_one_that_cannot_be_read(yard: Yard) -> None:
    yard.publish(1)
    before = yard.named()
    yard.renew()
    broken = put_release(yard, b"no manifest", 1)
    yard.sweep()
    yard.grow_old(DAY_S)
    yard.sweep()
    assert broken not in yard.present()
    assert not {key for key in before if key.startswith("registry/")} & yard.present()
    yard.check()


def test_only_so_many_releases_of_a_channel_are_kept(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cloud.releases.leftovers.RECORDS_KEPT", 5)
    for version in range(1, 9):
        yard.publish(version, channels=(BEST,))
    yard.sweep()
    yard.grow_old(DAY_S)
    yard.sweep()
    assert len(yard.store.list(keys.pool_releases(yard.pool))) == 5
    assert RECORDS_KEPT > MAX_HISTORY


def test_where_the_history_is_broken_no_release_goes_and_no_file_of_one(yard: Yard) -> None:
    for version in range(1, 6):
        yard.publish(version)
    second = yard.chains()[BEST][3].sha256
    body = yard.store.get(keys.release(yard.pool, second)).body
    yard.store.delete(keys.release(yard.pool, second))
    with pytest.raises(Killed):
        yard.publish(9, at=die_at(PublishStep.OBJECT_WRITTEN, count=3))
    present = yard.present()
    yard.sweep()
    yard.grow_old(DAY_S)
    assert yard.sweep() == DAY_S
    assert present - yard.present() == {key for key in present if not is_kept(yard, key)}
    yard.store.put(keys.release(yard.pool, second), body)
    yard.check()


def is_kept(yard: Yard, key: str) -> bool:
    copy = keys.find_object(key)
    return copy is None or copy.publication in yard.read().publications


def test_an_operator_who_read_the_registry_before_loses(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep comes between what a promotion has read and its pointer: it would name files that go."""
    for version in range(1, 4):
        yard.publish(version)
    repoint = registry.repoint

    def swept_before(*given: Any, **told: Any) -> Any:
        monkeypatch.setattr(registry, "repoint", repoint)
        yard.sweep()
        return repoint(*given, **told)

    monkeypatch.setattr(registry, "repoint", swept_before)
    with pytest.raises(LostRace):
        yard.promote(BEST, 1)
    yard.check()
    with pytest.raises(NothingToDo, match="files are gone"):
        yard.promote(BEST, 1)


def test_an_operator_who_was_stopped_for_days_names_no_release_that_was_deleted(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command on a machine that slept: its release is old and of the next serial, and the pointer has not moved."""
    yard.publish(1)
    yard.publish(2)
    repoint = registry.repoint

    def days_later(*given: Any, **told: Any) -> Any:
        monkeypatch.setattr(registry, "repoint", repoint)
        yard.sweep()
        yard.grow_old(2 * DAY_S)
        yard.sweep()
        return repoint(*given, **told)

    monkeypatch.setattr(registry, "repoint", days_later)
    with pytest.raises(LostRace):
        yard.promote(BEST, 1)
    yard.promote(BEST, 1)
    yard.check()
    assert yard.serials(BEST)[0] == 4


def test_a_sweep_that_an_operator_overtakes_deletes_nothing(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in range(1, 4):
        yard.publish(version)
    yard.sweep()
    yard.grow_old(DAY_S)
    present, settle = yard.present(), registry.settle

    def decided_before(*given: Any, **told: Any) -> Any:
        yard.share(BEST, 100)
        return settle(*given, **told)

    monkeypatch.setattr(registry, "settle", decided_before)
    with pytest.raises(LostRace):
        yard.sweep()
    assert present <= yard.present()
    yard.check()


def test_a_worker_that_was_followed_deletes_nothing(yard: Yard) -> None:
    for version in range(1, 4):
        yard.publish(version)
    yard.sweep()
    yard.grow_old(DAY_S)
    present = yard.present()
    registry.raise_fence(yard.store, yard.pool, 1000)
    with pytest.raises(LostRace):
        yard.sweep()
    assert yard.present() == present


class Interrupted:
    """A store at which something happens just before an object is deleted."""

    def __init__(self, store: ObjectStore, happens: Callable[[], object]) -> None:
        self._store, self._happens = store, [happens]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def delete(self, key: str) -> None:
        if self._happens:
            self._happens.pop()()
        self._store.delete(key)


def test_a_file_that_is_written_again_as_the_sweep_deletes_it_stays(yard: Yard) -> None:
    """Another pool of the group publishes the same bytes between the sweep's last look and its delete."""
    for version in (2, 4, 6):
        yard.publish(version)
    yard.sweep()
    yard.grow_old(DAY_S)
    yard.sweep(store=Interrupted(yard.store, lambda: yard.other.publish(2)))
    assert yard.present() == yard.named()
    yard.other.check()


def test_a_worker_that_is_stopped_in_its_sweep_takes_nothing_from_those_that_follow(yard: Yard) -> None:
    """It wakes up after another one has taken its pool, and has published what it was about to delete."""
    for version in (2, 4, 6):
        yard.publish(version)
    yard.sweep()
    yard.grow_old(DAY_S)

    def follow() -> None:
        yard.publish_as(1000, 2)

    yard.sweep(store=Interrupted(yard.store, follow))
    yard.check()
    assert yard.read().channels[BEST].manifest.labels.sha256 == labels_of(2)


def test_the_files_of_another_pool_of_the_group_are_nobodys_leftovers(yard: Yard) -> None:
    yard.other.publish(1)
    with pytest.raises(Killed):
        yard.other.publish(2, at=die_at(PublishStep.RELEASE_WRITTEN))
    yard.publish(1)
    others = yard.other.present()
    for _ in range(3):
        yard.sweep()
        yard.grow_old(DAY_S)
    assert yard.other.present() == others


def test_what_another_program_has_put_there_stays(yard: Yard) -> None:
    yard.publish(1)
    yard.store.put("objects/home/README", b"ours")
    yard.sweep()
    yard.grow_old(DAY_S)
    yard.sweep()
    assert yard.store.get("objects/home/README").body == b"ours"


def test_a_sweep_that_is_killed_before_any_write_is_finished_by_the_next(
    directory_store: ObjectStore, tmp_path: Path, training_bundle: TrainingBundle
) -> None:
    for fatal in itertools.count(1):
        yard = make_yard(directory_store, tmp_path, training_bundle)
        yard = replace(yard, pool=Pool(f"home-{fatal}", yard.pool.space))
        for version in range(1, 5):
            yard.publish(version)
        with pytest.raises(Killed):
            yard.publish(5, at=die_at(PublishStep.RELEASE_WRITTEN))
        yard.store.put(keys.trial(yard.pool, "1-a", "one"), b"{}")
        yard.sweep()
        yard.grow_old(DAY_S)
        try:
            yard.sweep(store=DyingStore(yard.store, fatal=fatal))
        except Killed:
            yard.check()
        else:
            break
        yard.sweep()
        yard.check()
        assert yard.present() == yard.named()
    assert fatal > 10


def test_so_many_at_once_and_the_rest_at_once_after_them(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cloud.worker.pool_sweep.MAX_DELETED", 3)
    yard.publish(1)
    for number in range(10):
        objects.put(yard.store, yard.pool, b"%d" % number, publication="0" * 16)
    yard.sweep()
    yard.grow_old(DAY_S)
    assert [yard.sweep() for _ in range(4)] == [0.0, 0.0, 0.0, None]
    assert yard.present() == yard.named()
    assert MAX_DELETED > 3


def test_a_clock_that_was_ahead_keeps_nothing_for_ever(yard: Yard) -> None:
    """What was taken down then would never be a day old, and what was written then never older than that."""
    yard.grow_old(-3650 * DAY_S)
    yard.publish(1)
    with pytest.raises(Killed):
        yard.publish(2, at=die_at(PublishStep.RELEASE_WRITTEN))
    yard.sweep()
    yard.grow_old(-3650 * DAY_S)
    assert yard.sweep() == DAY_S
    taken_down = Path(repr(yard.store).removeprefix("dir:")) / keys.named(yard.pool)
    os.utime(taken_down, (time.time() - DAY_S,) * 2)
    assert yard.sweep() is None
    assert yard.present() == yard.named()


def test_records_of_the_newest_cycles_trials_stay(yard: Yard) -> None:
    yard.publish(1)
    for cycle in ("1-a", "2-b", "3-c"):
        for trial in ("last-layer", "thawed"):
            yard.store.put(keys.trial(yard.pool, cycle, trial), b"{}")
    yard.sweep()
    prefix = keys.pool_trials(yard.pool)
    assert [key.removeprefix(prefix) for key in yard.store.list(prefix)] == [
        "2-b/last-layer",
        "2-b/thawed",
        "3-c/last-layer",
        "3-c/thawed",
    ]


def test_what_cannot_be_read_of_the_last_sweep_costs_a_day(yard: Yard) -> None:
    with pytest.raises(Killed):
        yard.publish(1, at=die_at(PublishStep.RELEASE_WRITTEN))
    yard.sweep()
    yard.store.put(keys.named(yard.pool), b"{")
    yard.grow_old(DAY_S)
    assert yard.sweep() == DAY_S
    yard.grow_old(DAY_S)
    assert yard.sweep() is None
    assert yard.present() == set()


def test_a_pool_without_anything_is_clean(yard: Yard) -> None:
    assert yard.sweep() is None
    last = named.read(yard.store, yard.pool)
    assert last is not None
    assert last.named.is_clean


def test_shards_that_were_put_together_go_a_day_after_they_were_seen(
    yard: Yard, space: str, arrive: Callable[[bytes], InboxUpload], make_upload: Callable[..., bytes]
) -> None:
    merge = merging(yard, arrive, make_upload)
    for number in range(levels.FAN):
        merge(f"photo {number}")
    prefix = keys.pool_shards(yard.pool)
    assert len(yard.store.list(prefix)) == levels.FAN
    assert yard.sweep() == DAY_S
    yard.grow_old(DAY_S - 1)
    merge("one more")
    yard.sweep()
    assert len(yard.store.list(prefix)) == levels.FAN + 1
    yard.grow_old(DAY_S)
    yard.sweep()
    named_now = {keys.shard(yard.pool, ref.sha256) for ref in dataset_pointer.read(yard.store, yard.pool)[0].shards}
    assert set(yard.store.list(prefix)) == named_now


def test_a_shard_that_got_its_name_after_it_was_seen_without_stays(
    yard: Yard, space: str, arrive: Callable[[bytes], InboxUpload], make_upload: Callable[..., bytes]
) -> None:
    """As of a merge that a worker was stopped in, before the pointer, and went on with a day later."""
    merge = merging(yard, arrive, make_upload)

    def seen(step: MergeStep) -> None:
        if step is MergeStep.SHARD_WRITTEN:
            yard.sweep()
            yard.grow_old(DAY_S)

    merge("one", at=seen)
    for _ in range(2):
        yard.sweep()
        yard.grow_old(DAY_S)
    [ref] = dataset_pointer.read(yard.store, yard.pool)[0].shards
    assert yard.store.list(keys.pool_shards(yard.pool)) == [keys.shard(yard.pool, ref.sha256)]


def test_what_a_merge_that_was_killed_has_left_goes_too(
    yard: Yard, space: str, arrive: Callable[[bytes], InboxUpload], make_upload: Callable[..., bytes]
) -> None:
    merge = merging(yard, arrive, make_upload)

    def fail(step: MergeStep) -> None:
        if step is MergeStep.SHARD_WRITTEN:
            raise Killed

    with pytest.raises(Killed):
        merge("one", at=fail)
    assert len(yard.store.list(keys.pool_shards(yard.pool))) == 1
    yard.sweep()
    yard.grow_old(DAY_S)
    yard.sweep()
    assert yard.store.list(keys.pool_shards(yard.pool)) == []
    merge("two")
    assert dataset_pointer.read(yard.store, yard.pool)[0].rows == 2


@pytest.fixture
def store(directory_store: ObjectStore) -> ObjectStore:
    return directory_store


def merging(
    yard: Yard, arrive: Callable[[bytes], InboxUpload], make_upload: Callable[..., bytes]
) -> Callable[..., None]:
    def merge(name: str, **told: Any) -> None:
        body = make_upload(["Ada"], names=[name])
        inbox.add(yard.store, arrive(body), body)
        merge_once(yard.store, yard.pool, **told)

    return merge


def test_the_clock_of_either_store_decides(store_address: str, tmp_path: Path, training_bundle: TrainingBundle) -> None:
    opened = open_store(store_address)
    opened.prepare()
    yard = make_yard(opened, tmp_path, training_bundle)
    yard.newest = 1
    yard.publish(1)
    yard.publish(2)
    with pytest.raises(Killed):
        yard.publish(3, at=die_at(PublishStep.RELEASE_WRITTEN))
    time.sleep(1.1)  # what a store's clock tells apart
    assert yard.sweep(kept_s=2.0) == 2.0
    present = yard.present()
    assert yard.sweep(kept_s=2.0) == pytest.approx(2.0, abs=1.0)
    assert yard.present() == present
    time.sleep(2.1)
    assert yard.sweep(kept_s=2.0) is None
    assert yard.present() == yard.named()
    yard.check()


def test_publications_race_with_sweeps_and_nothing_that_is_named_is_ever_gone(
    store_address: str, tmp_path: Path, training_bundle: TrainingBundle
) -> None:
    """Two pools of a group publish the same heads in turn, operators promote, and others sweep both, with no day."""
    opened = open_store(store_address)
    opened.prepare()
    first = replace(make_yard(opened, tmp_path, training_bundle), newest=1)
    first.publish(1)
    yards = [first, first.other]
    ended, faults = threading.Event(), []
    published, promoted = [0, 0], [0]

    def again(act: Callable[[], None]) -> None:
        while not ended.is_set():
            try:
                act()
            except (Busy, LostRace, NothingToDo):
                continue
            except Exception as error:
                faults.append(error)
                ended.set()

    def publishing(place: int) -> Callable[[], None]:
        yard = replace(yards[place], worker=f"publisher {place}")

        def publish() -> None:
            with yard.leases.of(yard.pool) as held:
                yard.publish_as(held.fence, published[place] % 3)
                published[place] += 1
                yard.check()

        return publish

    def sweep() -> None:
        for yard in sweepers:
            with contextlib.suppress(Busy, LostRace):
                yard.sweep(kept_s=-HOUR_S)

    def promote() -> None:
        yards[0].promote(LATEST, yards[0].serials(LATEST)[-1])
        promoted[0] += 1

    sweepers = [replace(yard, worker="sweeper") for yard in yards]
    acts = [publishing(0), publishing(1), sweep, promote]
    threads = [threading.Thread(target=again, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    ended.wait(6)
    ended.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert min(published) >= 3
    for yard in sweepers:
        yard.check()
