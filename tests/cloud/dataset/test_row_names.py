"""Names of rows: each stands for one feature, wherever it lies, and no other feature ever has it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cloud.dataset import levels, reader
from cloud.dataset.erase import erase_rows
from cloud.dataset.merge import merge_once
from cloud.dataset.row_names import NAME_BYTES, base_names, bytes_of, make_names, parse_names
from cloud.dataset.scopes import LabelScope
from cloud.store import ObjectStore
from cloud.store.keys import InboxUpload, Pool
from contract.upload import upload_id

Send = Callable[..., InboxUpload]


@pytest.fixture
def store(directory_store: ObjectStore) -> ObjectStore:
    return directory_store


@pytest.fixture
def features(store: ObjectStore, pool: Pool, tmp_path: Path) -> Callable[[], dict[bytes, bytes]]:
    """Return what reads the dataset: features by name."""

    def read() -> dict[bytes, bytes]:
        data = reader.load(store, pool, cache=tmp_path)
        assert len(data.names) == len(data)
        return dict(zip(data.names.tolist(), map(np.ndarray.tobytes, data.features[:]), strict=True))

    return read


def test_a_name_stays_with_its_feature_through_merges_corrections_and_erasures(
    store: ObjectStore, pool: Pool, send: Send, features: Callable[[], dict[bytes, bytes]]
) -> None:
    seen: dict[bytes, bytes] = {}
    for number in range(levels.FAN + 3):
        send([f"person {number % 3}", "Zoe"], names=[f"photo {number}", f"zoe {number}"])
        if number % 3 == 2:
            send(["Ada"], names=[f"photo {number - 1}"], revision=1)
        merge_once(store, pool)
        now = features()
        assert {name: feature for name, feature in now.items() if seen.get(name, feature) != feature} == {}
        seen |= now
    assert len(seen) == 2 * (levels.FAN + 3) + 3  # a correction brings a feature of its own
    erase_rows(store, pool, LabelScope("home", "Zoe"), erasure="one")
    left = features()
    assert len(left) == levels.FAN + 3
    assert left.items() <= seen.items()


def test_a_name_says_which_upload_sample_and_revision(
    store: ObjectStore, pool: Pool, send: Send, features: Callable[[], dict[bytes, bytes]]
) -> None:
    sent = send(["Ada"], names=["a photo"], revision=7)
    merge_once(store, pool)
    [name] = parse_names(np.frombuffer(next(iter(features())).ljust(NAME_BYTES, b"\0"), np.uint8).reshape(1, -1))
    joined = bytes_of(np.array([name], "S52"))[0].tobytes()
    assert joined[:32].hex() == sent.sha256
    assert joined[-4:] == (7).to_bytes(4, "big")


def test_names_differ_where_anything_does_zeros_at_the_end_included() -> None:
    """Numpy cuts zeros off the end of a string."""
    origins = np.array([[1] * 32, [1] * 31 + [0], [1] * 32, [1] * 32], np.uint8)
    ids = np.array([[0] * 16, [0] * 16, [0] * 15 + [1], [0] * 16], np.uint8)
    names = make_names(origins, ids, np.array([0, 0, 0, 256], np.uint32))
    assert len(np.unique(names)) == 4
    np.testing.assert_array_equal(parse_names(bytes_of(names)), names)


def test_rows_of_a_base_are_named_by_their_file_and_number() -> None:
    sha256 = upload_id(b"base")
    names = base_names(sha256, 300)
    assert len(np.unique(names)) == 300
    np.testing.assert_array_equal(base_names(sha256, 7), names[:7])
    assert len(np.intersect1d(names, base_names(upload_id(b"another"), 300))) == 0
    assert len(base_names(sha256, 0)) == 0
