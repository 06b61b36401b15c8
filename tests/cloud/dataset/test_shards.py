"""Shards: columns first, features as they came, nothing believed that is not a shard."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from cloud.dataset import columns as shard_columns
from cloud.dataset.columns import Arrivals, Columns, join_columns
from cloud.dataset.shards import ShardRef, encode_shard, read_columns, read_file, read_whole, write
from cloud.errors import Damaged, NotFound
from cloud.store import ObjectStore, keys
from cloud.store.keys import InboxUpload, Pool
from contract.codecs import Codec
from contract.files import sha256_hex
from contract.self_test import SelfTest
from contract.tensors import decode_tensors, encode_tensors
from tests.cloud.conftest import SELF_TEST
from tests.cloud.dataset.shard_making import arrivals, blocks_of, columns_of, encoded

COLUMNS = Columns(
    feature_shape=(2, 3),
    labels=("Ada", "Zoë"),
    devices=("d" * 32, "e" * 32),
    self_tests=(SELF_TEST, SelfTest(SELF_TEST.setup, 990_001)),
    arrivals=arrivals([1, 0], generations=[0, 3], self_tests=[1, 0], merged=[1_800_000_007, 1_800_000_009]),
    sample_ids=np.arange(80, dtype=np.uint8).reshape(5, 16),
    revisions=np.array([0, 0, 1, 0, 7], np.uint32),
    label_index=np.array([0, 1, 1, 0, 0], np.uint32),
    arrival_index=np.array([0, 0, 0, 1, 1], np.uint32),
    splits=np.array([0, 1, 0, 0, 1], np.uint8),
)
FEATURES = np.arange(30, dtype=np.float32).reshape(5, 2, 3)


def body_of(columns: Columns = COLUMNS) -> bytes:
    return encode_shard(columns, blocks_of(encoded(FEATURES)))


def equal(one: Columns | Arrivals, other: Columns | Arrivals) -> bool:
    pairs = [(getattr(one, field.name), getattr(other, field.name)) for field in fields(one)]
    return all(
        equal(mine, theirs) if isinstance(mine, Arrivals) else np.array_equal(mine, theirs) for mine, theirs in pairs
    )


def test_columns_are_read_without_the_features(store: ObjectStore, pool: Pool) -> None:
    ref = write(store, pool, COLUMNS, blocks_of(encoded(FEATURES)))
    assert ref == ShardRef(ref.sha256, len(body_of()), 5, 1_800_000_007)
    read = read_columns(store, pool, ref)
    assert equal(read, COLUMNS)
    assert read.device_index.tolist() == [1, 1, 1, 0, 0]
    assert read.merged.tolist() == [1_800_000_007] * 3 + [1_800_000_009] * 2


def test_long_tables_take_a_second_read(store: ObjectStore, pool: Pool) -> None:
    many = replace(COLUMNS, arrivals=arrivals([0] * 20_000))
    ref = write(store, pool, many, blocks_of(encoded(FEATURES)))
    assert equal(read_columns(store, pool, ref), many)


def test_an_upload_takes_a_few_bytes_of_a_shard() -> None:
    """It was named by a hundred characters of text, so that a shard could not have a hundred thousand of them."""
    counts = (0, 100_000)
    sizes = [len(body_of(replace(COLUMNS, arrivals=arrivals([0] * (2 + count))))) for count in counts]
    assert (sizes[1] - sizes[0]) / 100_000 < 53


def test_features_stay_in_their_file_until_they_are_asked_for(tmp_path: Path) -> None:
    (tmp_path / "shard").write_bytes(body_of())
    columns, features = read_file(tmp_path / "shard")
    assert equal(columns, COLUMNS)
    assert features.shape == FEATURES.shape
    assert np.array_equal(features.read(np.array([4, 0, 0])), FEATURES[[4, 0, 0]])


def test_thousands_of_shards_need_no_thousands_of_open_files(tmp_path: Path) -> None:
    (tmp_path / "shard").write_bytes(body_of())
    before = len(list(Path("/proc/self/fd").iterdir()))
    kept = [read_file(tmp_path / "shard") for _ in range(50)]
    assert all(features.read(np.array([1])).shape == (1, 2, 3) for _, features in kept)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_whole_shard_is_what_was_written(store: ObjectStore, pool: Pool) -> None:
    int4 = encoded(FEATURES[3:], Codec.INT4)
    ref = write(store, pool, COLUMNS, blocks_of(encoded(FEATURES[:3]), int4))
    columns, features = read_whole(store, pool, ref)
    assert equal(columns, COLUMNS)
    assert np.array_equal(features.read(np.arange(3)), FEATURES[:3])
    assert np.allclose(features.read(np.arange(3, 5)), FEATURES[3:], atol=1)


def test_no_shard_is_written_twice_so_who_wrote_one_in_vain_may_delete_it(store: ObjectStore, pool: Pool) -> None:
    refs = [write(store, pool, COLUMNS, blocks_of(encoded(FEATURES))) for _ in range(2)]
    assert refs[0].sha256 != refs[1].sha256


def test_the_journal_names_every_upload(pool: Pool) -> None:
    assert COLUMNS.uploads(pool) == [
        InboxUpload(pool, "e" * 32, 0, "0" * 64),
        InboxUpload(pool, "d" * 32, 3, f"{1:064x}"),
    ]


def test_shards_that_are_put_together_say_what_each_has_said(pool: Pool) -> None:
    second = columns_of([("d" * 32, 1, 4, "Ben"), ("f" * 32, 2, 0, "Ada")], feature_shape=(2, 3))
    joined = join_columns([COLUMNS, second])
    assert joined.uploads(pool) == COLUMNS.uploads(pool) + second.uploads(pool)
    assert len(joined) == 7
    for begin, one in ((0, COLUMNS), (5, second)):
        for row in range(len(one)):
            place = begin + row
            assert joined.labels[joined.label_index[place]] == one.labels[one.label_index[row]]
            assert joined.devices[joined.device_index[place]] == one.devices[one.device_index[row]]
            assert joined.merged[place] == one.merged[row]
            tests = [
                each.self_tests[each.arrivals.self_test_index[each.arrival_index[here]]]
                for each, here in ((joined, place), (one, row))
            ]
            assert tests[0] == tests[1]
    assert joined.labels == ("Ada", "Zoë", "Ben")


@pytest.mark.parametrize(
    ("bound", "said"),
    [("MAX_TABLE", "at most 2 items, got 3"), ("MAX_TABLES_BYTES", "at most 2 bytes"), ("MAX_ROWS", "at most 2 rows")],
)
def test_a_shard_that_could_not_be_read_again_is_not_written(
    directory_store: ObjectStore, pool: Pool, monkeypatch: pytest.MonkeyPatch, bound: str, said: str
) -> None:
    monkeypatch.setattr(shard_columns, bound, 2)
    with pytest.raises(Damaged, match=f"to be written: .*expected {said}"):
        write(directory_store, pool, replace(COLUMNS, labels=("Ada", "Ben", "Zoe")), blocks_of(encoded(FEATURES)))
    assert directory_store.list("dataset/") == []


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"labels": ("Ada",)}, "labels"),
        ({"devices": ("d" * 32,)}, "arrival_devices"),
        ({"self_tests": (SELF_TEST,)}, "arrival_self_tests"),
        ({"arrivals": arrivals([1])}, "arrivals"),
        ({"devices": ("d" * 32, "../../etc")}, "devices"),
        ({"splits": np.array([0, 1, 0, 0, 2], np.uint8)}, "splits"),
        ({"splits": np.array([0, 1, 0, 0], np.uint8)}, "splits"),
        ({"revisions": np.zeros(5, np.uint8)}, "revisions"),
    ],
)
def test_a_shard_that_names_what_it_does_not_have_is_not_written(
    directory_store: ObjectStore, pool: Pool, changed: dict[str, object], where: str
) -> None:
    with pytest.raises(Damaged, match=rf"to be written: .*{where}: expected"):
        write(directory_store, pool, replace(COLUMNS, **changed), blocks_of(encoded(FEATURES)))  # type: ignore[arg-type]  # any field


def test_a_shard_whose_blocks_have_other_rows_is_not_written(directory_store: ObjectStore, pool: Pool) -> None:
    with pytest.raises(Damaged, match=r"blocks: expected 5 rows in [0-9]+ bytes, got 4 and [0-9]+"):
        write(directory_store, pool, COLUMNS, blocks_of(encoded(FEATURES[:4])))


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
    plain = decode_tensors(body_of())
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
    plain = decode_tensors(body_of())
    for missing in plain.tensors:
        tensors = {name: tensor for name, tensor in plain.tensors.items() if name != missing}
        (tmp_path / "shard").write_bytes(encode_tensors(tensors, plain.metadata))
        with pytest.raises(Damaged, match=f"/shard: shard: expected a tensor {missing}, got "):
            read_file(tmp_path / "shard")


def test_a_shard_with_a_column_behind_its_features_is_damaged(tmp_path: Path) -> None:
    plain = decode_tensors(body_of())
    tensors = dict(plain.tensors)
    tensors["splits"] = tensors.pop("splits")
    (tmp_path / "shard").write_bytes(encode_tensors(tensors, plain.metadata))
    with pytest.raises(Damaged, match="/shard: splits: expected a tensor before features, got one behind it"):
        read_file(tmp_path / "shard")


def test_every_truncation_is_damaged(tmp_path: Path) -> None:
    body = body_of()
    for size in range(len(body)):
        (tmp_path / "shard").write_bytes(body[:size])
        with pytest.raises(Damaged):
            read_file(tmp_path / "shard")


def test_a_shard_of_another_version_is_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard_columns, "SHARD_FORMAT", 3)
    (tmp_path / "shard").write_bytes(body_of())
    monkeypatch.undo()
    with pytest.raises(Damaged, match="format"):
        read_file(tmp_path / "shard")
