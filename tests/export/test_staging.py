"""Outputs that appear whole, whatever happens in between."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from export.staging import PREFIX, staged

KILLED = """
import os, signal, sys
from pathlib import Path
from export.staging import staged
with staged(Path(sys.argv[1])) as folder:
    (folder / "device").mkdir()
    (folder / "device" / "prefix").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder with an earlier export, and something of its owner's."""
    with staged(tmp_path) as folder:
        (folder / "device").mkdir()
        (folder / "device" / "prefix").write_text("old")
        (folder / "parity.json").write_text("old")
    (tmp_path / "notes").write_text("mine")
    return tmp_path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_entries_replace_those_of_their_names_and_nothing_else(out: Path) -> None:
    with staged(out) as folder:
        (folder / "device").mkdir()
        (folder / "device" / "head").write_text("new")
        (folder / "parity.json").write_text("new")
    assert names(out) == ["device", "notes", "parity.json"]
    assert names(out / "device") == ["head"]
    assert (out / "parity.json").read_text() == "new"


def test_an_error_leaves_what_was_there(out: Path) -> None:
    with pytest.raises(FileNotFoundError), staged(out) as folder:
        (folder / "device").joinpath("prefix").write_text("the folder was not made")
    assert names(out) == ["device", "notes", "parity.json"]
    assert (out / "device" / "prefix").read_text() == "old"


def test_an_error_between_two_renames_puts_the_old_folder_back(out: Path) -> None:
    with pytest.raises(NotADirectoryError), staged(out) as folder:
        (folder / "device").mkdir()
        (folder / "parity.json").mkdir()  # cannot be renamed over a file
    assert names(out) == ["device", "notes", "parity.json"]
    assert (out / "device" / "prefix").read_text() == "old"


def test_a_killed_export_leaves_what_was_there_and_the_next_one_clears_up(out: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(out)], env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    )
    assert done.returncode == -signal.SIGKILL
    assert (out / "device" / "prefix").read_text() == "old"
    assert len(list(out.glob(f"{PREFIX}*"))) == 1
    with staged(out):
        pass
    assert names(out) == ["device", "notes", "parity.json"]


def test_the_work_of_an_export_that_still_runs_is_left_alone(out: Path) -> None:
    with staged(out) as first:
        with staged(out):
            pass
        assert first.is_dir()


def test_a_place_that_cannot_be_written_is_said_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"), staged(tmp_path / "file" / "out"):
        pytest.fail("the work began")
