"""Which measurements there are, and what becomes of one that cannot be taken."""

import importlib
import os
from pathlib import Path

import pytest

from bench.data import find_data
from bench.isolated import in_fresh_process
from bench.measure import prefix
from bench.measurements import BY_NAME, NAMES, module_of, take
from bench.row import NotMeasured
from demo.errors import DemoError


@pytest.mark.parametrize("name", [*NAMES, *BY_NAME])
def test_every_measurement_is_a_module_that_measures(name: str) -> None:
    assert callable(importlib.import_module(module_of(name)).measure)


def test_a_measurement_runs_in_a_process_of_its_own() -> None:
    assert in_fresh_process(os.getpid) != os.getpid()


def test_a_measurement_whose_data_are_damaged_is_left_out_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "facenet_vggface2.npz").write_bytes(b"no weights")
    (tmp_path / "faces" / "lfw65").mkdir(parents=True)
    monkeypatch.setenv("FEDEX_DATA", str(tmp_path))
    [row] = take("inference", work=tmp_path)
    assert isinstance(row, NotMeasured)
    assert "expected one folder a person, got none" in row.reason


def test_data_are_real_where_the_environment_says_there_are_some(tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "facenet_vggface2.npz").touch()
    (tmp_path / "faces" / "lfw65").mkdir(parents=True)
    data = find_data({"FEDEX_DATA": str(tmp_path)}, work=tmp_path)
    assert data.name == "lfw65, VGGFace2 weights"


def test_data_that_the_environment_names_and_that_are_not_there_are_refused(tmp_path: Path) -> None:
    """After a slip of the pen drawn people were measured, and shown in place of real ones."""
    with pytest.raises(DemoError, match=r"FEDEX_DATA: expected a folder with .*, got .*nowhere"):
        find_data({"FEDEX_DATA": str(tmp_path / "nowhere")}, work=tmp_path)


def test_the_goal_of_the_prefix_depends_on_the_instruction_set() -> None:
    assert prefix.goal(("avx512_vnni", "avx2")).bound == 0.35
    assert prefix.goal(("avx2",)).bound == 0.95
