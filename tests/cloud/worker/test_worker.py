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

from cloud.dataset import pointer as dataset_pointer
from cloud.errors import CycleFailed
from cloud.releases import registry
from cloud.releases.registry import Release
from cloud.store import keys
from cloud.training.cycle import CycleReport, CycleStep
from cloud.worker.worker import Worker
from contract.bundle import TrainingBundle
from contract.cuts import HEAD_SIGNATURE
from contract.labels import parse_labels
from contract.manifest import Channel, Manifest, Precision
from export.tflite_process import TFLiteProcess
from tests.cloud.training.conftest import NAMES, Shop, photos_of
from tests.cloud.worker.running import (
    PATIENCE_S,
    all_gone,
    children_of,
    environment,
    lines_of,
    running_worker,
    trainers_of,
    wait_for,
)

OpenShop = Callable[[TrainingBundle], Shop]


def labels_of(shop: Shop, manifest: Manifest) -> tuple[str, ...]:
    return parse_labels(shop.store.get(keys.shared_object("home", manifest.labels.sha256)).body)


def manifest_of(shop: Shop, channel: Channel) -> Manifest:
    return registry.read(shop.store, shop.pool).channels[channel].manifest


def release_of(shop: Shop, channel: Channel) -> Release:
    current = registry.read(shop.store, shop.pool).channels[channel]
    return registry.get_release(shop.store, shop.pool, current.release)


def serials(shop: Shop) -> dict[str, int]:
    return {channel.value: serial for channel, serial in registry.read(shop.store, shop.pool).serials.items()}


def accuracy(shop: Shop, precision: Precision, people: tuple[str, ...]) -> float:
    """Of best's TFLite head on ten photos of each of some people that were never uploaded."""
    manifest = manifest_of(shop, Channel.BEST)
    head = shop.store.get(keys.shared_object("home", manifest.heads[precision].file.sha256)).body
    labels = labels_of(shop, manifest)
    shape = shop.bundle.feature_shape
    photos = np.concatenate([photos_of(NAMES.index(name), 10, seed=77, shape=shape) for name in people])
    with TFLiteProcess() as tflite:
        logits = tflite.run(head, signature=HEAD_SIGNATURE, inputs=photos)
        [golden] = tflite.run(head, signature=HEAD_SIGNATURE, inputs=shop.bundle.golden[np.newaxis])
    np.testing.assert_allclose(golden, manifest.heads[precision].logits, atol=1e-5)
    return float(np.mean([labels[said] for said in logits.argmax(axis=1)] == np.repeat(people, 10)))


@pytest.fixture(scope="module")
def released(open_shop: OpenShop, vector_bundle: TrainingBundle) -> tuple[Shop, CycleReport]:
    """A shop after its first release, in whose cycle one of two trials was killed."""
    shop = open_shop(vector_bundle)
    shop.send(("Ada", 3), ("Ben", 3), ("Cleo", 3), ("Gus", 3), ("Hal", 3), ("Ida", 1))

    def kill_one(step: CycleStep) -> None:
        if step is CycleStep.OPENED:
            os.kill(trainers_of(os.getpid())[0], signal.SIGKILL)

    report = Worker(shop.workbench(), at=kill_one).tend(shop.pool)
    assert report is not None
    return shop, report


def test_uploads_become_a_better_head(released: tuple[Shop, CycleReport]) -> None:
    shop, report = released
    assert serials(shop) == {"latest": 1, "best": 1}
    assert labels_of(shop, manifest_of(shop, Channel.BEST)) == NAMES[:8]
    assert accuracy(shop, Precision.FLOAT32, NAMES[:8]) > 0.95
    assert accuracy(shop, Precision.DYNAMIC, NAMES[:8]) > 0.95
    assert [step for step in CycleStep if step not in report.seconds] == []


def test_a_release_tells_what_it_was_judged_by(released: tuple[Shop, CycleReport]) -> None:
    shop, report = released
    told: Any = release_of(shop, Channel.BEST).report
    assert report.verdict is not None
    assert told["gate"]["passes"] is True
    assert told["gate"]["new"]["cross_validated"] == 6
    assert told["labels"] == {"all": 8, "waiting": 1, "left_out": 0}


def test_a_trial_that_is_killed_costs_only_itself(released: tuple[Shop, CycleReport]) -> None:
    shop, report = released
    names = ("last-layer", "trial-2")
    records = [json.loads(shop.store.get(keys.trial(shop.pool, report.cycle, name)).body) for name in names]
    assert sorted((record["ending"], record["cause"]) for record in records) == [("died", "signal 9"), ("done", "")]


def test_what_devices_may_read_of_a_release_holds_no_words_of_its_trials(released: tuple[Shop, CycleReport]) -> None:
    shop, _ = released
    trials: Any = release_of(shop, Channel.LATEST).report["trials"]
    assert {key for trial in trials.values() for key in trial} == {"ending", "seconds", "cause", "progress", "result"}


def test_with_nothing_new_nothing_starts(released: tuple[Shop, CycleReport]) -> None:
    shop, _ = released
    started: list[CycleStep] = []
    assert Worker(shop.workbench(), at=started.append).tend(shop.pool) is None
    assert (started, children_of(os.getpid())) == ([], [])


def test_the_next_cycle_starts_from_best_and_its_labels_keep_their_places(released: tuple[Shop, CycleReport]) -> None:
    """Ida had one photo and waited; Gus and Hal have their classes."""
    shop, first = released
    shop.send(("Ida", 2), ("Ben", 2), seed=2)
    shop.worker().tend(shop.pool)
    best = manifest_of(shop, Channel.BEST)
    assert labels_of(shop, best) == NAMES
    assert (best.serial, best.parent) == (2, first.registry.channels[Channel.BEST].release)
    assert accuracy(shop, Precision.FLOAT32, NAMES) > 0.9


def test_a_head_with_convolutions_is_trained_and_its_thaw_is_one_of_the_trials(
    open_shop: OpenShop, convolutional_bundle: TrainingBundle
) -> None:
    shop = open_shop(convolutional_bundle)
    shop.send(("Ada", 3), ("Ben", 3), ("Gus", 3), ("Hal", 3))
    shop.worker().tend(shop.pool)
    trials: Any = release_of(shop, Channel.LATEST).report["trials"]
    thawed = {name: one["result"]["thawed"] for name, one in trials.items()}
    assert thawed == {"last-layer": False, "trial-2": True}
    assert accuracy(shop, Precision.FLOAT32, (*NAMES[:2], *NAMES[6:8])) > 0.9


def test_too_few_new_samples_wait_for_more(open_shop: OpenShop, vector_bundle: TrainingBundle) -> None:
    shop = open_shop(vector_bundle)
    shop.send(("Gus", 3))
    assert shop.worker(replace(shop.settings, min_new=4)).tend(shop.pool) is None
    assert dataset_pointer.read(shop.store, shop.pool)[0].rows == 3
    assert serials(shop) == {}


def test_a_cycle_in_which_everything_fails_is_recorded_and_not_tried_again_at_once(
    open_shop: OpenShop, vector_bundle: TrainingBundle
) -> None:
    shop = open_shop(vector_bundle)
    shop.send(("Gus", 3))
    worker = shop.worker(replace(shop.settings, trial_deadline_s=0.01))
    with pytest.raises(CycleFailed, match=r"open: late: not done after 0\.01 s"):
        worker.tend(shop.pool)
    failed = registry.read(shop.store, shop.pool).failed
    assert failed is not None
    assert failed.times == 1
    assert shop.worker().tend(shop.pool) is None
    shop.send(("Hal", 3))
    assert shop.worker().tend(shop.pool) is None


def test_after_its_pause_a_failed_cycle_is_tried_again_and_forgotten(
    open_shop: OpenShop, vector_bundle: TrainingBundle
) -> None:
    shop = open_shop(vector_bundle)
    shop.send(("Gus", 3))
    with pytest.raises(CycleFailed):
        shop.worker(replace(shop.settings, trial_deadline_s=0.01)).tend(shop.pool)
    later = replace(shop.workbench(), now=lambda: time.time() + 61)
    assert Worker(later).tend(shop.pool) is not None
    assert registry.read(shop.store, shop.pool).failed is None


def test_labels_with_one_photo_each_in_a_bundle_without_samples_wait_without_a_release(
    open_shop: OpenShop, vector_bundle: TrainingBundle, tmp_path: Path
) -> None:
    shop = open_shop(without_samples(vector_bundle, tmp_path))
    shop.send(("Gus", 1), ("Hal", 1))
    report = shop.worker().tend(shop.pool)
    assert report is not None
    assert report.verdict is None
    assert serials(shop) == {}
    assert shop.worker().tend(shop.pool) is None


def without_samples(bundle: TrainingBundle, folder: Path) -> TrainingBundle:
    from contract.bundle import BaseSamples, TrainingBundleParts, write_training_bundle

    assert bundle.directory is not None
    base, head = bundle.base, (bundle.directory / "head.keras").read_bytes()
    none = BaseSamples(base.features[:0], base.labels[:0], base.sample_ids[:0], base.splits[:0])
    parts = TrainingBundleParts(bundle.facts, head, bundle.labels, bundle.golden, none)
    return write_training_bundle(folder / "bare", parts)


def test_a_worker_asked_to_stop_in_the_middle_of_trials_leaves_nobody_behind(
    open_shop: OpenShop, vector_bundle: TrainingBundle, tmp_path: Path
) -> None:
    shop = open_shop(vector_bundle)
    shop.send(("Gus", 3), ("Hal", 3))
    log = tmp_path / "log"
    with running_worker(shop.settings, log) as worker:
        wait_for(lambda: "cycle: opened" in lines_of(log))
        children = children_of(worker.pid)
        worker.terminate()
        assert worker.wait(timeout=PATIENCE_S) == 0
        wait_for(lambda: all_gone(children))
    assert len(children) == 3
    assert lines_of(log)[-1] == "worker: stopped"
    assert serials(shop) == {}
    assert dataset_pointer.read(shop.store, shop.pool)[0].rows == 6


def test_killed_in_the_middle_of_trials_it_leaves_nobody_behind_and_the_next_one_goes_on(
    open_shop: OpenShop, vector_bundle: TrainingBundle, tmp_path: Path
) -> None:
    """And trouble with another pool does not keep it from this one."""
    shop = open_shop(vector_bundle)
    shop.store.put(keys.dataset_pointer(replace(shop.pool, group="broken")), b"not a pointer")
    shop.send(("Gus", 3), ("Hal", 3))
    log = tmp_path / "log"
    with running_worker(shop.settings, log) as worker:
        wait_for(lambda: "cycle: opened" in lines_of(log))
        children = children_of(worker.pid)
        worker.kill()
        wait_for(lambda: all_gone(children))
    with running_worker(shop.settings, log) as worker:
        wait_for(lambda: serials(shop) == {"latest": 1, "best": 1})
        time.sleep(0.5)
        worker.send_signal(signal.SIGINT)
        assert worker.wait(timeout=PATIENCE_S) == 0
    assert lines_of(log).count("cycle: published") == 1
    assert not (shop.settings.state / "cycles").exists()


def test_a_worker_that_cannot_start_says_why_in_one_line(
    open_shop: OpenShop, vector_bundle: TrainingBundle, tmp_path: Path
) -> None:
    shop = open_shop(vector_bundle)
    shop.workbench()
    env = environment(replace(shop.settings, state=tmp_path / "another"))
    command = [sys.executable, "-m", "cloud.cli", "worker"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 1
    assert "keys/verify: expected the key of" in done.stderr
    assert len(done.stderr.splitlines()) == 1
