"""A cycle's arrays on disk: what was written is what is read, and a disk without room is an error, not a death."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cloud.training.cycle_folder import CycleFolder, map_array, write_array


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "fedex-test", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a file system needs root; a worker with a limit on files is tested all the same")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("sizes", [(), (0,), (3,), (2, 0, 3)])
def test_rows_that_were_written_in_pieces_are_read_as_one_array(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    chunks = [np.random.default_rng(size).normal(size=(size, 2, 3)).astype(np.float32) for size in sizes]
    write_array(tmp_path / "rows.npy", iter(chunks), shape=(sum(sizes), 2, 3))
    whole = np.concatenate([np.empty((0, 2, 3), np.float32), *chunks])
    np.testing.assert_array_equal(map_array(tmp_path / "rows.npy"), whole)


def test_other_floats_and_other_orders_are_written_as_float32_rows(tmp_path: Path) -> None:
    rows = np.asfortranarray(np.arange(6.0).reshape(3, 2))
    write_array(tmp_path / "rows.npy", [rows], shape=(3, 2))
    read = map_array(tmp_path / "rows.npy")
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, rows)


def test_features_for_which_the_disk_has_no_room_are_an_error(small_disk: Path) -> None:
    """They were written through a mapped file, whose pages the kernel could not give: SIGBUS ended the worker."""
    rows = np.ones((1000, 512), np.float32)
    with pytest.raises(OSError, match="No space left on device"):
        CycleFolder(small_disk).write_features([rows], shape=rows.shape)
