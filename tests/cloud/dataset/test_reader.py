"""The dataset as a trainer reads it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cloud.dataset import inbox, reader
from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.merge import merge_once
from cloud.dataset.pointer import EMPTY
from cloud.dataset.shards import ShardRef
from cloud.errors import Damaged, NotFound
from cloud.identity import devices
from cloud.identity.devices import EnrolledDevice
from cloud.store import ObjectStore, keys
from cloud.store.keys import InboxUpload, Pool
from contract.codecs import Codec
from contract.upload import Upload, decode_upload, encode_upload, upload_id
from tests.cloud.conftest import SELF_TEST

Send = Callable[..., None]


@pytest.fixture
def merge(
    store: ObjectStore,
    space: str,
    pool: Pool,
    arrive: Callable[[bytes], InboxUpload],
    make_upload: Callable[..., bytes],
) -> Send:
    """Merges one upload."""

    def send(labels: list[str], **choices: object) -> None:
        body = make_upload(labels, **choices)
        inbox.add(store, arrive(body), body)
        merge_once(store, pool)

    return send


def test_a_pool_without_samples_has_an_empty_dataset(
    store: ObjectStore, space: str, pool: Pool, tmp_path: Path
) -> None:
    loaded = reader.load(store, pool, cache=tmp_path)
    assert (len(loaded), loaded.commit, loaded.labels) == (0, "", ("Ada", "Ben"))
    assert loaded.features.shape == (0, 4)
    assert loaded.features[:].shape == (0, 4)


def test_labels_of_the_bundle_come_first_and_the_first_spelling_stays(
    store: ObjectStore, pool: Pool, merge: Send, tmp_path: Path
) -> None:
    merge(["zoë", "BEN"])
    merge(["Cleo", "ZOË", "ben"])
    loaded = reader.load(store, pool, cache=tmp_path)
    assert loaded.labels == ("Ada", "Ben", "zoë", "Cleo")
    assert loaded.label_index.tolist() == [2, 1, 3, 2, 1]


def test_a_class_keeps_its_index_when_its_last_photo_is_corrected_away(
    store: ObjectStore, pool: Pool, merge: Send, tmp_path: Path
) -> None:
    merge(["Cleo"], names=["one"])
    merge(["Dora"], names=["two"])
    merge(["Ada"], names=["one"], revision=1)
    loaded = reader.load(store, pool, cache=tmp_path)
    assert loaded.labels == ("Ada", "Ben", "Cleo", "Dora")
    assert loaded.label_index.tolist() == [0, 3]


def test_a_sample_has_its_label_since_the_row_that_first_gave_it(
    store: ObjectStore, pool: Pool, merge: Send, tmp_path: Path
) -> None:
    """A founder who sent all photos again, under the same label, was younger than whoever had come second."""
    for label, revision in (("Ada", 0), ("Ben", 1), ("Ben", 2)):
        merge([label], names=["one"], revision=revision)
        merge(["Cleo"], names=["two"], revision=revision)
    loaded = reader.load(store, pool, cache=tmp_path)
    assert [loaded.labels[place] for place in loaded.label_index] == ["Ben", "Cleo"]
    assert loaded.since.tolist() == [2, 1]
    assert loaded.came.tolist() == [0, 1]


def test_a_device_has_one_number_through_all_shards(
    store: ObjectStore, space: str, pool: Pool, make_upload: Callable[..., bytes], tmp_path: Path
) -> None:
    """A correction is of the device that sent the sample; the same sample id of another device is another sample."""
    first, second = "a" * 32, "b" * 32
    for device in (first, second):
        devices.add(store, EnrolledDevice(device, pool.group, 0, "0" * 64, enrolled=0))
    for device, labels, revision in ((first, ["Ada", "Cleo"], 0), (second, ["Ada"], 0), (first, ["Ada"], 1)):
        body = make_upload(labels, revision=revision)
        inbox.add(store, InboxUpload(pool, device, 0, upload_id(body)), body)
        merge_once(store, pool)
    loaded = reader.load(store, pool, cache=tmp_path)
    assert loaded.devices.tolist() == [0, 0, 1]
    assert loaded.device_ids == (first, second)
    assert loaded.rows_of({second, "e" * 32}).tolist() == [2]
    assert loaded.rows_of({first}).tolist() == [0, 1]
    assert loaded.rows_of(set()).tolist() == []


def test_the_commit_changes_only_with_the_rows(store: ObjectStore, pool: Pool, merge: Send, tmp_path: Path) -> None:
    merge(["Ada"])
    first = reader.load(store, pool, cache=tmp_path).commit
    merge(["Ada"])
    assert reader.load(store, pool, cache=tmp_path).commit == first == dataset_pointer.read(store, pool)[0].commit
    merge(["Ben"])
    assert reader.load(store, pool, cache=tmp_path).commit != first


def test_features_are_read_in_the_order_asked_for(store: ObjectStore, pool: Pool, merge: Send, tmp_path: Path) -> None:
    for number in range(3):
        merge(["Ada"] * 4, names=[f"{number} {place}" for place in range(4)])
    features = reader.load(store, pool, cache=tmp_path).features
    whole = features[:]
    assert features.shape == whole.shape == (12, 4)
    assert whole.dtype == features.dtype == np.float32
    assert len(np.unique(whole[:, 0])) == 12
    assert np.array_equal(features[[11, 0, 5, 5]], whole[[11, 0, 5, 5]])
    assert np.array_equal(features[2:9:3], whole[2:9:3])
    assert np.array_equal(features[np.arange(12) % 2 == 0], whole[::2])
    assert np.array_equal(np.asarray(features), whole)


def test_what_is_read_is_what_each_upload_decodes_to_whatever_its_codec(
    store: ObjectStore, space: str, pool: Pool, arrive: Callable[[bytes], InboxUpload], tmp_path: Path
) -> None:
    """Also of shards of several codecs, that were put together, and of rows that were corrected in another codec."""
    random, expected = np.random.default_rng(0), dict[bytes, bytes]()
    for number in range(24):
        upload = Upload(
            space=space,
            self_test=SELF_TEST,
            features=random.normal(size=(5, 4)).astype(np.float32),
            labels=("Ada",) * 5,
            sample_ids=np.array([[place if place else 10 + number] * 16 for place in range(5)], np.uint8),
            revisions=np.full(5, number, np.uint32),
        )
        body = encode_upload(upload, codec=list(Codec)[number % len(Codec)])
        decoded = decode_upload(body)
        ids = [one.tobytes() for one in decoded.sample_ids]
        expected |= dict(zip(ids, map(np.ndarray.tobytes, decoded.features), strict=True))
        inbox.add(store, arrive(body), body)
        merge_once(store, pool)
    loaded = reader.load(store, pool, cache=tmp_path)
    features = loaded.features[:]
    read = {one.tobytes(): features[place].tobytes() for place, one in enumerate(loaded.sample_ids)}
    assert read == expected
    assert len(read) == 28


def test_a_shard_is_downloaded_once(
    store: ObjectStore, pool: Pool, merge: Send, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    merge(["Ada"], names=["one"])
    reader.load(store, pool, cache=tmp_path)
    (ref,) = dataset_pointer.read(store, pool)[0].shards
    store.delete(keys.shard(pool, ref.sha256))
    assert len(reader.load(store, pool, cache=tmp_path)) == 1
    with pytest.raises(NotFound):
        reader.load(store, pool, cache=tmp_path / "another")


def test_a_shard_that_is_not_what_its_name_says_is_refused(
    store: ObjectStore, pool: Pool, merge: Send, tmp_path: Path
) -> None:
    merge(["Ada"])
    (ref,) = dataset_pointer.read(store, pool)[0].shards
    body = store.get(keys.shard(pool, ref.sha256)).body
    store.put(keys.shard(pool, ref.sha256), body[:-1] + b"\1")
    with pytest.raises(Damaged, match=f"expected sha256 {ref.sha256}"):
        reader.load(store, pool, cache=tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_copy_that_was_cut_short_is_downloaded_again(
    store: ObjectStore, pool: Pool, merge: Send, tmp_path: Path
) -> None:
    merge(["Ada"])
    (ref,) = dataset_pointer.read(store, pool)[0].shards
    (tmp_path / ref.sha256).write_bytes(b"cut")
    assert len(reader.load(store, pool, cache=tmp_path)) == 1


def test_what_is_no_shard_of_the_dataset_any_more_leaves_the_cache(tmp_path: Path) -> None:
    """Erased samples would stay on the worker's disk; what somebody else has put there is none of ours."""
    stays, goes = (tmp_path / name for name in ("a" * 64, "b" * 64))
    others = [tmp_path / f".{'b' * 64}.0123", tmp_path / "README"]
    for path in (stays, goes, *others):
        path.write_bytes(b"features")
    reader.prune(tmp_path, replace(EMPTY, shards=(ShardRef("a" * 64, 8, 1),)))
    assert sorted(tmp_path.iterdir()) == sorted([stays, others[1]])
