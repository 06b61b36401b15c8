"""The Python that has PyTorch: what is said where there is none."""

import sys
from pathlib import Path

import pytest

from bench.measure.torch_python import TORCH, NoTorch, run_with_torch


def test_a_python_that_is_not_there_is_said_to_be_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TORCH, str(tmp_path / "python"))
    with pytest.raises(NoTorch, match=f"{TORCH}: expected a Python that has torch, got .*No such file"):
        run_with_torch("bench.measure.torch_rival")


def test_what_a_module_prints_is_read_and_one_that_fails_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TORCH, sys.executable)
    assert run_with_torch("json.tool", str(_written(tmp_path, '{"rate": 2}'))) == {"rate": 2}
    with pytest.raises(NoTorch, match="Expecting"):
        run_with_torch("json.tool", str(_written(tmp_path, "no JSON")))


def _written(folder: Path, text: str) -> Path:
    path = folder / "document"
    path.write_text(text)
    return path
