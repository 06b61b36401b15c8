"""What goes wrong around a worker, by other workers, the store, the disk, a space: it costs time, never a sample."""

import json
import resource
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.dataset import inbox
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.merge import merge_once
from cloud.errors import CycleFailed, LostRace, StoreUnreachable, Unavailable
from cloud.releases import objects, registry
from cloud.releases.registry import TrainedDataset
from cloud.settings import Settings
from cloud.store import ObjectStore, keys, open_store, probe
from cloud.store.directory import DirectoryStore
from cloud.store.keys import Pool
from cloud.training import rounds
from cloud.training.context import TrainingContext
from cloud.training.cycle import CycleStep
from cloud.training.gate import Evidence, Verdict, judge_challenger
from cloud.worker import start, worker
from cloud.worker.start import run_worker
from cloud.worker.worker import Worker
from contract.bundle import TrainingBundle, TrainingBundleParts, write_training_bundle
from contract.callbacks import ignore
from contract.labels import parse_labels
from contract.manifest import Channel
from contract.training_bundle import TRAINING_FILES
from tests.cloud.training.conftest import NAMES, TrainingSite
from tests.cloud.worker.running import PATIENCE_S, environment, lines_of, running_worker, wait_for

MakeSite = Callable[[TrainingBundle], TrainingSite]


def serials(site: TrainingSite) -> dict[str, int]:
    return {channel.value: serial for channel, serial in registry.read(site.store, site.pool).serials.items()}


def labels_of(site: TrainingSite, channel: Channel) -> tuple[str, ...]:
    manifest = registry.read(site.store, site.pool).channels[channel].manifest
    return parse_labels(objects.read(site.store, "home", manifest.labels.sha256))


def publish_as_another(site: TrainingSite) -> None:
    """What a worker elsewhere does last: the registry says that the present dataset was trained on."""
    data, _ = dataset_pointer.read(site.store, site.pool)
    trained = TrainedDataset(data.commit, data.rows, "another")
    registry.note_trained(site.store, site.pool, previous=registry.read(site.store, site.pool), trained=trained)


def others_at(site: TrainingSite, step: CycleStep, seen: list[CycleStep]) -> Callable[[CycleStep], None]:
    """Publishes as another worker when a cycle passes a step; keeps what it passed."""

    def at(passed: CycleStep) -> None:
        seen.append(passed)
        if passed is step:
            publish_as_another(site)

    return at


def test_an_accelerator_that_is_not_there_is_said_and_no_trial_moves_to_the_processor(
    make_site: MakeSite, vector_bundle: TrainingBundle
) -> None:
    """FEDEX_ACCELERATORS=99,98 once trained and published on the processor without a word."""
    site = make_site(vector_bundle)
    site.send(("Gus", 3))
    with pytest.raises(CycleFailed, match=r"NoAccelerator: FEDEX_ACCELERATORS: expected CUDA device 99, got none"):
        site.worker(replace(site.settings, accelerators=("99", "98"))).process_pool(site.pool)
    assert serials(site) == {}


@pytest.mark.parametrize("step", [CycleStep.PROCESSES_STARTED, CycleStep.CONVERTED])
def test_a_cycle_that_another_worker_overtook_publishes_nothing(
    make_site: MakeSite, vector_bundle: TrainingBundle, step: CycleStep
) -> None:
    """Overtaken between the decision to train and its first read, a cycle trained and published the same once more."""
    site, seen = make_site(vector_bundle), list[CycleStep]()
    site.send(("Gus", 3))
    overtaken = Worker(site.context(), at=others_at(site, step, seen))
    with pytest.raises(LostRace):
        overtaken.process_pool(site.pool)
    assert (seen[-1], serials(site)) == (step, {})
    assert overtaken.process_pool(site.pool) is None


def test_a_cycle_that_another_worker_overtook_on_further_samples_publishes_nothing(
    make_site: MakeSite, vector_bundle: TrainingBundle
) -> None:
    """The dataset that this one was handed is not the one that the other published of, but part of it."""
    site = make_site(vector_bundle)
    site.send(("Gus", 3))

    def merge_more_and_publish(step: CycleStep) -> None:
        site.send(("Hal", 3))
        merge_once(site.store, site.pool)
        publish_as_another(site)

    overtaken = Worker(site.context(), at=merge_more_and_publish)
    with pytest.raises(LostRace, match="expected something new, got what cycle another was trained on"):
        overtaken.process_pool(site.pool)
    assert overtaken.process_pool(site.pool) is None
    assert serials(site) == {}


def test_an_overtaken_worker_says_so_backs_off_and_goes_on(
    make_site: MakeSite, vector_bundle: TrainingBundle, caplog: pytest.LogCaptureFixture
) -> None:
    site, seen = make_site(vector_bundle), list[CycleStep]()
    site.send(("Gus", 3))
    caplog.set_level("WARNING")
    look(site.context(), times=2, at=others_at(site, CycleStep.PROCESSES_STARTED, seen))
    [line] = caplog.messages
    assert line.startswith("cycle: overtaken by another worker: home/")
    assert seen == [CycleStep.PROCESSES_STARTED]


class Looks(threading.Event):
    """Is set once it was waited for so often, which a worker does after each look; nobody waits for long."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._left = count

    def wait(self, timeout: float | None = None) -> bool:
        self._left -= 1
        if self._left == 0:
            self.set()
        return super().wait(0)


def look(context: TrainingContext, *, times: int, at: Callable[[CycleStep], None]) -> None:
    """Let a worker look so often."""
    Worker(replace(context, stop=Looks(times)), at=at).run()


@pytest.mark.slow
def test_two_workers_with_one_key_and_two_state_folders_release_once(
    make_site: MakeSite, vector_bundle: TrainingBundle, tmp_path: Path
) -> None:
    site = make_site(vector_bundle)
    site.context()
    second = replace(site.settings, state=tmp_path / "second")
    shutil.copytree(site.settings.state, second.state)
    logs = tmp_path / "log-1", tmp_path / "log-2"
    with running_worker(site.settings, logs[0]), running_worker(second, logs[1]):
        wait_for(lambda: all("worker: started" in lines_of(log) for log in logs))
        site.send(("Gus", 3), ("Hal", 3))
        wait_for(lambda: bool(serials(site)))
        wait_for(lambda: all(is_idle(log) for log in logs))
    assert serials(site) == {"latest": 1, "best": 1}
    assert dataset_pointer.read(site.store, site.pool)[0].rows == 6
    assert sum(lines_of(log).count("cycle: published") for log in logs) == 1


def is_idle(log: Path) -> bool:
    """Whether every cycle that began has ended."""
    lines = lines_of(log)
    ended = sum(line == "cycle: published" or line.startswith("cycle: overtaken") for line in lines)
    return lines.count("cycle: due") == ended


def test_a_second_worker_on_one_state_folder_ends_with_one_line(
    make_site: MakeSite, vector_bundle: TrainingBundle, tmp_path: Path
) -> None:
    """Each deleted the other's cycles, and neither ever released anything."""
    site = make_site(vector_bundle)
    command = [sys.executable, "-m", "cloud.cli", "worker"]
    with running_worker(site.settings, tmp_path / "log") as first:
        wait_for(lambda: "worker: started" in lines_of(tmp_path / "log"))
        second = subprocess.run(
            command, env=environment(site.settings), capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
        assert first.poll() is None
    assert (second.returncode, second.stdout, len(second.stderr.splitlines())) == (1, "", 1)
    assert "which a worker is using: stop that first" in second.stderr


def test_a_store_that_does_not_answer_yet_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A worker that started before its store did ended at once, and stayed away."""
    faults = [StoreUnreachable("no connection to the endpoint")] * 2
    prepare = DirectoryStore.prepare

    def prepare_later(store: DirectoryStore) -> None:
        if faults:
            raise faults.pop()
        prepare(store)

    def run(self: Worker) -> None:
        worker.logger.error("it runs")

    monkeypatch.setattr(DirectoryStore, "prepare", prepare_later)
    monkeypatch.setattr(start, "pool_backoff_s", lambda failures, longest_s: 0.0)
    monkeypatch.setattr(Worker, "run", run)
    monkeypatch.setattr(start, "_stop_on_signals", lambda stop: None)
    run_worker(Settings(store=f"dir:{tmp_path / 'store'}", state=tmp_path / "state"))
    assert caplog.messages == ["worker: no connection to the endpoint"] * 2 + ["it runs"]


def test_an_s3_store_that_nobody_answers_for_is_unreachable_rather_than_wrong(
    monkeypatch: pytest.MonkeyPatch, unused_port: int
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    with pytest.raises(StoreUnreachable, match="expected a bucket that can be used"):
        probe(open_store(f"s3://bucket?endpoint=http://127.0.0.1:{unused_port}"))


def test_the_first_look_at_all_pools_is_made_until_it_succeeds(
    make_site: MakeSite, vector_bundle: TrainingBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker's first look met a store that did not answer, and samples that nobody added to waited for ever.

    The worker before had ended between a merge and a release. A stray object among the datasets hides no pool.
    """
    site, seen, faults = make_site(vector_bundle), list[CycleStep](), [Unavailable("inbox/", "no answer")]
    site.send(("Gus", 3))
    site.worker(replace(site.settings, min_new=100)).process_pool(site.pool)
    site.store.put("dataset/a-stray-object", b"")
    news = inbox.news

    def look_later(store: ObjectStore) -> dict[Pool, float]:
        if faults:
            raise faults.pop()
        return news(store)

    monkeypatch.setattr(inbox, "news", look_later)
    look(site.context(), times=2, at=others_at(site, CycleStep.PROCESSES_STARTED, seen))
    assert seen == [CycleStep.PROCESSES_STARTED]


def test_a_state_folder_without_room_is_one_line_and_the_worker_goes_on_when_there_is_some(
    make_site: MakeSite, vector_bundle: TrainingBundle, tmp_path: Path
) -> None:
    """The limit on the size of files stands for a full disk; it is lifted while the worker runs."""
    site, log = make_site(vector_bundle), tmp_path / "log"
    site.send(("Gus", 3), ("Hal", 3))
    site.worker(replace(site.settings, min_new=100)).process_pool(site.pool)
    with running_worker(site.settings, log) as process:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (2048, resource.RLIM_INFINITY))
        wait_for(lambda: any("expected room for a training cycle" in line for line in lines_of(log)))
        assert serials(site) == {}
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        wait_for(lambda: serials(site) == {"latest": 1, "best": 1})
    assert all("traceback" not in json.loads(line) for line in log.read_text().splitlines())
    assert dataset_pointer.read(site.store, site.pool)[0].rows == 6


def test_a_space_whose_head_keras_cannot_load_backs_off_and_keeps_no_other_waiting(
    make_site: MakeSite, vector_bundle: TrainingBundle, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    site = make_site(vector_bundle)
    broken = replace(site, bundle=register_broken(site, tmp_path), pool=Pool("home", "2" * 64))
    broken.send(("Gus", 3))
    site.send(("Gus", 3))
    caplog.set_level("WARNING", logger="cloud.worker.worker")
    look(site.context(), times=3, at=ignore)
    [line] = caplog.messages
    assert line.startswith(
        "cycle: embed: failed: HeadError: the bundle's head.keras: expected a network that Keras can "
    )
    assert serials(site) == {"latest": 1, "best": 1}
    failed = registry.read(site.store, broken.pool).failed
    assert (serials(broken), failed and failed.times) == ({}, 1)


def register_broken(site: TrainingSite, folder: Path) -> TrainingBundle:
    """A space as one that was registered before heads were looked at."""
    bundle = site.bundle
    facts, head = replace(bundle.facts, space="2" * 64), bytes(range(256)) * 8
    parts = TrainingBundleParts(facts, head, bundle.labels, bundle.golden, bundle.base)
    broken = write_training_bundle(folder / "broken", parts)
    for name in TRAINING_FILES:
        site.store.put(keys.space_file(broken.space, name), (folder / "broken" / name).read_bytes())
    return broken


@pytest.mark.slow
def test_labels_that_latest_has_and_best_has_not_keep_their_places(
    make_site: MakeSite, vector_bundle: TrainingBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gate makes the first head latest alone; the next one is best, with the new label where latest had it."""
    site = make_site(vector_bundle)
    site.send(("Hal", 3))
    monkeypatch.setattr(rounds, "judge_challenger", refuse)
    site.worker().process_pool(site.pool)
    assert (serials(site), labels_of(site, Channel.LATEST)) == ({"latest": 1}, (*NAMES[:6], "Hal"))
    monkeypatch.undo()
    site.send(("Gus", 3), seed=2)
    site.worker().process_pool(site.pool)
    assert serials(site) == {"latest": 2, "best": 1}
    assert labels_of(site, Channel.BEST) == labels_of(site, Channel.LATEST) == (*NAMES[:6], "Hal", "Gus")


def refuse(evidence: Evidence) -> Verdict:
    return replace(judge_challenger(evidence), passes=False)
