"""Where real weights and faces are found."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from demo.real_data import find_real_data


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that looks like real data."""
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "facenet_vggface2.npz").touch()
    (tmp_path / "faces" / "lfw65").mkdir(parents=True)
    return tmp_path


def test_the_environment_says_where_real_data_is(folder: Path) -> None:
    real = find_real_data({"FEDEX_DATA": str(folder)})
    assert real is not None
    assert real.folder == folder


def test_a_script_is_told_the_whole_path(folder: Path) -> None:
    """The tests against a wheel change folders, and a FEDEX_DATA of `data` led them astray."""
    place = os.environ | {"FEDEX_DATA": os.path.relpath(folder)}
    done = subprocess.run([sys.executable, "-m", "demo.real_data"], env=place, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, str(folder))
