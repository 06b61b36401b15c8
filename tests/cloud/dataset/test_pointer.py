"""The dataset's pointer: what it must say, and what is said of one that does not."""

import pytest

from cloud.dataset import pointer as dataset_pointer
from cloud.dataset.shards import ShardRef
from cloud.errors import Damaged
from cloud.store import ObjectStore, keys
from cloud.store.keys import Pool
from contract.documents import Json, encode_json

SHARD = ShardRef("a" * 64, 1_000, 3)
DATASET = dataset_pointer.DatasetPointer("", (SHARD,), samples=2, rows=3, uploads=1, journal=SHARD.sha256)
DOCUMENT: dict[str, Json] = {
    "commit": "x",
    "ancestors": [],
    "format": 1,
    "shards": [SHARD.document()],
    "samples": 2,
    "rows": 3,
    "uploads": 1,
    "journal": SHARD.sha256,
}


def test_what_was_swapped_in_is_read_back(store: ObjectStore, pool: Pool) -> None:
    written = dataset_pointer.swap(store, pool, DATASET, previous=None)
    assert (written.shards, written.rows, written.journal) == ((SHARD,), 3, SHARD.sha256)
    assert dataset_pointer.read(store, pool)[0] == written


def test_before_the_first_merge_there_is_an_empty_dataset(store: ObjectStore, pool: Pool) -> None:
    assert dataset_pointer.read(store, pool) == (dataset_pointer.EMPTY, None)


NO_POINTERS = [
    pytest.param({"format": 2}, "format: expected 1, got 2", id="a later format"),
    pytest.param({"shards": {}}, "shards: expected a list", id="shards by name"),
    pytest.param({"shards": [{}]}, r"shards\.0\.sha256: expected a string, got nothing", id="a shard without a hash"),
    pytest.param({"rows": "3"}, "rows: expected an integer, got '3'", id="rows as text"),
    pytest.param({"samples": -1}, "samples: expected an integer from 0", id="fewer than no samples"),
    pytest.param({"journal": "x"}, "journal: expected text like", id="a journal that is not a hash"),
]


@pytest.mark.parametrize(("changed", "said"), NO_POINTERS)
def test_a_pointer_of_something_else_is_damaged_and_the_message_says_where(
    store: ObjectStore, pool: Pool, changed: dict[str, Json], said: str
) -> None:
    key = keys.dataset_pointer(pool)
    store.put(key, encode_json(DOCUMENT | changed))
    with pytest.raises(Damaged, match=rf"^{key}\.{said}"):
        dataset_pointer.read(store, pool)
