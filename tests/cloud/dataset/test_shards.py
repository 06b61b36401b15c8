"""Shards: columns first, features mapped, nothing believed that is not a shard."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cloud.dataset import shards
from cloud.dataset.shards import Columns, ShardRef, encode_shard, read_columns, read_file, write
from cloud.errors import Damaged, NotFound
from cloud.store import ObjectStore, keys
from cloud.store.keys import InboxUpload, Pool
from contract.files import sha256_hex
from contract.self_test import SelfTest
from contract.tensors import decode_tensors, encode_tensors
from tests.cloud.conftest import SELF_TEST

COLUMNS = Columns(
    feature_shape=(2, 3),
    labels=("Ada", "Zoë"),
    devices=("d" * 32,),
    uploads=(f"{'d' * 32}.0/{'a' * 64}", f"{'d' * 32}.3/{'b' * 64}"),
    self_tests=(SELF_TEST, SelfTest(SELF_TEST.setup, 990_001)),
    upload_self_tests=(1, 0),
    sample_ids=np.arange(80, dtype=np.uint8).reshape(5, 16),
    revisions=np.array([0, 0, 1, 0, 7], np.uint32),
    label_index=np.array([0, 1, 1, 0, 0], np.uint32),
    device_index=np.zeros(5, np.uint32),
    upload_index=np.array([0, 0, 0, 1, 1], np.uint32),
    splits=np.array([0, 1, 0, 0, 1], np.uint32),
)
FEATURES = np.arange(30, dtype=np.float32).reshape(5, 2, 3)


def equal(one: Columns, other: Columns) -> bool:
    names = Columns.__slots__
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)


def test_columns_are_read_without_the_features(store: ObjectStore, pool: Pool) -> None:
    ref = write(store, pool, COLUMNS, FEATURES)
    assert ref == ShardRef(ref.sha256, len(encode_shard(COLUMNS, FEATURES)), 5)
    assert equal(read_columns(store, pool, ref), COLUMNS)


def test_long_tables_take_a_second_read(store: ObjectStore, pool: Pool) -> None:
    many = replace(COLUMNS, uploads=tuple(f"{'d' * 32}.0/{number:064x}" for number in range(5000)))
    many = replace(many, upload_self_tests=(0,) * 5000)
    ref = write(store, pool, many, FEATURES)
    assert equal(read_columns(store, pool, ref), many)


def test_features_stay_in_their_file_until_they_are_asked_for(tmp_path: Path) -> None:
    (tmp_path / "shard").write_bytes(encode_shard(COLUMNS, FEATURES))
    columns, features = read_file(tmp_path / "shard")
    assert equal(columns, COLUMNS)
    assert features.shape == FEATURES.shape
    assert np.array_equal(features.read(np.array([4, 0, 0])), FEATURES[[4, 0, 0]])


def test_thousands_of_shards_need_no_thousands_of_open_files(tmp_path: Path) -> None:
    (tmp_path / "shard").write_bytes(encode_shard(COLUMNS, FEATURES))
    before = len(list(Path("/proc/self/fd").iterdir()))
    kept = [read_file(tmp_path / "shard") for _ in range(50)]
    assert all(features.read(np.array([1])).shape == (1, 2, 3) for _, features in kept)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_the_same_content_is_the_same_shard(store: ObjectStore, pool: Pool) -> None:
    assert write(store, pool, COLUMNS, FEATURES) == write(store, pool, COLUMNS, FEATURES)


def test_the_journal_names_every_upload(pool: Pool) -> None:
    assert shards.journal(pool, COLUMNS) == [
        InboxUpload(pool, "d" * 32, 0, "a" * 64),
        InboxUpload(pool, "d" * 32, 3, "b" * 64),
    ]


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param(tuple(map(str, range(100_001))), id="more labels than a table may have"),
        pytest.param(tuple(f"{number:05}" + "\U00020000" * 59 for number in range(70_000)), id="a header over 16 MiB"),
    ],
)
def test_a_shard_that_could_not_be_read_again_is_not_written(
    directory_store: ObjectStore, pool: Pool, labels: tuple[str, ...]
) -> None:
    with pytest.raises(Damaged, match=r"to be written: .* expected at most"):
        write(directory_store, pool, replace(COLUMNS, labels=labels), FEATURES)
    assert directory_store.list("dataset/") == []


@pytest.mark.parametrize("places", [(0,), (0, 1, 0), (0, 2), (0, -1)])
def test_a_shard_whose_uploads_came_with_no_self_test_is_not_written(
    directory_store: ObjectStore, pool: Pool, places: tuple[int, ...]
) -> None:
    with pytest.raises(Damaged, match=r"shard\.self_test_of: expected"):
        write(directory_store, pool, replace(COLUMNS, upload_self_tests=places), FEATURES)


def test_a_shard_that_is_gone_is_not_found(store: ObjectStore, pool: Pool) -> None:
    with pytest.raises(NotFound):
        read_columns(store, pool, ShardRef("0" * 64, 1, 1))


@pytest.mark.parametrize("body", [b"x", b"\xff" * 64, (2).to_bytes(8, "little") + b"{}"])
def test_what_is_no_shard_is_damaged(store: ObjectStore, pool: Pool, tmp_path: Path, body: bytes) -> None:
    store.put(keys.shard(pool, "0" * 64), body)
    with pytest.raises(Damaged):
        read_columns(store, pool, ShardRef("0" * 64, len(body), 1))
    (tmp_path / "shard").write_bytes(body)
    with pytest.raises(Damaged):
        read_file(tmp_path / "shard")


def test_what_a_later_version_added_to_a_shard_is_ignored(store: ObjectStore, pool: Pool, tmp_path: Path) -> None:
    """Further keys in its metadata, and further columns before the features and behind them."""
    plain = decode_tensors(encode_shard(COLUMNS, FEATURES))
    tensors = {"before": np.zeros(3, np.uint8), **plain.tensors, "behind": np.zeros(3, np.uint8)}
    later = encode_tensors(tensors, {**plain.metadata, "added": {"by": "a later version"}})
    ref = ShardRef(sha256_hex(later), len(later), 5)
    store.put(keys.shard(pool, ref.sha256), later)
    assert equal(read_columns(store, pool, ref), COLUMNS)
    (tmp_path / "shard").write_bytes(later)
    columns, features = read_file(tmp_path / "shard")
    assert equal(columns, COLUMNS)
    assert np.array_equal(features.read(np.arange(5)), FEATURES)


def test_a_shard_without_a_tensor_is_damaged(tmp_path: Path) -> None:
    plain = decode_tensors(encode_shard(COLUMNS, FEATURES))
    for missing in plain.tensors:
        tensors = {name: tensor for name, tensor in plain.tensors.items() if name != missing}
        (tmp_path / "shard").write_bytes(encode_tensors(tensors, plain.metadata))
        with pytest.raises(Damaged, match=f"/shard: shard: expected a tensor {missing}, got "):
            read_file(tmp_path / "shard")


def test_a_shard_with_a_column_behind_its_features_is_damaged(tmp_path: Path) -> None:
    plain = decode_tensors(encode_shard(COLUMNS, FEATURES))
    tensors = dict(plain.tensors)
    tensors["splits"] = tensors.pop("splits")
    (tmp_path / "shard").write_bytes(encode_tensors(tensors, plain.metadata))
    with pytest.raises(Damaged, match="/shard: splits: expected a tensor before features, got one behind it"):
        read_file(tmp_path / "shard")


def test_every_truncation_is_damaged(tmp_path: Path) -> None:
    body = encode_shard(COLUMNS, FEATURES)
    for size in range(len(body)):
        (tmp_path / "shard").write_bytes(body[:size])
        with pytest.raises(Damaged):
            read_file(tmp_path / "shard")


def test_a_shard_of_another_version_is_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "SHARD_FORMAT", 2)
    (tmp_path / "shard").write_bytes(encode_shard(COLUMNS, FEATURES))
    monkeypatch.undo()
    with pytest.raises(Damaged, match="format"):
        read_file(tmp_path / "shard")
