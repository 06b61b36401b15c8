"""The rows of a cycle: what an earlier one has embedded is taken as it was, and features are decoded of what is new."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cloud.dataset import erasures, inbox
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.memory import MergeMemory
from cloud.dataset.merge import merge_once
from cloud.dataset.reader import StoredFeatures
from cloud.dataset.scopes import LabelScope
from cloud.identity import devices
from cloud.identity.devices import EnrolledDevice
from cloud.spaces.bundle_cache import BundleCache
from cloud.store.keys import InboxUpload, Pool
from cloud.training.converter import embed_with_best
from cloud.training.cycle_folder import CycleFolder
from cloud.training.cycle_rows import CycleRows
from cloud.training.heads import flatten, load_head
from cloud.training.inputs import CycleInputs, read_inputs
from cloud.training.kept_embeddings import KeptEmbeddings
from cloud.training.values import EmbeddingOutcome
from cloud.training.weights import HeadWeights
from cloud.worker.erasing import Eraser
from contract.bundle import TrainingBundle
from contract.codecs import Codec
from contract.upload import Upload, encode_upload, upload_id
from tests.cloud.conftest import SELF_TEST
from tests.cloud.training.conftest import BASE_PEOPLE, BASE_PHOTOS, DEVICE, NAMES, TrainingSite, photos_of

BASE = BASE_PEOPLE * BASE_PHOTOS
MakeSite = Callable[[TrainingBundle], TrainingSite]


@pytest.fixture
def site(make_site: MakeSite, convolutional_bundle: TrainingBundle) -> TrainingSite:
    """Return a site whose pool has ten samples, of a body with convolutions."""
    site = make_site(convolutional_bundle)
    site.send(("Gus", 5), ("Hal", 5))
    return site


def inputs_of(site: TrainingSite, pool: Pool | None = None, best: HeadWeights | None = None) -> CycleInputs:
    """Merge what waits, and read what a cycle starts from, with a certain best."""
    pool = pool or site.pool
    merge_once(site.store, pool)
    dataset, _ = dataset_pointer.read(site.store, pool)
    inputs = read_inputs(site.store, pool, dataset=dataset, state=site.settings.state, bundles=BundleCache())
    return replace(inputs, best=best)


@pytest.fixture
def embed(tmp_path: Path) -> Callable[..., tuple[CycleRows, EmbeddingOutcome]]:
    """Return what a cycle does until all rows are embedded; in a state folder of another name nothing was kept."""
    numbers = iter(range(100))

    def run(inputs: CycleInputs, state: Path) -> tuple[CycleRows, EmbeddingOutcome]:
        folder, kept = CycleFolder(tmp_path / f"cycle-{next(numbers)}"), KeptEmbeddings()
        folder.path.mkdir()
        state.mkdir(exist_ok=True)
        rows = CycleRows.read(inputs, folder, kept=kept, state=state)
        outcome = embed_with_best(rows.to_embed)
        rows.keep(outcome, kept=kept, state=state)
        return rows, outcome

    return run


Embed = Callable[[CycleInputs, Path], tuple[CycleRows, EmbeddingOutcome]]


def own_head(site: TrainingSite, seed: int, classes: int = 8) -> HeadWeights:
    """Return a head with a body of its own."""
    assert site.bundle.directory is not None
    body = flatten(load_head(np.fromfile(site.bundle.directory / "head.keras", np.uint8), None).body)
    chance = np.random.default_rng(seed)
    kernel = chance.normal(size=(16, classes)).astype(np.float32)
    body += chance.uniform(0, 0.1, len(body)).astype(np.float32)
    return HeadWeights(kernel, np.zeros(classes, np.float32), body)


def check_equal(ours: EmbeddingOutcome, theirs: EmbeddingOutcome) -> None:
    """Compare bit for bit, but for what was new."""
    arrays, others = (replace(one, new_to_first=None).pack().arrays for one in (ours, theirs))
    assert arrays.keys() == others.keys()
    assert [name for name in arrays if arrays[name].tobytes() != others[name].tobytes()] == []


def test_a_later_cycle_embeds_what_is_new_and_what_it_says_is_the_same_bit_for_bit(
    site: TrainingSite, embed: Embed, tmp_path: Path
) -> None:
    """Every cycle decoded and embedded everything."""
    rows, _ = embed(inputs_of(site), site.settings.state)
    assert (len(rows), len(rows.to_embed.features)) == (BASE + 10, BASE + 10)
    for seed, count in ((2, 3), (3, 1)):
        site.send(("Gus", count), ("Ada", count), seed=seed)
        inputs = inputs_of(site)
        rows, outcome = embed(inputs, site.settings.state)
        assert rows.to_embed.features.shape[0] == 2 * count
        anew, whole = embed(inputs, tmp_path / f"nothing kept {seed}")
        assert len(anew.to_embed.features) == len(rows) == len(whole.embeddings)
        check_equal(outcome, whole)
    rows, outcome = embed(inputs, site.settings.state)
    assert rows.to_embed.features.shape[0] == 0
    check_equal(outcome, whole)


def test_what_a_row_becomes_does_not_depend_on_the_rows_beside_it(site: TrainingSite, tmp_path: Path) -> None:
    """Libraries add up in another order where there are fewer rows: the last bits of an embedding differed."""
    rows = CycleRows.read(
        inputs_of(site), made_folder(tmp_path / "cycle"), kept=KeptEmbeddings(), state=site.settings.state
    )
    whole = embed_with_best(rows.to_embed).embeddings
    order = np.random.default_rng(0).permutation(len(rows))
    for some in (order, order[:1], order[5:12]):
        one = replace(
            rows.to_embed,
            features=rows.to_embed.features[some],
            known=type(rows.to_embed.known).none_of(len(some)),
        )
        np.testing.assert_array_equal(embed_with_best(one).embeddings, whole[some])


def made_folder(path: Path) -> CycleFolder:
    path.mkdir()
    return CycleFolder(path)


def test_where_best_has_a_body_of_its_own_both_bodies_embed_what_is_new_to_them(
    site: TrainingSite, embed: Embed, tmp_path: Path
) -> None:
    embed(inputs_of(site), site.settings.state)
    best = own_head(site, 1)
    rows, outcome = embed(inputs_of(site, best=best), site.settings.state)
    assert len(rows.to_embed.features) == len(rows)  # a new body
    assert outcome.new_to_first is not None
    assert len(outcome.new_to_first) == 0
    _, whole = embed(inputs_of(site, best=best), tmp_path / "nothing kept")
    check_equal(outcome, whole)
    site.send(("Gus", 2), seed=2)
    inputs = inputs_of(site, best=best)
    rows, outcome = embed(inputs, site.settings.state)
    assert len(rows.to_embed.features) == 2
    assert outcome.new_to_first is not None
    assert len(outcome.new_to_first) == 2
    _, whole = embed(inputs, tmp_path / "nothing kept either")
    check_equal(outcome, whole)
    rows, outcome = embed(inputs_of(site, best=own_head(site, 2)), site.settings.state)
    assert len(rows.to_embed.features) == len(rows)
    assert outcome.new_to_first is not None
    assert len(outcome.new_to_first) == 0
    rows, _ = embed(inputs_of(site), site.settings.state)
    assert len(rows.to_embed.features) == 0  # back at the bundle's


def test_a_correction_is_a_row_of_its_own_with_its_own_feature(
    site: TrainingSite, embed: Embed, tmp_path: Path
) -> None:
    embed(inputs_of(site), site.settings.state)
    name = hashlib.sha256(b"Gus 0 1").digest()[:16]
    feature = photos_of(NAMES.index("Hal"), 1, seed=77, shape=site.bundle.feature_shape)
    ids, revisions = np.frombuffer(name, np.uint8).reshape(1, 16), np.ones(1, np.uint32)
    body = encode_upload(Upload(site.bundle.space, SELF_TEST, feature, ("Hal",), ids, revisions), codec=Codec.FLOAT32)
    inbox.add(site.store, InboxUpload(site.pool, DEVICE, 0, upload_id(body)), body)
    inputs = inputs_of(site)
    rows, outcome = embed(inputs, site.settings.state)
    assert len(rows) == BASE + 10
    np.testing.assert_array_equal(rows.to_embed.features, feature)
    _, whole = embed(inputs, tmp_path / "nothing kept")
    check_equal(outcome, whole)


def test_pools_of_a_space_share_what_is_known_of_its_base(site: TrainingSite, embed: Embed) -> None:
    embed(inputs_of(site), site.settings.state)
    other = Pool("another-home", site.pool.space)
    devices.add(site.store, EnrolledDevice("e" * 32, other.group, 0, "0" * 64, 0))
    there = replace(site, pool=other)
    there.send(("Gus", 5))
    rows, _ = embed(inputs_of(site, other), site.settings.state)
    assert (len(rows), len(rows.to_embed.features)) == (BASE + 5, 5)


def test_rows_of_an_excluded_device_are_not_among_those_that_are_embedded(
    site: TrainingSite, embed: Embed, tmp_path: Path
) -> None:
    embed(inputs_of(site), site.settings.state)
    devices.exclude(site.store, DEVICE)
    inputs = inputs_of(site)
    rows, outcome = embed(inputs, site.settings.state)
    assert (len(rows), len(rows.to_embed.features)) == (BASE, 0)
    check_equal(outcome, embed(inputs, tmp_path / "nothing kept")[1])
    devices.readmit(site.store, DEVICE)
    assert len(embed(inputs_of(site), site.settings.state)[0].to_embed.features) == 0


def test_after_an_erasure_no_embedding_is_left_on_the_disk_and_all_others_are_made_anew(
    site: TrainingSite, embed: Embed
) -> None:
    inputs = inputs_of(site)
    _, outcome = embed(inputs, site.settings.state)
    gus = inputs.examples.classes.labels.index("Gus")
    erased = [row.tobytes() for row in outcome.embeddings[inputs.examples.labels == gus]]
    assert len(erased) == 5
    held = [path.read_bytes() for path in site.settings.state.rglob("*") if path.is_file()]
    assert all(any(row in body for body in held) for row in erased)
    erasures.ask(site.store, LabelScope(site.pool.group, "Gus"), by="ann", now=0)
    Eraser(site.context(), MergeMemory()).look()
    held = [path.read_bytes() for path in site.settings.state.rglob("*") if path.is_file()]
    assert not any(row in body for body in held for row in erased)
    rows, _ = embed(inputs_of(site), site.settings.state)
    assert (len(rows), len(rows.to_embed.features)) == (BASE + 5, 5)  # the base stays


def test_features_are_decoded_where_they_are_asked_for(
    site: TrainingSite, embed: Embed, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed(inputs_of(site), site.settings.state)
    decoded, get = list[int](), StoredFeatures.__getitem__

    def count(self: StoredFeatures, rows: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]  # integers, float32
        decoded.append(len(rows))
        return get(self, rows)

    monkeypatch.setattr(StoredFeatures, "__getitem__", count)
    site.send(("Gus", 2), seed=2)
    inputs = inputs_of(site)
    rows, _ = embed(inputs, site.settings.state)
    assert sum(decoded) == 2
    everything = np.concatenate(list(inputs.examples.features(inputs.bundle.base, inputs.dataset)))
    decoded.clear()
    some = np.array([0, len(rows) - 1])
    np.testing.assert_array_equal(rows.features(some), everything[some])
    assert sum(decoded) <= 2
    np.testing.assert_array_equal(rows.for_deeper_layers().features, everything)
    decoded.clear()
    np.testing.assert_array_equal(rows.for_deeper_layers().features, everything)
    assert sum(decoded) == 0


def test_where_all_is_new_to_a_body_features_are_decoded_once(site: TrainingSite, embed: Embed) -> None:
    rows, _ = embed(inputs_of(site), site.settings.state)
    assert rows.for_deeper_layers().features is rows.to_embed.features
