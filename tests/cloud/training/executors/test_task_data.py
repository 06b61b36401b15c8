"""What tasks carry: the same document and arrays in memory, as bytes, and as a folder."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cloud.training.executors.arrays import Array
from cloud.training.executors.task_data import TaskData
from contract.documents import Json
from contract.errors import ContractError, Malformed

DOCUMENT: dict[str, Json] = {"trained": 3, "nested": {"text": "Zo\u00eb", "none": None}}
ARRAYS: dict[str, Array] = {
    "rows": np.arange(600_000, dtype=np.float32).reshape(-1, 2),
    "labels": np.array([3, 1, 2], np.int64),
    "none": np.zeros((0, 5), np.float32),
    "file": np.frombuffer(b"bytes of a file", np.uint8),
}
DATA = TaskData(DOCUMENT, ARRAYS)


def by_bytes(data: TaskData, folder: Path) -> TaskData:
    return TaskData.decode(data.encode())


def by_folder(data: TaskData, folder: Path) -> TaskData:
    data.save(folder / "saved")
    return TaskData.load(folder / "saved")


def by_both(data: TaskData, folder: Path) -> TaskData:
    return by_folder(by_bytes(by_folder(data, folder / "a"), folder), folder / "b")


@pytest.mark.parametrize("travel", [by_bytes, by_folder, by_both])
def test_what_travels_comes_out_as_it_went_in(tmp_path: Path, travel: Callable[[TaskData, Path], TaskData]) -> None:
    read = travel(DATA, tmp_path)
    assert read.document == DOCUMENT
    assert list(read.arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert read.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(read.arrays[name], array)


def test_a_folders_files_one_after_another_are_the_bytes(tmp_path: Path) -> None:
    DATA.save(tmp_path)
    files = [(tmp_path / name).read_bytes() for name in ("header", *ARRAYS)]
    assert b"".join(files) == DATA.encode()


@pytest.mark.parametrize("name", ["labels", "missing"])
def test_an_array_that_is_missing_or_of_another_kind_is_refused_by_name(name: str) -> None:
    with pytest.raises(Malformed, match=f"task.{name}: expected an array of float32, got"):
        DATA.floats(name)


def test_bytes_that_were_cut_off_are_refused() -> None:
    with pytest.raises(ContractError, match="data section"):
        TaskData.decode(DATA.encode()[:-1])


def test_a_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    DATA.save(tmp_path)
    (tmp_path / "rows").write_bytes(b"")
    with pytest.raises(ValueError, match="reshape"):
        TaskData.load(tmp_path)
