"""Retention: what is held for too long is asked to be erased, once a day, by a clock that can be trusted."""

import threading
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from cloud.admin.bundles import register
from cloud.dataset import erasures, inbox
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.erase import erase_rows
from cloud.dataset.merge import merge_once
from cloud.dataset.scopes import AgeScope
from cloud.identity import devices
from cloud.identity.devices import EnrolledDevice
from cloud.releases.signing import load_or_create
from cloud.settings import Settings
from cloud.store import ObjectStore, keys
from cloud.store.keys import InboxUpload, Pool
from cloud.training.context import TrainingContext
from cloud.worker.pulse import Pulse
from cloud.worker.retention import DAY_S, Retention
from cloud.worker.worker import Worker
from contract.bundle import TrainingBundle
from contract.upload import upload_id
from tests.cloud.conftest import DEVICE, MakeUpload

NOW = 1_800_000_000
SLACK_S = 30 * DAY_S // 4


@dataclass
class Clocks:
    """The system's clock, which can be set, and the machine's own."""

    unix: float = NOW
    own: float = 5.0

    def pass_(self, seconds: float) -> None:
        self.unix += seconds
        self.own += seconds


@pytest.fixture
def clocks() -> Clocks:
    """Two clocks that agree."""
    return Clocks()


@pytest.fixture
def filled(
    directory_store: ObjectStore, training_bundle: TrainingBundle, pool: Pool, make_upload: MakeUpload
) -> ObjectStore:
    """A store whose group `home` has a sample that was merged at `NOW`."""
    assert training_bundle.directory is not None
    register(directory_store, training_bundle.directory)
    devices.add(directory_store, EnrolledDevice(DEVICE, "home", 0, "0" * 64, 0))
    body = make_upload(["Ada"])
    inbox.add(directory_store, InboxUpload(pool, DEVICE, 0, upload_id(body)), body)
    merge_once(directory_store, pool, now=NOW)
    return directory_store


def retention(store: ObjectStore, clocks: Clocks, *, days: int = 30) -> Retention:
    return Retention(store, days, now=lambda: clocks.unix, clock=lambda: clocks.own)


def asked(store: ObjectStore) -> list[object]:
    return [one.scope for one in erasures.pending(store)]


def test_what_is_too_old_is_asked_for_once(filled: ObjectStore, clocks: Clocks) -> None:
    keeps = retention(filled, clocks)
    clocks.pass_(3600)
    for _ in range(30):
        keeps.look()
        assert asked(filled) == []
        clocks.pass_(DAY_S)
    keeps.look()
    assert asked(filled) == [AgeScope("home", NOW + 3600 + SLACK_S)]
    clocks.pass_(DAY_S)
    keeps.look()
    assert asked(filled) == [AgeScope("home", NOW + 3600 + SLACK_S)]


def test_a_group_that_is_in_use_is_erased_in_now_and_then_and_nothing_is_held_for_longer(
    filled: ObjectStore, clocks: Clocks, pool: Pool, make_upload: MakeUpload
) -> None:
    """It went back to the bundle's head every day."""
    keeps, asked_on = retention(filled, clocks), list[int]()
    clocks.pass_(3600)
    for day in range(60):
        body = make_upload(["Ada"], names=[f"of day {day}"])
        inbox.add(filled, InboxUpload(pool, DEVICE, 0, upload_id(body)), body)
        merge_once(filled, pool, now=clocks.unix)
        keeps.look()
        for erasure in erasures.pending(filled):
            asked_on.append(day)
            erase_rows(filled, pool, erasure.scope, erasure=erasure.id)
            erasures.finish(filled, erasure, now=clocks.unix)
        dataset, _ = dataset_pointer.read(filled, pool)
        assert min(ref.merged for ref in dataset.shards) >= clocks.unix - 30 * DAY_S
        clocks.pass_(DAY_S)
    assert asked_on == [30, 39, 48, 57]


def test_a_worker_that_has_just_begun_erases_nothing_as_its_machine_may_not_know_the_time_yet(
    filled: ObjectStore, clocks: Clocks
) -> None:
    clocks.unix += 3650 * DAY_S
    keeps = retention(filled, clocks)
    keeps.look()
    clocks.pass_(60)
    clocks.unix -= 3650 * DAY_S  # it was told
    keeps.look()
    clocks.pass_(DAY_S)
    keeps.look()
    assert asked(filled) == []


def test_without_a_number_of_days_samples_are_kept(filled: ObjectStore, clocks: Clocks) -> None:
    keeps = retention(filled, clocks, days=0)
    clocks.pass_(1000 * DAY_S)
    keeps.look()
    assert asked(filled) == []


def test_a_clock_that_was_set_erases_nothing(
    filled: ObjectStore, clocks: Clocks, caplog: pytest.LogCaptureFixture
) -> None:
    """However long it keeps step afterwards, and it is said; set right again, the worker goes on."""
    told: list[int] = []
    keeps = Retention(filled, 30, lambda: clocks.unix, lambda: clocks.own, told.append)
    clocks.unix += 3650 * DAY_S
    for _ in range(2):
        clocks.pass_(DAY_S)
        keeps.look()
    assert asked(filled) == []
    assert "retention: the clock was set" in caplog.text
    clocks.unix -= 3650 * DAY_S
    clocks.pass_(DAY_S)
    keeps.look()
    assert told == [3650 * DAY_S, 3650 * DAY_S, 0]


def test_a_worker_whose_clock_was_set_says_so_with_its_heartbeat(
    filled: ObjectStore, tmp_path: Path, clocks: Clocks
) -> None:
    settings = Settings(store="dir:any", state=tmp_path / "state", retention_days=30)
    key = load_or_create(settings.state, filled)
    pulse = Pulse(now=lambda: clocks.unix)
    worker = Worker(TrainingContext(filled, settings, key, threading.Event(), now=lambda: clocks.unix), pulse=pulse)
    worker._eraser._retention.clock = lambda: clocks.own  # the machine's cannot be set
    worker._eraser._retention.__post_init__()
    clocks.pass_(DAY_S)
    clocks.unix += 2 * DAY_S
    worker._attend()
    assert pulse.heartbeat().clock_set_s == 2 * DAY_S


def test_what_was_set_aside_is_not_kept_for_longer(filled: ObjectStore, clocks: Clocks, pool: Pool) -> None:
    upload = InboxUpload(pool, DEVICE, 0, "a" * 64)
    filled.put(keys.rejected_upload(upload), b"features")
    filled.put(keys.rejected_reason(upload), b'{"reason":"none","at":%d}' % (NOW - 40 * DAY_S))
    keeps = retention(filled, clocks)
    clocks.pass_(3600)
    keeps.look()
    assert asked(filled) == [AgeScope("home", NOW + 3600 - 30 * DAY_S + SLACK_S)]


def test_what_was_set_aside_where_nothing_was_ever_merged_is_not_kept_for_longer(
    filled: ObjectStore, clocks: Clocks, pool: Pool
) -> None:
    upload = InboxUpload(replace(pool, group="work"), DEVICE, 0, "a" * 64)
    filled.put(keys.rejected_upload(upload), b"features")
    filled.put(keys.rejected_reason(upload), b'{"reason":"none","at":%d}' % (NOW - 40 * DAY_S))
    keeps = retention(filled, clocks)
    clocks.pass_(3600)
    keeps.look()
    assert asked(filled) == [AgeScope("work", NOW + 3600 - 30 * DAY_S + SLACK_S)]


def test_a_store_that_fails_is_asked_again_after_a_while(filled: ObjectStore, clocks: Clocks) -> None:
    filled.put(keys.erasure("0" * 32), b"cannot be read")
    clocks.pass_(40 * DAY_S)
    keeps = retention(filled, clocks)
    clocks.pass_(3600)
    keeps.look()
    filled.delete(keys.erasure("0" * 32))
    clocks.pass_(601)
    keeps.look()
    assert len(asked(filled)) == 1
