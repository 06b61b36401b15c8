"""When pools are swept: some hours after a turn, once the walk has found them, and never while another has them."""

import logging
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cloud.admin.bundles import register
from cloud.admin.copies import back_up, bring_back
from cloud.admin.fsck import Checker
from cloud.releases.publish import PublishStep
from cloud.settings import Settings
from cloud.store import ObjectStore, keys, open_store
from cloud.store.keys import Pool
from cloud.store.lease import Leases
from cloud.training.context import TrainingContext
from cloud.worker.pool_leases import PoolLeases
from cloud.worker.pulse import worker_id
from cloud.worker.tidying import BUSY_S, LOOK_EVERY_S, RETRY_S, StoreClock, Tidier, is_clean
from cloud.worker.worker import Worker
from contract.bundle import TrainingBundle
from contract.manifest import Channel
from tests.cloud.clock import Clock
from tests.cloud.counting import CountingStore
from tests.cloud.worker.held import Killed
from tests.cloud.worker.yard import DAY_S, HOUR_S, Yard

BEST = Channel.BEST


@pytest.fixture
def yard(directory_store: ObjectStore, tmp_path: Path, training_bundle: TrainingBundle) -> Yard:
    assert training_bundle.directory is not None
    register(directory_store, training_bundle.directory)
    return Yard(directory_store, tmp_path / "state", Pool("home", training_bundle.space), training_bundle)


def tidier_of(yard: Yard, clock: Clock, *, store: Any = None, kept: int = 2, worker: str = "worker") -> Tidier:
    settings = Settings(store=repr(yard.store), state=yard.state, releases_kept=kept)
    store = store or yard.store
    context = TrainingContext(store, settings, yard.key, threading.Event())
    leases = PoolLeases(store, Leases(store, worker))
    return Tidier(context, leases, clock, StoreClock(clock))


def test_a_pool_is_swept_some_hours_after_its_turn_and_a_day_later_and_then_not_any_more(
    yard: Yard, clock: Clock
) -> None:
    for version in range(1, 5):
        yard.publish(version)
    tidier = tidier_of(yard, clock)
    tidier.worked_on(yard.pool)
    clock.now += LOOK_EVERY_S - 1
    tidier.look()
    assert yard.serials_with_files(BEST) == [4, 3, 2, 1]
    clock.now += 1
    tidier.look()
    assert yard.serials_with_files(BEST) == [4, 3]
    clock.now += DAY_S
    yard.grow_old(DAY_S)
    tidier.look()
    assert yard.present() == yard.named()
    counting = CountingStore(yard.store)
    tidier.context = tidier_of(yard, clock, store=counting).context
    clock.now += 30 * DAY_S
    tidier.look()
    assert counting.requests == {}


def test_turns_put_a_sweep_off_no_further(yard: Yard, clock: Clock) -> None:
    yard.publish(1)
    tidier = tidier_of(yard, clock)
    for _ in range(10):
        tidier.worked_on(yard.pool)
        clock.now += LOOK_EVERY_S / 5
        tidier.look()
    assert is_clean(yard.store, yard.pool, newest=2)


def test_what_a_worker_before_has_left_is_found_by_the_walk_and_its_day_goes_on(yard: Yard, clock: Clock) -> None:
    for version in range(1, 5):
        yard.publish(version)
    first = tidier_of(yard, clock)
    first.found([yard.pool])
    first.look()
    yard.grow_old(DAY_S)
    second = tidier_of(yard, clock)
    second.found([yard.pool])
    second.look()
    assert yard.present() == yard.named()


def test_a_pool_that_is_clean_costs_a_list_and_three_reads_and_no_lease(yard: Yard, clock: Clock) -> None:
    yard.publish(1)
    first = tidier_of(yard, clock)
    first.found([yard.pool])
    first.look()
    counting = CountingStore(yard.store)
    second = tidier_of(yard, clock, store=counting)
    second.found([yard.pool])
    second.look()
    asked = [operation for operation, _ in counting.requests.elements()]
    assert sorted(asked) == ["entries", "get", "get", "get"]
    assert counting.count("put", "") == counting.count("put_if_match", "") == 0


def test_a_pool_whose_pointer_has_moved_since_is_looked_at_again(yard: Yard, clock: Clock) -> None:
    yard.publish(1)
    yard.sweep()
    assert is_clean(yard.store, yard.pool, newest=2)
    yard.publish(2)
    assert not is_clean(yard.store, yard.pool, newest=2)


def test_a_setting_that_keeps_fewer_files_reaches_a_pool_in_which_nothing_moves(yard: Yard, clock: Clock) -> None:
    for version in range(1, 5):
        yard.publish(version)
    for kept in (4, 1):
        tidier = tidier_of(yard, clock, kept=kept)
        tidier.found([yard.pool])
        tidier.look()
    assert yard.serials_with_files(BEST) == [4, 3]  # what a withdrawal returns to


def test_a_pool_that_another_worker_holds_is_waited_for(yard: Yard, clock: Clock) -> None:
    yard.publish(1)
    yard.publish(2)
    yard.publish(3)
    held = Leases(yard.store, "another").take(keys.lease(yard.pool))
    tidier = tidier_of(yard, clock)
    tidier.found([yard.pool])
    tidier.look()
    assert yard.serials_with_files(BEST) == [3, 2, 1]
    Leases(yard.store, "another").give_back(held)
    clock.now += BUSY_S
    tidier.look()
    assert yard.serials_with_files(BEST) == [3, 2]


def test_a_pool_that_cannot_be_swept_keeps_no_other_waiting_and_is_tried_again(
    yard: Yard, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    other = yard.other
    for version in range(1, 4):
        yard.publish(version)
        other.publish(version)
    whole = yard.store.get(keys.registry_pointer(yard.pool)).body
    yard.store.put(keys.registry_pointer(yard.pool), b"{")
    tidier = tidier_of(yard, clock)
    tidier.found([yard.pool, other.pool])
    with caplog.at_level(logging.ERROR):
        tidier.look()
        tidier.look()
    assert "sweep: " in caplog.text
    assert other.serials_with_files(BEST) == [3, 2]
    yard.store.put(keys.registry_pointer(yard.pool), whole)
    clock.now += RETRY_S
    tidier.look()
    assert yard.serials_with_files(BEST) == [3, 2]


def test_a_store_whose_clock_is_set_ahead_makes_nothing_older() -> None:
    clock = Clock()
    store_clock = StoreClock(clock)
    assert store_clock.now(1_800_000_000.0) == 1_800_000_000.0
    clock.now += HOUR_S
    assert store_clock.now(1_800_000_000.0 + 3650 * DAY_S) == 1_800_000_000.0 + HOUR_S
    clock.now += HOUR_S
    assert store_clock.now(1_800_000_000.0 + 2 * HOUR_S) == 1_800_000_000.0 + 2 * HOUR_S
    assert store_clock.now(1_700_000_000.0) == 1_700_000_000.0


def test_a_pool_that_publishes_every_second_keeps_its_pointer_small(yard: Yard, clock: Clock) -> None:
    tidier = tidier_of(yard, clock, kept=1)
    for version in range(12):
        tidier.worked_on(yard.pool)
        yard.publish(version)
        tidier.learned(yard.pool, yard.read())
        tidier.look()
        clock.now += 1
        assert len(yard.read().publications) <= 5
    yard.check()


def test_a_worker_that_is_started_each_day_sweeps_what_others_have_left(yard: Yard) -> None:
    """Each of them used to begin the day anew."""
    yard.worker = worker_id(yard.state)
    for version in range(1, 5):
        yard.publish(version)
    with pytest.raises(Killed):
        yard.publish(5, at=die)
    settings = Settings(store=repr(yard.store), state=yard.state, releases_kept=2)
    for _ in range(3):
        worker = Worker(TrainingContext(yard.store, settings, yard.key, threading.Event()))
        worker.look()
        yard.grow_old(DAY_S)
    assert yard.serials_with_files(BEST) == [4, 3]
    assert yard.present() == yard.named()


def die(step: PublishStep) -> None:
    if step is PublishStep.RELEASE_WRITTEN:
        raise Killed


def test_a_store_whose_old_files_are_gone_is_backed_up_and_restored(yard: Yard, tmp_path: Path) -> None:
    for version in range(1, 5):
        yard.publish(version)
    for _ in range(3):
        yard.sweep()
        yard.grow_old(DAY_S)
    copy, restored = (open_store(f"dir:{tmp_path / name}") for name in ("copy", "restored"))
    for store in (copy, restored):
        store.prepare()
    back_up(yard.store, copy, now=1_800_000_000)
    bring_back(copy, restored)
    back = replace(yard, store=restored)
    assert [one.what for one in Checker(restored).run() if "trained on" not in one.what] == []
    assert (back.serials(BEST), back.serials_with_files(BEST)) == ([4, 3, 2, 1], [4, 3])
    back.check()
    back.promote(BEST, 3)
    assert back.sweep() is None
    back.check()
