"""A stored tensor file is read in part: its header, and single tensors, by few and small reads."""

import numpy as np
import pytest

from cloud.errors import Damaged, NotFound
from cloud.store import ObjectStore
from cloud.store.tensor_files import FIRST_READ_BYTES, open_tensor_file
from contract.tensors import encode_tensors
from tests.cloud.counting import CountingStore

LARGE = np.arange(1 << 18, dtype=np.float32)
SMALL = np.arange(5, dtype=np.uint32)


def test_a_tensor_behind_a_large_one_takes_a_read_of_its_own(store: ObjectStore) -> None:
    body = encode_tensors({"large": LARGE, "small": SMALL}, {"format": 1})
    store.put("file", body)
    counting = CountingStore(store)
    file = open_tensor_file(counting, "file")
    assert (file.size, file.header.metadata) == (len(body), {"format": 1})
    assert np.array_equal(file.read(["small"])["small"], SMALL)
    assert counting.bytes_read["file"] == FIRST_READ_BYTES + SMALL.nbytes
    assert counting.count("get", "file") == 2


def test_tensors_in_the_first_read_take_no_other(store: ObjectStore) -> None:
    store.put("file", encode_tensors({"small": SMALL, "smaller": SMALL[:1], "large": LARGE}, {}))
    counting = CountingStore(store)
    read = open_tensor_file(counting, "file").read(["smaller", "small"])
    assert [values.tolist() for values in read.values()] == [[0], [0, 1, 2, 3, 4]]
    assert counting.count("get", "file") == 1


def test_a_header_longer_than_the_first_read_is_read_to_its_end(store: ObjectStore) -> None:
    names = [f"{number:0{FIRST_READ_BYTES}}" for number in range(3)]
    store.put("file", encode_tensors({"small": SMALL, "large": LARGE}, {"names": names}))
    file = open_tensor_file(store, "file")
    assert file.header.metadata["names"] == names
    assert np.array_equal(file.read(["small"])["small"], SMALL)


def test_an_empty_tensor_is_read(store: ObjectStore) -> None:
    store.put("file", encode_tensors({"large": LARGE, "empty": SMALL[:0]}, {}))
    assert open_tensor_file(store, "file").read(["empty"])["empty"].shape == (0,)


BODY = encode_tensors({"small": SMALL}, {})


@pytest.mark.parametrize("body", [b"", b"x", b"\xff" * 64, BODY[:-1], BODY[:20], BODY + b"\0"])
def test_what_is_not_a_whole_tensor_file_is_damaged(store: ObjectStore, body: bytes) -> None:
    store.put("file", body)
    with pytest.raises(Damaged, match=r"^file: "):
        open_tensor_file(store, "file")


def test_a_tensor_that_the_file_does_not_have_is_damaged(store: ObjectStore) -> None:
    store.put("file", BODY)
    with pytest.raises(Damaged, match=r"^file: expected a tensor labels, got small$"):
        open_tensor_file(store, "file").read(["small", "labels"])


def test_a_file_that_does_not_exist_is_not_found(store: ObjectStore) -> None:
    with pytest.raises(NotFound):
        open_tensor_file(store, "file")
