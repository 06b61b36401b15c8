"""Registering training bundles: one for each space, whole or not at all."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cloud.admin.bundles import RegistrationOutcome
from cloud.admin.bundles import register as register_bundle
from cloud.dataset import pointer as dataset_pointer
from cloud.errors import BundleRefused, Damaged, NotFound, Unavailable
from cloud.releases import registry
from cloud.releases.registry import TrainedDataset
from cloud.spaces import bundles
from cloud.store import ObjectStore, keys
from cloud.store.keys import Pool
from contract.bundle import BundleFacts, TrainingBundle, TrainingBundleParts, write_training_bundle
from contract.envelope import Envelope, Signature
from contract.face_parameters import BACK
from contract.files import FileRef
from contract.inputs import Fit, PhotoInput
from contract.manifest import MANIFEST_PAYLOAD_TYPE, Channel, HeadFile, Manifest, Precision

Copy = Callable[..., Path]
FACTS = [field.name for field in dataclasses.fields(BundleFacts)]


@pytest.fixture
def copy(make_head: Callable[[bytes], bytes]) -> Copy:
    """Makes another bundle, of the same space unless it says otherwise."""

    def write(bundle: TrainingBundle, directory: Path, **changed: Any) -> Path:
        head = make_head(b"another head")
        facts = dataclasses.replace(bundle.facts, **{name: changed.pop(name) for name in FACTS if name in changed})
        parts = TrainingBundleParts(facts, head, bundle.labels, bundle.golden, bundle.base)
        write_training_bundle(directory, dataclasses.replace(parts, **changed))
        return directory

    return write


def folder_of(bundle: TrainingBundle) -> Path:
    assert bundle.directory is not None
    return bundle.directory


def test_a_registered_bundle_is_read_back(store: ObjectStore, training_bundle: TrainingBundle) -> None:
    register_bundle(store, folder_of(training_bundle))
    bundle = bundles.read(store, training_bundle.space)
    assert bundle.labels == training_bundle.labels
    assert np.array_equal(bundle.base.features, training_bundle.base.features)
    assert bundles.read_facts(store, training_bundle.space).feature_shape == (4,)
    assert bundles.registered(store) == [training_bundle.space]


def test_registering_again_changes_nothing(store: ObjectStore, training_bundle: TrainingBundle) -> None:
    register_bundle(store, folder_of(training_bundle))
    before = store.list(keys.SPACES)
    assert register_bundle(store, folder_of(training_bundle)).outcome is RegistrationOutcome.KNOWN
    assert store.list(keys.SPACES) == before


def test_an_interrupted_registration_is_finished_by_the_next(
    store: ObjectStore, training_bundle: TrainingBundle
) -> None:
    register_bundle(store, folder_of(training_bundle))
    store.delete(keys.space_file(training_bundle.space, "bundle.json"))
    store.delete(keys.space_file(training_bundle.space, "base.tensors"))
    with pytest.raises(NotFound):
        bundles.read_facts(store, training_bundle.space)
    assert bundles.registered(store) == []
    register_bundle(store, folder_of(training_bundle))
    assert bundles.read(store, training_bundle.space).head == training_bundle.head


def test_what_another_registration_left_stays_unless_asked(
    store: ObjectStore, training_bundle: TrainingBundle, copy: Copy, tmp_path: Path
) -> None:
    register_bundle(store, copy(training_bundle, tmp_path / "other"))
    store.delete(keys.space_file(training_bundle.space, "bundle.json"))
    with pytest.raises(BundleRefused, match=r"expected no other bundle's files, got .*head\.keras.*--replace"):
        register_bundle(store, folder_of(training_bundle))
    register_bundle(store, folder_of(training_bundle), replace=True)
    assert bundles.read(store, training_bundle.space).head == training_bundle.head


@pytest.mark.parametrize("after", ["head.keras", "labels.json", "golden.tensors", "base.tensors"])
def test_of_two_bundles_that_are_registered_at_once_one_is_whole(
    store: ObjectStore,
    training_bundle: TrainingBundle,
    copy: Copy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    after: str,
) -> None:
    """The second one's files replaced the first one's, and neither was whole: whoever's document came first."""
    other = copy(training_bundle, tmp_path / "other", labels=("Ada", "Zoë"))
    original, refused = type(store).put_if_absent, list[BundleRefused]()

    def meanwhile(self: ObjectStore, key: str, body: bytes) -> str:
        etag = original(self, key, body)
        if key == keys.space_file(training_bundle.space, after):
            monkeypatch.undo()
            with pytest.raises(BundleRefused) as caught:
                register_bundle(store, other)
            refused.append(caught.value)
        return etag

    monkeypatch.setattr(type(store), "put_if_absent", meanwhile)
    register_bundle(store, folder_of(training_bundle))
    assert len(refused) == 1
    assert bundles.read(store, training_bundle.space).labels == training_bundle.labels


def test_another_bundle_of_the_same_space_is_refused(
    store: ObjectStore, training_bundle: TrainingBundle, copy: Copy, tmp_path: Path
) -> None:
    register_bundle(store, folder_of(training_bundle))
    with pytest.raises(BundleRefused, match="expected the bundle that is registered for it, got another one"):
        register_bundle(store, copy(training_bundle, tmp_path / "other"))
    assert bundles.read(store, training_bundle.space).head == training_bundle.head


def test_another_bundle_of_the_same_space_takes_its_place_if_asked_and_local_copies_follow(
    store: ObjectStore, training_bundle: TrainingBundle, copy: Copy, tmp_path: Path
) -> None:
    """A bundle whose head does not load could not be repaired once it was registered."""
    register_bundle(store, folder_of(training_bundle))
    bundles.fetch(store, training_bundle.space, tmp_path / "worker")
    registration = register_bundle(store, copy(training_bundle, tmp_path / "other"), replace=True)
    assert registration.outcome is RegistrationOutcome.REPLACED
    assert registration.bundle.head != training_bundle.head
    assert bundles.read(store, training_bundle.space).head == registration.bundle.head
    assert bundles.fetch(store, training_bundle.space, tmp_path / "worker").head == registration.bundle.head


def test_a_replacement_that_was_interrupted_is_finished_by_the_next(
    store: ObjectStore, training_bundle: TrainingBundle, copy: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register_bundle(store, folder_of(training_bundle))
    other = copy(training_bundle, tmp_path / "other")
    with monkeypatch.context() as patch:
        patch.setattr(type(store), "put_if_match", fail)
        with pytest.raises(Unavailable):
            register_bundle(store, other, replace=True)
    with pytest.raises(Damaged):
        bundles.read(store, training_bundle.space)
    assert register_bundle(store, other, replace=True).outcome is RegistrationOutcome.REPLACED
    assert bundles.read(store, training_bundle.space).head != training_bundle.head


def fail(store: ObjectStore, key: str, body: bytes, *, etag: str) -> str:
    raise Unavailable(key, "not written: by the test")


def test_a_bundle_that_goes_on_with_what_was_released_takes_the_place_of_the_one_before(
    store: ObjectStore, training_bundle: TrainingBundle, copy: Copy, tmp_path: Path
) -> None:
    """Other base samples and another first head, of the same labels; devices with either bundle take what comes."""
    register_bundle(store, folder_of(training_bundle))
    release(store, training_bundle)
    base = dataclasses.replace(training_bundle.base, features=np.ones((4, 4), np.float32))
    faces = PhotoInput(160, 160, fit=Fit.FACES, faces=BACK)
    other = copy(training_bundle, tmp_path / "other", base=base, input=faces, threshold=0.75, least_cosine_ppm=980_000)
    with pytest.raises(BundleRefused, match="got another one; --replace lets it take its place"):
        register_bundle(store, other)
    assert register_bundle(store, other, replace=True).outcome is RegistrationOutcome.REPLACED
    assert bundles.read(store, training_bundle.space).base.features.tolist() == base.features.tolist()
    assert bundles.read_facts(store, training_bundle.space).least_cosine_ppm == 980_000


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"golden": np.ones(4, np.float32)},
            f"expected cut freeze6 and golden sample {'[0-9a-f]' * 64}, got freeze6 and",
        ),
        (
            {"cut": "freeze5"},
            "expected cut freeze6 and golden sample .*, got freeze5 and .*; an export with --space has",
        ),
        ({"labels": ("Ben", "Ada")}, "expected the labels of the bundle before, in its order, got others"),
        ({"labels": ("Ada", "Ben", "Zoë")}, "expected the labels of the bundle before, in its order, got others"),
        ({"least_cosine_ppm": 990_001}, "expected a least cosine of at most 0.990000, as devices .*, got 0.990001"),
    ],
)
def test_a_bundle_that_does_not_go_on_with_what_was_released_takes_no_place(
    store: ObjectStore, training_bundle: TrainingBundle, copy: Copy, tmp_path: Path, changed: Any, message: str
) -> None:
    register_bundle(store, folder_of(training_bundle))
    release(store, training_bundle)
    where = f"space {training_bundle.space}, which group home has releases of"
    with pytest.raises(BundleRefused, match=f"{where}: {message}"):
        register_bundle(store, copy(training_bundle, tmp_path / "other", **changed), replace=True)
    assert bundles.read(store, training_bundle.space).head == training_bundle.head


def test_where_something_was_released_a_damaged_document_is_not_replaced_unseen(
    store: ObjectStore, training_bundle: TrainingBundle, copy: Copy, tmp_path: Path
) -> None:
    register_bundle(store, folder_of(training_bundle))
    release(store, training_bundle)
    store.put(keys.space_file(training_bundle.space, "bundle.json"), b"{}")
    with pytest.raises(BundleRefused, match="expected a whole document of the bundle before, got "):
        register_bundle(store, copy(training_bundle, tmp_path / "other"), replace=True)
    assert store.get(keys.space_file(training_bundle.space, "bundle.json")).body == b"{}"


def release(store: ObjectStore, bundle: TrainingBundle) -> None:
    """Release a head of the bundle to the group home, as far as a registration looks at it."""
    pool = Pool("home", bundle.space)
    dataset_pointer.swap(store, pool, dataset_pointer.EMPTY, previous=None)
    head = HeadFile.of(FileRef.of(b"head"), np.zeros(2, np.float32))
    manifest = Manifest(
        group=pool.group,
        space=pool.space,
        channel=Channel.LATEST,
        serial=1,
        issued=1_700_000_000,
        expires=1_800_000_000,
        cut=bundle.cut,
        feature_shape=bundle.feature_shape,
        labels=FileRef.of(b"[]"),
        label_count=2,
        heads={Precision.FLOAT32: head},
        golden_sample_sha256=bundle.golden_sample_sha256,
        temperature=1.0,
        threshold=0.5,
        validation_accuracy=None,
        validation_samples=0,
        parent=None,
    )
    envelope = Envelope(manifest.encode(), MANIFEST_PAYLOAD_TYPE, (Signature("0" * 16, bytes(64)),))
    registry.publish(
        store,
        pool,
        previous=registry.read(store, pool),
        envelopes={Channel.LATEST: envelope},
        trained=TrainedDataset("commit", 1, "cycle"),
    )


def test_a_bundle_with_features_of_another_shape_takes_no_place(
    store: ObjectStore, training_bundle: TrainingBundle, copy: Copy, tmp_path: Path
) -> None:
    """Web processes remember the shape, and uploads of it may wait."""
    register_bundle(store, folder_of(training_bundle))
    base = dataclasses.replace(training_bundle.base, features=np.zeros((4, 5), np.float32))
    other = copy(training_bundle, tmp_path / "other", feature_shape=(5,), golden=np.zeros(5, np.float32), base=base)
    with pytest.raises(BundleRefused, match=r"expected features of shape \(4,\), got \(5,\)"):
        register_bundle(store, other, replace=True)


def test_several_spaces_live_side_by_side(
    store: ObjectStore, training_bundle: TrainingBundle, copy: Copy, tmp_path: Path
) -> None:
    register_bundle(store, folder_of(training_bundle))
    other = copy(training_bundle, tmp_path / "other", space="a" * 64, labels=("Ada", "Zoë"))
    register_bundle(store, other)
    assert bundles.registered(store) == [training_bundle.space, "a" * 64]
    assert bundles.read(store, "a" * 64).labels == ("Ada", "Zoë")
    assert bundles.read(store, training_bundle.space).labels == ("Ada", "Ben")


def test_what_is_no_bundle_is_refused_before_anything_is_written(directory_store: ObjectStore, tmp_path: Path) -> None:
    with pytest.raises(BundleRefused, match=r"expected a file"):
        register_bundle(directory_store, tmp_path)
    assert directory_store.list("") == []


def test_a_head_that_is_no_keras_archive_is_refused(
    directory_store: ObjectStore, training_bundle: TrainingBundle, copy: Copy, tmp_path: Path
) -> None:
    """Its space took uploads, and no training of it ever ended well."""
    with pytest.raises(BundleRefused, match=r"head\.keras: expected a Keras archive"):
        register_bundle(directory_store, copy(training_bundle, tmp_path / "copy", head=bytes(range(256)) * 9))
    assert directory_store.list("") == []


def test_a_device_bundle_is_told_from_a_training_bundle(directory_store: ObjectStore, tmp_path: Path) -> None:
    (tmp_path / "bundle.json").write_text('{"format": 1, "kind": "device"}')
    with pytest.raises(BundleRefused, match="expected the training bundle, got the device bundle"):
        register_bundle(directory_store, tmp_path)


def test_a_bundle_that_was_tampered_with_is_refused(
    directory_store: ObjectStore, training_bundle: TrainingBundle, copy: Copy, tmp_path: Path
) -> None:
    folder = copy(training_bundle, tmp_path / "copy")
    (folder / "head.keras").write_bytes(b"tampered")
    with pytest.raises(BundleRefused, match=r"head\.keras"):
        register_bundle(directory_store, folder)
    assert directory_store.list("") == []
