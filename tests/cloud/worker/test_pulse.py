"""A worker says what it does, whatever it does, and that it stopped."""

import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.dataset.merge import MergeReport
from cloud.overview import heartbeats
from cloud.overview.heartbeats import Count, Doing
from cloud.releases import registry
from cloud.store import ObjectStore, keys
from cloud.store.keys import Pool
from cloud.training.cycle import CycleStep
from cloud.worker.pulse import Pulse, beating, worker_id
from contract.bundle import TrainingBundle
from tests.cloud.training.conftest import TrainingSite
from tests.cloud.worker.running import running_worker, wait_for

POOL = Pool("home", "5" * 64)


def test_a_pulse_says_what_the_worker_was_last_told_to_do() -> None:
    now, steps = [100.0], list[CycleStep]()
    pulse = Pulse("1" * 16, now=lambda: now[0])
    now[0] = 200
    pulse.looked(outages=1)
    pulse.begun(POOL)
    now[0] = 300
    pulse.merged(MergeReport(uploads=2, rows=5, set_aside=1))
    pulse.following(steps.append)(CycleStep.EMBEDDED)
    now[0] = 400
    pulse.failed(Count.FAILURES, "line one\nline two " + "x" * 500, pool=POOL)
    beat = pulse.heartbeat()
    assert (beat.started, beat.looked, beat.since, beat.seen, beat.outages) == (100, 200, 300, 400, 1)
    assert (beat.doing, beat.pool, beat.step, steps) == (
        Doing.TRAINING,
        POOL.path,
        CycleStep.EMBEDDED,
        [CycleStep.EMBEDDED],
    )
    assert {name: count for name, count in beat.counts.items() if count} == {
        Count.MERGED_UPLOADS: 2,
        Count.MERGED_ROWS: 5,
        Count.UPLOADS_SET_ASIDE: 1,
        Count.FAILURES: 1,
    }
    assert beat.trouble is not None
    assert (beat.trouble.at, beat.trouble.pool, beat.trouble.what[:19], len(beat.trouble.what)) == (
        400,
        POOL.path,
        "line one line two x",
        300,
    )
    pulse.rested()
    assert (pulse.heartbeat().doing, pulse.heartbeat().pool) == (Doing.WAITING, None)


def test_a_worker_beats_while_it_works_and_says_that_it_stopped(directory_store: ObjectStore) -> None:
    with beating(directory_store, Pulse("1" * 16)) as pulse:
        pulse.begun(POOL)
        wait_for(lambda: [one.doing for one in heartbeats.read(directory_store)] == [Doing.WORKING])
    assert [one.doing for one in heartbeats.read(directory_store)] == [Doing.STOPPED]


def test_a_store_that_takes_no_heartbeat_keeps_no_worker_from_its_work(
    directory_store: ObjectStore, caplog: pytest.LogCaptureFixture
) -> None:
    directory_store.put("workers/" + "1" * 16 + "/in-the-way", b"")
    with beating(directory_store, Pulse("1" * 16)):
        wait_for(lambda: "heartbeat: workers/" in caplog.text)


def test_a_worker_has_one_id_on_one_host_and_state_folder(tmp_path: Path) -> None:
    assert worker_id(tmp_path) == worker_id(tmp_path) != worker_id(tmp_path / "other")


def test_a_process_says_that_it_lives_and_that_it_was_stopped(
    make_site: Callable[[TrainingBundle], TrainingSite], vector_bundle: TrainingBundle, tmp_path: Path
) -> None:
    site = make_site(vector_bundle)
    with running_worker(site.settings, tmp_path / "log") as process:
        wait_for(lambda: bool(site.store.list(keys.WORKERS)))
        [beat] = heartbeats.read(site.store)
        assert (beat.pid, beat.doing, beat.worker) == (process.pid, Doing.WAITING, worker_id(site.settings.state))
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
    assert [one.doing for one in heartbeats.read(site.store)] == [Doing.STOPPED]


def test_why_a_cycle_failed_is_kept_and_counted(
    make_site: Callable[[TrainingBundle], TrainingSite], vector_bundle: TrainingBundle
) -> None:
    """The registry said that it failed, and only a log said why."""
    site = make_site(vector_bundle)
    site.send(("Gus", 3))
    worker = site.worker(replace(site.settings, trial_deadline_s=0.01))
    worker.look()
    failed = registry.read(site.store, site.pool).failed
    assert failed is not None
    assert failed.reason.startswith("embed: late: not done after 0.01 s")
    beat = worker.pulse.heartbeat()
    assert (beat.counts[Count.MERGED_UPLOADS], beat.counts[Count.CYCLES_FAILED], beat.doing) == (1, 1, Doing.WAITING)
    assert beat.trouble is not None
    assert beat.trouble.what == failed.reason


def test_whose_uploads_wait_for_a_damaged_document_is_said(
    make_site: Callable[[TrainingBundle], TrainingSite],
    vector_bundle: TrainingBundle,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """At every look in the heartbeat, which `status` and the dashboard show; in the log once an hour."""
    site = make_site(vector_bundle)
    site.send(("Gus", 1))
    [key] = site.store.list(keys.DEVICES)
    site.store.put(key, b"{")
    worker = site.worker(site.settings)
    for _ in range(3):
        worker.look()
    trouble = worker.pulse.heartbeat().trouble
    assert trouble is not None
    assert trouble.what.startswith(f"what device {key.removeprefix(keys.DEVICES)} sent waits: {key}: expected JSON")
    assert len([one for one in caplog.records if "what a device sent waits" in one.getMessage()]) == 1
