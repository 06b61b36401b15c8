"""Arrays in files: what was written is what is read, and a disk without room is an error, not a death."""

from pathlib import Path

import numpy as np
import pytest

from cloud.training.cycle_folder import CycleFolder
from cloud.training.executors.arrays import FLOAT32, collect_in_memory, place_array, read_array, write_array

LARGE = np.arange(600_000, dtype=np.float32).reshape(-1, 2)
"""Large enough to be mapped."""


@pytest.mark.parametrize("sizes", [(), (0,), (3,), (2, 0, 3)])
def test_rows_that_were_written_in_pieces_are_read_as_one_array(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    pieces = [np.random.default_rng(size).normal(size=(size, 2, 3)).astype(np.float32) for size in sizes]
    shape = sum(sizes), 2, 3
    write_array(tmp_path / "rows", iter(pieces))
    whole = np.concatenate([np.empty((0, 2, 3), np.float32), *pieces])
    np.testing.assert_array_equal(read_array(tmp_path / "rows", dtype=FLOAT32, shape=shape), whole)
    np.testing.assert_array_equal(collect_in_memory(iter(pieces), shape), whole)


def test_other_floats_and_other_orders_are_written_as_float32_rows(tmp_path: Path) -> None:
    rows = np.asfortranarray(np.arange(6.0).reshape(3, 2))
    write_array(tmp_path / "rows", [rows])
    read = read_array(tmp_path / "rows", dtype=FLOAT32, shape=(3, 2))
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, rows)


def test_large_arrays_are_mapped_and_cannot_be_written_to(tmp_path: Path) -> None:
    write_array(tmp_path / "rows", [LARGE])
    mapped = read_array(tmp_path / "rows", dtype=FLOAT32, shape=LARGE.shape)
    assert isinstance(mapped, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        mapped[0] = 1


def test_a_mapped_file_is_linked_and_a_part_of_it_written_anew(tmp_path: Path) -> None:
    """Numpy gives a part of a mapped array the name of the whole file, and its offset."""
    write_array(tmp_path / "rows", [LARGE])
    mapped = read_array(tmp_path / "rows", dtype=FLOAT32, shape=LARGE.shape)
    parts = {"whole": mapped, "part": mapped[:290_000], "columns": mapped[:, 1], "turned": mapped.T}
    for name, part in parts.items():
        place_array(tmp_path / name, part)
        read = read_array(tmp_path / name, dtype=FLOAT32, shape=part.shape)
        np.testing.assert_array_equal(read, part)
    linked = [name for name in parts if (tmp_path / name).samefile(tmp_path / "rows")]
    assert linked == ["whole"]


def test_where_files_cannot_be_linked_they_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(18, "Invalid cross-device link")

    write_array(tmp_path / "rows", [LARGE])
    monkeypatch.setattr(Path, "hardlink_to", refuse)
    place_array(tmp_path / "copy", read_array(tmp_path / "rows", dtype=FLOAT32, shape=LARGE.shape))
    assert not (tmp_path / "copy").samefile(tmp_path / "rows")
    np.testing.assert_array_equal(read_array(tmp_path / "copy", dtype=FLOAT32, shape=LARGE.shape), LARGE)


def test_features_for_which_the_disk_has_no_room_are_an_error(small_disk: Path) -> None:
    """They were written through a mapped file, whose pages the kernel could not give: SIGBUS ended the worker."""
    rows = np.ones((1000, 512), np.float32)
    with pytest.raises(OSError, match="No space left on device"):
        CycleFolder(small_disk).write_features([rows], shape=rows.shape)


def test_an_array_for_which_the_disk_has_no_room_is_an_error(small_disk: Path, tmp_path: Path) -> None:
    """A link to a file of another disk cannot be made, and the copy finds no room."""
    write_array(tmp_path / "rows", [LARGE])
    with pytest.raises(OSError, match="No space left on device"):
        place_array(small_disk / "rows", read_array(tmp_path / "rows", dtype=FLOAT32, shape=LARGE.shape))
