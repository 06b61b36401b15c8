"""The worker, with real processes: it trains when something is new and only then, and leaves nobody behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cloud.admin.best import BestOperator
from cloud.admin.releases import ReleaseOperator
from cloud.dataset import pointer as dataset_pointer
from cloud.errors import CycleFailed
from cloud.releases import objects, registry, stored
from cloud.releases.decisions import Decision
from cloud.releases.space_lists import SpaceLister
from cloud.releases.stored import Release
from cloud.store import keys
from cloud.training.cycle import CycleReport, CycleStep
from cloud.training.trials import plan
from cloud.worker.worker import Worker
from contract.bundle import TrainingBundle
from contract.cuts import HEAD_SIGNATURE
from contract.labels import parse_labels
from contract.manifest import Channel, Manifest, Precision
from export.tflite.process import TFLiteProcess
from tests.cloud.counting import CountingStore
from tests.cloud.training.conftest import NAMES, TrainingSite, photos_of
from tests.cloud.worker.running import (
    PATIENCE_S,
    all_gone,
    environment,
    lines_of,
    processes_of,
    running_worker,
    trainers_of,
    wait_for,
)

MakeSite = Callable[[TrainingBundle], TrainingSite]


def labels_of(site: TrainingSite, manifest: Manifest) -> tuple[str, ...]:
    return parse_labels(objects.read(site.store, "home", manifest.labels.sha256))


def manifest_of(site: TrainingSite, channel: Channel) -> Manifest:
    return registry.read(site.store, site.pool).channels[channel].manifest


def release_of(site: TrainingSite, channel: Channel) -> Release:
    current = registry.read(site.store, site.pool).channels[channel]
    return stored.get_release(site.store, site.pool, current.release)


def serials(site: TrainingSite) -> dict[str, int]:
    return {channel.value: serial for channel, serial in registry.read(site.store, site.pool).serials.items()}


def accuracy(site: TrainingSite, precision: Precision, people: tuple[str, ...]) -> float:
    """Of best's TFLite head on ten photos of each of some people that were never uploaded."""
    manifest = manifest_of(site, Channel.BEST)
    head = objects.read(site.store, "home", manifest.heads[precision].file.sha256)
    labels = labels_of(site, manifest)
    shape = site.bundle.feature_shape
    photos = np.concatenate([photos_of(NAMES.index(name), 10, seed=77, shape=shape) for name in people])
    with TFLiteProcess() as tflite:
        logits = tflite.run(head, signature=HEAD_SIGNATURE, inputs=photos)
        [golden] = tflite.run(head, signature=HEAD_SIGNATURE, inputs=site.bundle.golden[np.newaxis])
    np.testing.assert_allclose(golden, manifest.heads[precision].logits, atol=1e-5)
    return float(np.mean([labels[said] for said in logits.argmax(axis=1)] == np.repeat(people, 10)))


@pytest.fixture(scope="module")
def released(make_site: MakeSite, vector_bundle: TrainingBundle) -> tuple[TrainingSite, CycleReport]:
    """A site after its first release, in whose cycle one of two trials was killed."""
    site = make_site(vector_bundle)
    site.send(("Ada", 3), ("Ben", 3), ("Cleo", 3), ("Gus", 3), ("Hal", 3), ("Ida", 1))

    def kill_one(step: CycleStep) -> None:
        if step is CycleStep.EMBEDDED:
            os.kill(trainers_of(os.getpid())[0], signal.SIGKILL)

    report = Worker(site.context(), at=kill_one).process_pool(site.pool)
    assert report is not None
    return site, report


def test_uploads_become_a_better_head(released: tuple[TrainingSite, CycleReport]) -> None:
    site, report = released
    assert serials(site) == {"latest": 1, "best": 1}
    assert labels_of(site, manifest_of(site, Channel.BEST)) == NAMES[:8]
    assert accuracy(site, Precision.FLOAT32, NAMES[:8]) > 0.95
    assert accuracy(site, Precision.DYNAMIC, NAMES[:8]) > 0.95
    assert [step for step in CycleStep if step not in report.seconds] == []


def test_a_release_tells_what_it_was_judged_by(released: tuple[TrainingSite, CycleReport]) -> None:
    site, report = released
    told: Any = release_of(site, Channel.BEST).report
    assert report.verdict is not None
    assert told["gate"]["passes"] is True
    assert (told["gate"]["new"], told["doubted"], told["refused_again"]) == (2, None, None)
    assert told["calibration"]["points"].keys() == {"strict", "balanced", "friendly"}
    assert told["samples"]["set_aside"] == {
        "closer to another label": 0,
        "far from its label": 0,
        "second name of an older label": 0,
        "most of its device's samples fail": 0,
    }
    assert told["labels"] == {"all": 8, "waiting": 1, "alone": 0, "left_out": 0}


def test_a_trial_that_is_killed_costs_only_itself(released: tuple[TrainingSite, CycleReport]) -> None:
    site, report = released
    names = [spec.name for spec in plan(site.settings.trials)]
    records = [json.loads(site.store.get(keys.trial(site.pool, report.cycle, name)).body) for name in names]
    assert sorted((record["ending"], record["cause"]) for record in records) == [
        ("died", "signal 9"),
        ("done", ""),
        ("done", ""),
    ]


def test_the_record_of_a_trial_has_how_it_learned(released: tuple[TrainingSite, CycleReport]) -> None:
    site, report = released
    for spec in plan(site.settings.trials):
        record = json.loads(site.store.get(keys.trial(site.pool, report.cycle, spec.name)).body)
        if record["ending"] == "died":
            assert record["curve"] is None
            continue
        epochs = [point["epochs"] for point in record["curve"]]
        assert epochs == sorted(set(epochs))
        assert epochs[-1:] == ([spec.epochs] if spec.epochs else [])
        assert all(0 <= point["right"] <= 1 and point["loss"] >= 0 for point in record["curve"])


def test_what_devices_may_read_of_a_release_holds_no_words_of_its_trials(
    released: tuple[TrainingSite, CycleReport],
) -> None:
    site, _ = released
    trials: Any = release_of(site, Channel.LATEST).report["trials"]
    assert {key for trial in trials.values() for key in trial} == {"ending", "seconds", "cause", "progress", "result"}


def test_with_nothing_new_nothing_starts(released: tuple[TrainingSite, CycleReport]) -> None:
    site, _ = released
    started: list[CycleStep] = []
    assert Worker(site.context(), at=started.append).process_pool(site.pool) is None
    assert (started, processes_of(os.getpid())) == ([], [])


def test_the_next_cycle_starts_from_best_and_its_labels_keep_their_places(
    released: tuple[TrainingSite, CycleReport],
) -> None:
    """Ida had one photo and waited; Gus and Hal have their classes."""
    site, first = released
    site.send(("Ida", 2), ("Ben", 2), seed=2)
    site.worker().process_pool(site.pool)
    best = manifest_of(site, Channel.BEST)
    assert labels_of(site, best) == NAMES[:9]
    assert (best.serial, best.parent) == (2, first.registry.channels[Channel.BEST].release)
    assert accuracy(site, Precision.FLOAT32, NAMES[:9]) > 0.9


def test_after_a_withdrawal_to_the_bundle_a_new_head_is_trained_from_all_samples(
    make_site: MakeSite, vector_bundle: TrainingBundle
) -> None:
    site = make_site(vector_bundle)
    site.send(("Ada", 3), ("Ben", 3), ("Gus", 3))
    site.worker().process_pool(site.pool)
    context = site.context()
    operator = ReleaseOperator(site.store, context.key, site.settings.manifest_life_s)
    withdrawn = operator.withdraw(
        site.pool, Channel.BEST, serial=1, to_bundle=True, decision=Decision("ops", "it is bad", int(time.time()))
    )
    assert (withdrawn.serial, withdrawn.heads) == (2, {})
    site.send(("Hal", 3), ("Ben", 2), seed=2)
    site.worker().process_pool(site.pool)
    best = manifest_of(site, Channel.BEST)
    assert (best.serial, best.heads.keys() >= {Precision.FLOAT32}) == (3, True)
    assert {"Gus", "Hal"} <= set(labels_of(site, best))
    assert accuracy(site, Precision.FLOAT32, (*NAMES[:2], *NAMES[6:8])) > 0.9


def test_while_best_is_pinned_training_goes_on_to_latest_alone(
    make_site: MakeSite, vector_bundle: TrainingBundle
) -> None:
    site = make_site(vector_bundle)
    site.send(("Ada", 3), ("Gus", 3))
    site.worker().process_pool(site.pool)
    operator = BestOperator(site.store, site.context().key, site.settings.manifest_life_s)
    pinned = operator.pin(site.pool, serial=1, decision=Decision("ops", "an exam", int(time.time())))
    site.send(("Hal", 3), seed=2)
    report = site.worker().process_pool(site.pool)
    assert report is not None
    assert report.verdict is not None
    assert report.verdict.passes
    assert serials(site) == {"latest": 2, "best": 2}
    assert manifest_of(site, Channel.BEST).encode() == pinned.encode()
    assert "Hal" in labels_of(site, manifest_of(site, Channel.LATEST))


@pytest.mark.parametrize(("photos", "thaws"), [(3, False), (16, True)])
def test_a_head_with_convolutions_is_thawed_where_there_are_photos_enough(
    make_site: MakeSite, convolutional_bundle: TrainingBundle, photos: int, thaws: bool
) -> None:
    site = make_site(convolutional_bundle)
    site.send(*((name, photos) for name in NAMES))
    site.worker().process_pool(site.pool)
    trials: Any = release_of(site, Channel.LATEST).report["trials"]
    thawed = {name: one["result"]["thawed"] for name, one in trials.items()}
    last_layers = dict.fromkeys(["class-means", "last-layer", "last-layer-for-long"], False)
    assert thawed == last_layers | ({"fine-tuned": True} if thaws else {})
    assert accuracy(site, Precision.FLOAT32, (*NAMES[:2], *NAMES[6:8])) > 0.9


def test_a_cycle_reads_no_pointer_again_and_the_next_one_verifies_no_bundle_again(
    make_site: MakeSite, vector_bundle: TrainingBundle
) -> None:
    """The dataset's pointer was read three times a cycle, and the bundle, up to 4 GiB, was hashed in each."""
    site = make_site(vector_bundle)
    counting = CountingStore(site.store)

    def count_from_here(step: CycleStep) -> None:
        if step is CycleStep.PROCESSES_STARTED:
            counting.requests.clear()

    context = replace(site.context(), store=counting)
    worker = Worker(context, at=count_from_here)
    site.send(("Gus", 3), ("Hal", 3))
    worker.process_pool(site.pool)
    assert counting.count("get", keys.dataset_pointer(site.pool)) == 0
    assert counting.count("get", "head.keras") == 1
    (site.settings.state / "spaces" / site.pool.space / "labels.json").write_bytes(b"whoever reads it fetches it again")
    site.send(("Gus", 2), ("Hal", 2), seed=2)
    worker.process_pool(site.pool)
    assert counting.count("get", keys.SPACES) == counting.count("get", "bundle.json") == 1
    assert serials(site)["latest"] == 2


def test_too_few_new_samples_wait_for_more(make_site: MakeSite, vector_bundle: TrainingBundle) -> None:
    site = make_site(vector_bundle)
    site.send(("Gus", 3))
    assert site.worker(replace(site.settings, min_new=4)).process_pool(site.pool) is None
    assert dataset_pointer.read(site.store, site.pool)[0].rows == 3
    assert serials(site) == {}


def test_a_space_that_is_retired_is_merged_and_not_trained_before_it_is_restored(
    make_site: MakeSite, vector_bundle: TrainingBundle
) -> None:
    site = make_site(vector_bundle)
    site.send(("Gus", 3))
    lister = SpaceLister(site.store, site.context().key, 3600)
    lister.retire(site.pool.group, site.pool.space, registered=[site.pool.space], now=time.time())
    retired = site.worker(replace(site.settings, trial_deadline_s=0.01))
    assert retired.process_pool(site.pool) is None
    assert dataset_pointer.read(site.store, site.pool)[0].rows == 3
    assert retired._agenda.plans[site.pool].look_at is not None
    lister.restore(site.pool.group, site.pool.space, registered=[site.pool.space], now=time.time())
    with pytest.raises(CycleFailed):
        retired.process_pool(site.pool)


def test_a_cycle_in_which_everything_fails_is_recorded_and_not_tried_again_at_once(
    make_site: MakeSite, vector_bundle: TrainingBundle
) -> None:
    site = make_site(vector_bundle)
    site.send(("Gus", 3))
    worker = site.worker(replace(site.settings, trial_deadline_s=0.01))
    with pytest.raises(CycleFailed, match=r"embed: late: not done after 0\.01 s"):
        worker.process_pool(site.pool)
    failed = registry.read(site.store, site.pool).failed
    assert failed is not None
    assert failed.times == 1
    assert site.worker().process_pool(site.pool) is None
    site.send(("Hal", 3))
    assert site.worker().process_pool(site.pool) is None


def test_after_its_pause_a_failed_cycle_is_tried_again_and_forgotten(
    make_site: MakeSite, vector_bundle: TrainingBundle
) -> None:
    site = make_site(vector_bundle)
    site.send(("Gus", 3))
    with pytest.raises(CycleFailed):
        site.worker(replace(site.settings, trial_deadline_s=0.01)).process_pool(site.pool)
    later = replace(site.context(), now=lambda: time.time() + 61)
    assert Worker(later).process_pool(site.pool) is not None
    assert registry.read(site.store, site.pool).failed is None


def test_labels_with_one_photo_each_in_a_bundle_without_samples_wait_without_a_release(
    make_site: MakeSite, vector_bundle: TrainingBundle, tmp_path: Path
) -> None:
    site = make_site(without_samples(vector_bundle, tmp_path))
    site.send(("Gus", 1), ("Hal", 1))
    report = site.worker().process_pool(site.pool)
    assert report is not None
    assert report.verdict is None
    assert serials(site) == {}
    assert site.worker().process_pool(site.pool) is None


def without_samples(bundle: TrainingBundle, folder: Path) -> TrainingBundle:
    from contract.bundle import BaseSamples, TrainingBundleParts, write_training_bundle

    assert bundle.directory is not None
    base, head = bundle.base, (bundle.directory / "head.keras").read_bytes()
    none = BaseSamples(base.features[:0], base.labels[:0], base.sample_ids[:0], base.splits[:0])
    parts = TrainingBundleParts(bundle.facts, head, bundle.labels, bundle.golden, none)
    return write_training_bundle(folder / "bare", parts)


def test_a_worker_asked_to_stop_in_the_middle_of_trials_leaves_nobody_behind(
    make_site: MakeSite, vector_bundle: TrainingBundle, tmp_path: Path
) -> None:
    site = make_site(vector_bundle)
    site.send(("Gus", 3), ("Hal", 3))
    log = tmp_path / "log"
    with running_worker(site.settings, log) as worker:
        wait_for(lambda: "cycle: embedded" in lines_of(log))
        processes = processes_of(worker.pid)
        worker.terminate()
        assert worker.wait(timeout=PATIENCE_S) == 0
        wait_for(lambda: all_gone(processes))
    assert len(processes) >= 2  # the converter and trainers, as many as there are cores
    assert lines_of(log)[-1] == "worker: stopped"
    assert serials(site) == {}
    assert dataset_pointer.read(site.store, site.pool)[0].rows == 6


def test_killed_in_the_middle_of_trials_it_leaves_nobody_behind_and_the_next_one_goes_on(
    make_site: MakeSite, vector_bundle: TrainingBundle, tmp_path: Path
) -> None:
    """And trouble with another pool does not keep it from this one."""
    site = make_site(vector_bundle)
    site.store.put(keys.dataset_pointer(replace(site.pool, group="broken")), b"not a pointer")
    site.send(("Gus", 3), ("Hal", 3))
    log = tmp_path / "log"
    with running_worker(site.settings, log) as worker:
        wait_for(lambda: "cycle: embedded" in lines_of(log))
        processes = processes_of(worker.pid)
        worker.kill()
        wait_for(lambda: all_gone(processes))
    with running_worker(site.settings, log) as worker:
        wait_for(lambda: serials(site) == {"latest": 1, "best": 1})
        time.sleep(0.5)
        worker.send_signal(signal.SIGINT)
        assert worker.wait(timeout=PATIENCE_S) == 0
    assert lines_of(log).count("cycle: published") == 1
    assert not (site.settings.state / "cycles").exists()


def test_a_worker_that_cannot_start_says_why_in_one_line(
    make_site: MakeSite, vector_bundle: TrainingBundle, tmp_path: Path
) -> None:
    site = make_site(vector_bundle)
    site.context()
    env = environment(replace(site.settings, state=tmp_path / "another"))
    command = [sys.executable, "-m", "cloud.cli", "worker"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 1
    assert "this store belongs to a worker with another state folder" in done.stderr
    assert len(done.stderr.splitlines()) == 1
