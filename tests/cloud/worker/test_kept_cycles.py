"""Cycles one after another: each embeds what is new, and publishes what it would have without what was kept."""

import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.releases import stored
from cloud.store import open_store
from cloud.training.context import TrainingContext
from cloud.training.cycle import CycleReport, CycleStep
from cloud.training.executors.idle import IdleProcesses
from cloud.worker.worker import Worker
from contract.bundle import TrainingBundle
from contract.manifest import Channel
from tests.cloud.training.conftest import BASE_PEOPLE, BASE_PHOTOS, NAMES, TrainingSite

MakeSite = Callable[[TrainingBundle], TrainingSite]
BASE = BASE_PEOPLE * BASE_PHOTOS


@pytest.fixture
def site(make_site: MakeSite, convolutional_bundle: TrainingBundle) -> TrainingSite:
    """Return a site with samples that wait, of a body with convolutions."""
    site = make_site(convolutional_bundle)
    site.send(("Ada", 2), ("Gus", 4), ("Hal", 4))
    return site


@pytest.fixture
def idle() -> Iterator[IdleProcesses]:
    """Yield processes that stay between the cycles of a test."""
    idle = IdleProcesses(warm_s=600)
    yield idle
    idle.close()


def rows_and_new(caplog: pytest.LogCaptureFixture) -> list[tuple[int, int]]:
    """Return how many rows each cycle had, and how many of them it embedded."""
    lines = [record for record in caplog.records if record.getMessage() == f"cycle: {CycleStep.INPUTS_READ}"]
    return [(line.__dict__["fields"]["rows"], line.__dict__["fields"]["new"]) for line in lines]


def published(site: TrainingSite, report: CycleReport) -> dict[str, object]:
    """Return what a cycle published, and how it was judged."""
    latest = report.registry.channels[Channel.LATEST]
    release = stored.get_release(site.store, site.pool, latest.release)
    heads = {precision: head.file.sha256 for precision, head in latest.manifest.heads.items()}
    return {
        "weights": release.weights,
        "heads": heads,
        "gate": release.report["gate"],
        "parity": release.report["parity"],
    }


def copy_of(site: TrainingSite, folder: Path, idle: IdleProcesses) -> tuple[TrainingSite, TrainingContext]:
    """Copy a store and its worker's disk."""
    folder.mkdir()
    shutil.copytree(site.settings.store.removeprefix("dir:"), folder / "store")
    shutil.copytree(site.settings.state, folder / "state")
    settings = replace(site.settings, store=f"dir:{folder / 'store'}", state=folder / "state")
    copy = replace(site, store=open_store(settings.store), settings=settings)
    return copy, replace(copy.context(), idle=idle)


def test_later_cycles_embed_what_is_new_and_publish_what_they_would_have_published(
    site: TrainingSite, idle: IdleProcesses, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    context = replace(site.context(), idle=idle)
    assert Worker(context).process_pool(site.pool) is not None
    site.send(("Ida", 3), seed=2)
    copy, without = copy_of(site, tmp_path / "copy", idle)
    shutil.rmtree(copy.settings.state / "embeddings")
    ours, theirs = (Worker(one).process_pool(site.pool) for one in (context, without))
    assert ours is not None
    assert theirs is not None
    assert published(site, ours) == published(copy, theirs)
    site.send(("Gus", 1), seed=3)
    assert Worker(context).process_pool(site.pool) is not None
    rows = BASE + 13
    assert rows_and_new(caplog) == [(BASE + 10, BASE + 10), (rows, 3), (rows, rows), (rows + 1, 1)]


def test_a_worker_that_dies_after_it_kept_embeddings_has_them_in_the_next_cycle(
    site: TrainingSite, idle: IdleProcesses, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    def die(step: CycleStep) -> None:
        if step is CycleStep.VETTED:
            raise KeyboardInterrupt

    context = replace(site.context(), idle=idle)
    with pytest.raises(KeyboardInterrupt):
        Worker(context, at=die).process_pool(site.pool)
    assert Worker(context).process_pool(site.pool) is not None
    assert rows_and_new(caplog) == [(BASE + 10, BASE + 10), (BASE + 10, 0)]


def test_features_of_a_cycle_with_few_news_are_few(site: TrainingSite, idle: IdleProcesses) -> None:
    sizes: list[int] = []

    def look(step: CycleStep) -> None:
        if step is CycleStep.CONVERTED:
            [folder] = (site.settings.state / "cycles").iterdir()
            sizes.append((folder / "features").stat().st_size)
            assert not (folder / "all-features").exists()

    worker = Worker(replace(site.context(), idle=idle), at=look)
    worker.process_pool(site.pool)
    site.send(("Gus", 1), seed=3)
    worker.process_pool(site.pool)
    a_row = 4 * 4 * 4 * 8
    assert sizes == [(BASE + 10) * a_row, a_row]


def test_all_features_are_decoded_once_a_trial_fine_tunes_the_body(
    make_site: MakeSite, convolutional_bundle: TrainingBundle, idle: IdleProcesses
) -> None:
    site, seen = make_site(convolutional_bundle), list[tuple[bool, bool]]()

    def look(step: CycleStep) -> None:
        if step in (CycleStep.VETTED, CycleStep.TRAINED):
            [folder] = (site.settings.state / "cycles").iterdir()
            seen.append((step is CycleStep.TRAINED, (folder / "all-features").exists()))

    worker = Worker(replace(site.context(), idle=idle), at=look)
    site.send(*((name, 16) for name in NAMES))
    worker.process_pool(site.pool)
    site.send(("Gus", 1), seed=3)
    report = worker.process_pool(site.pool)
    assert report is not None
    release = stored.get_release(site.store, site.pool, report.registry.channels[Channel.LATEST].release)
    trials = release.report["trials"]
    assert isinstance(trials, dict)
    assert "fine-tuned" in trials
    assert seen == [(False, False), (True, False), (False, False), (True, True)]
