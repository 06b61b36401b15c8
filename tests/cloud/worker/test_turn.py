"""A pool's turn: what it leaves undone is marked, a rest and a flood are bounded, and a pool that others have waits."""

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from cloud.dataset import admission, inbox
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.merge import MergeReport, merge_once
from cloud.errors import Busy, CycleFailed, LostRace
from cloud.releases import registry
from cloud.releases.registry import TrainedDataset
from cloud.releases.signing import rotate
from cloud.store import keys
from cloud.store.lease import Leases, Rest
from cloud.store.listing import keys_under
from contract.bundle import TrainingBundle
from tests.cloud.training.conftest import TrainingSite

MakeSite = Callable[[TrainingBundle], TrainingSite]


@pytest.fixture
def trained(make_site: MakeSite, vector_bundle: TrainingBundle) -> TrainingSite:
    """A site with three rows that were trained on, and three more that wait; every cycle of its worker fails."""
    site = make_site(vector_bundle)
    site.send(("Gus", 3))
    merge_once(site.store, site.pool)
    dataset, _ = dataset_pointer.read(site.store, site.pool)
    done = TrainedDataset(dataset.commit, dataset.rows, "the last one", admission_of(site))
    registry.note_trained(site.store, site.pool, previous=registry.read(site.store, site.pool), trained=done)
    site.send(("Hal", 3), seed=2)
    return replace(site, settings=replace(site.settings, trial_deadline_s=0.01))


def admission_of(site: TrainingSite) -> str:
    return admission.read(site.store, site.pool.group).id


def has_tried(site: TrainingSite) -> bool:
    return registry.read(site.store, site.pool).failed is not None


def begun(site: TrainingSite) -> list[str]:
    return list(keys_under(site.store, keys.BEGUN))


def rest_until(site: TrainingSite, until: float) -> None:
    """Leave a rest, as the last worker that trained the pool did."""
    leases = Leases(site.store, "another")
    held = leases.take(keys.lease(site.pool))
    held.rest = Rest(int(until), 100)
    leases.give_back(held)


def test_a_pool_that_rests_is_merged_and_marked_and_trained_when_its_rest_is_over(trained: TrainingSite) -> None:
    rest_until(trained, time.time() + 100)
    worker = trained.worker()
    worker.look()
    assert (has_tried(trained), begun(trained)) == (False, [keys.begun(trained.pool)])
    assert dataset_pointer.read(trained.store, trained.pool)[0].rows == 6
    look_at = worker._agenda.plans[trained.pool].look_at
    assert look_at is not None
    assert 0 < look_at - time.monotonic() <= 100
    rest_until(trained, time.time() - 1)
    trained.worker().look()  # another one finds the mark
    assert has_tried(trained)


def test_what_operators_decided_waits_for_no_rest(trained: TrainingSite) -> None:
    rest_until(trained, time.time() + 100)
    admission.allow(trained.store, trained.pool.group, "Gus")
    trained.worker().look()
    assert has_tried(trained)


def test_a_pool_that_is_flooded_is_trained_all_the_same(trained: TrainingSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was merged for ever while more came in."""
    seeds = count(10)

    def flooded(*given: Any, **named: Any) -> MergeReport:
        report = merge_once(*given, **named)
        trained.send(("Ida", 1), seed=next(seeds))
        return replace(report, more=True)

    monkeypatch.setattr("cloud.worker.turn.merge_once", flooded)
    with pytest.raises(CycleFailed):
        trained.worker(replace(trained.settings, merge_s=0.2)).process_pool(trained.pool)
    assert inbox.pools_with_news(trained.store) == [trained.pool]


def test_a_pool_that_another_worker_has_is_left_alone_and_looked_at_again_soon(trained: TrainingSite) -> None:
    Leases(trained.store, "another").take(keys.lease(trained.pool))
    worker = trained.worker()
    with pytest.raises(Busy):
        worker.process_pool(trained.pool)
    worker.look()
    assert (has_tried(trained), begun(trained)) == (False, [])
    assert dataset_pointer.read(trained.store, trained.pool)[0].rows == 3
    assert worker._agenda.plans[trained.pool].not_before is not None


def test_a_worker_whose_key_another_one_rotated_trains_nothing(
    trained: TrainingSite, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What it signed nobody would believe who has followed to the new key."""
    worker = trained.worker()
    shutil.copytree(trained.settings.state, tmp_path / "another")
    rotate(tmp_path / "another", trained.store, now=int(time.time()))
    worker.look()
    assert (has_tried(trained), begun(trained)) == (False, [keys.begun(trained.pool)])
    assert "keys/chain: expected the key of this worker" in caplog.text


def test_who_was_followed_neither_merges_nor_notes_anything(trained: TrainingSite) -> None:
    """Its fence is lower than the one that its follower wrote into the pointers, before it did anything else."""
    store, pool = trained.store, trained.pool
    before = registry.read(store, pool)
    dataset_pointer.raise_fence(store, pool, 5)
    registry.raise_fence(store, pool, 5)
    with pytest.raises(LostRace, match="expected fence 4 or a lower one, got 5"):
        merge_once(store, pool, fence=4)
    done = TrainedDataset("a commit", 3, "late")
    with pytest.raises(LostRace):
        registry.note_trained(store, pool, previous=before, trained=done, fence=4)
    with pytest.raises(LostRace, match="expected fence 4 or a lower one, got 5"):
        registry.note_trained(store, pool, previous=registry.read(store, pool), trained=done, fence=4)
    assert merge_once(store, pool, fence=5).rows == 3
    registry.forget_trained(store, pool, previous=registry.read(store, pool))  # an operator's tool has no fence
    assert registry.read(store, pool).fence == dataset_pointer.read(store, pool)[0].fence == 5
