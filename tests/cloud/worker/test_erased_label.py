"""After an erasure, with real processes: the next head is trained from the bundle's, and knows the label no more."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from cloud.dataset import erasures
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.merge import merge_once
from cloud.dataset.pointer import PoolErasure
from cloud.dataset.scopes import LabelScope
from cloud.errors import LostRace
from cloud.releases import objects, registry
from cloud.worker.worker import Worker
from contract.bundle import TrainingBundle
from contract.labels import parse_labels
from contract.manifest import Channel
from tests.cloud.training.conftest import TrainingSite

MakeSite = Callable[[TrainingBundle], TrainingSite]


def labels_of(site: TrainingSite) -> tuple[str, ...]:
    manifest = registry.read(site.store, site.pool).channels[Channel.LATEST].manifest
    return parse_labels(objects.read(site.store, "home", manifest.labels.sha256))


def test_the_next_head_begins_with_the_bundles_and_has_no_column_of_the_label(
    make_site: MakeSite, vector_bundle: TrainingBundle
) -> None:
    site = make_site(vector_bundle)
    site.send(("Gus", 4), ("Hal", 4))
    worker = Worker(site.context())
    worker.look()
    assert labels_of(site) == (*vector_bundle.labels, "Gus", "Hal")
    erasures.ask(site.store, LabelScope("home", "Gus"), by="an operator", now=1)
    worker.look()
    erased = registry.read(site.store, site.pool)
    assert all(one.manifest.heads == {} for one in erased.channels.values())
    assert site.store.list("objects/") == []
    worker.look()
    assert labels_of(site) == (*vector_bundle.labels, "Hal")
    trained = registry.read(site.store, site.pool)
    assert trained.serials[Channel.LATEST] == erased.serials[Channel.LATEST] + 1
    assert trained.trained is not None
    assert trained.trained.rows == 4
    assert trained.channels[Channel.LATEST].manifest.withdraws.ranges[0] == (1, 1)


def test_no_cycle_begins_while_an_erasure_is_under_way(make_site: MakeSite, vector_bundle: TrainingBundle) -> None:
    """Its worker died after the samples went, and before the releases did: best would be trained on from there."""
    site = make_site(vector_bundle)
    site.send(("Gus", 2), ("Hal", 2))
    merge_once(site.store, site.pool)
    dataset, pointer = dataset_pointer.read(site.store, site.pool)
    erased = replace(dataset, erasure=PoolErasure("e" * 32, {"e" * 32: 1}))
    dataset_pointer.swap(site.store, site.pool, erased, previous=pointer)
    with pytest.raises(LostRace, match="got one that is under way"):
        site.worker().process_pool(site.pool)
    assert site.store.list("objects/") == []
