"""What a merge learns of a space: a shape, labels and counts, without the features and the head."""

import json
from typing import Any

import numpy as np
import pytest

from cloud.errors import Damaged, NotFound
from cloud.spaces.base_counts import BaseCounts, read_base_counts
from cloud.store import ObjectStore, keys
from contract.bundle import TrainingBundle
from contract.files import FileRef
from contract.tensors import encode_tensors
from tests.cloud.counting import CountingStore

MEBIBYTE = 1 << 20


def put_file(store: ObjectStore, space: str, name: str, *, key: str, body: bytes) -> None:
    """Put another file into a registered space, and name it in the document."""
    document = json.loads(store.get(keys.space_file(space, "bundle.json")).body)
    document[key] = FileRef.of(body).document()
    store.put(keys.space_file(space, name), body)
    store.put(keys.space_file(space, "bundle.json"), json.dumps(document).encode())


def base_file(classes: list[int], *, width: int = 4, **changed: Any) -> bytes:
    """base.tensors with a row for each class."""
    count = len(classes)
    columns: dict[str, np.ndarray[Any, np.dtype[Any]]] = {
        "features": np.zeros((count, width), np.float32),
        "labels": np.array(classes, np.uint32),
        "sample_ids": np.zeros((count, 16), np.uint8),
        "splits": np.zeros(count, np.uint8),
    }
    return encode_tensors(columns | changed, {})


def test_a_space_is_counted_as_its_bundle_would_be(
    store: ObjectStore, space: str, training_bundle: TrainingBundle
) -> None:
    assert read_base_counts(store, space) == BaseCounts(training_bundle.feature_shape, training_bundle.labels, (2, 2))


def test_of_a_huge_bundle_few_bytes_are_read(store: ObjectStore, space: str) -> None:
    """A merge once fetched the whole bundle, which may have 4 GiB, for a shape and these counts."""
    put_file(store, space, "head.keras", key="head", body=bytes(16 * MEBIBYTE))
    put_file(store, space, "base.tensors", key="base", body=base_file([0, 1, 1] * 4_000, width=512))
    counting = CountingStore(store)
    counts = read_base_counts(counting, space)
    assert counts.photos == (4_000, 8_000)
    assert sum(counting.bytes_read.values()) < MEBIBYTE // 2
    assert counting.count("get", "head.keras") == counting.count("get", "golden.tensors") == 0
    assert sum(counting.requests.values()) == 4


def test_a_space_without_base_samples_has_no_photos(store: ObjectStore, space: str) -> None:
    put_file(store, space, "base.tensors", key="base", body=base_file([]))
    assert read_base_counts(store, space).photos == (0, 0)


DAMAGED = [
    pytest.param(base_file([0, 2]), r"base\.tensors\.labels: expected integers below 2, got 2", id="no such class"),
    pytest.param(
        base_file([0, 1], labels=np.zeros((2, 1), np.uint32)), r"labels: expected uint32 \[2\], got", id="a table"
    ),
    pytest.param(base_file([0, 1], labels=np.zeros(2, np.float32)), r"labels: expected uint32", id="another dtype"),
    pytest.param(encode_tensors({"features": np.zeros(3, np.float32)}, {}), "expected a tensor labels", id="no column"),
    pytest.param(b"noise", "base.tensors: ", id="noise"),
]


@pytest.mark.parametrize(("body", "said"), DAMAGED)
def test_base_samples_that_cannot_be_counted_are_damaged(
    store: ObjectStore, space: str, body: bytes, said: str
) -> None:
    put_file(store, space, "base.tensors", key="base", body=body)
    with pytest.raises(Damaged, match=said):
        read_base_counts(store, space)


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("base.tensors", base_file([0]), r"base\.tensors: expected \d+ bytes, got"),
        ("labels.json", b'["Ada", "Zoe"]', r"labels\.json: expected"),
        ("bundle.json", b"{}", r"bundle\.json\.format: expected an integer, got nothing"),
    ],
)
def test_a_file_that_is_not_the_one_its_document_names_is_damaged(
    store: ObjectStore, space: str, name: str, body: bytes, said: str
) -> None:
    store.put(keys.space_file(space, name), body)
    with pytest.raises(Damaged, match=said):
        read_base_counts(store, space)


def test_a_space_that_is_not_registered_is_not_found(store: ObjectStore) -> None:
    with pytest.raises(NotFound):
        read_base_counts(store, "0" * 64)
