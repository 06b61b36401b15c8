"""Files that are no objects yet: gone when their writer is, however it went, and untouched while it lives."""

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cloud.store.writing import SWEPT_EVERY_S, WritingFolder
from tests.cloud.clock import Clock

WRITE_AND_WAIT = """
import sys, time
from pathlib import Path
from cloud.store.writing import WritingFolder
with WritingFolder(Path(sys.argv[1])).file(b"whole") as path:
    print(path.name, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def folder(tmp_path: Path, clock: Clock) -> WritingFolder:
    (tmp_path / ".writing").mkdir()
    return WritingFolder(tmp_path / ".writing", clock=clock)


def begun(folder: WritingFolder) -> "tuple[subprocess.Popen[str], Path]":
    """A process in the middle of a write that looks old, and its file."""
    command = [sys.executable, "-c", WRITE_AND_WAIT, str(folder.path)]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    path = folder.path / writer.stdout.readline().strip()
    os.utime(path, (0, 0))
    return writer, path


def test_what_a_living_writer_has_is_left_and_what_a_killed_one_had_is_swept(folder: WritingFolder) -> None:
    """Killed writers left a file each, 168 after 130 kills, for a day and until somebody started the service anew."""
    writer, path = begun(folder)
    with writer:
        folder.sweep()
        assert path.read_bytes() == b"whole"
        writer.send_signal(signal.SIGKILL)
        writer.wait(timeout=60)
        assert path.exists()
        folder.sweep()
    assert list(folder.path.iterdir()) == []


def test_who_goes_on_writing_sweeps_what_others_left(folder: WritingFolder, clock: Clock) -> None:
    """A web process that is killed is replaced by one that does not look at the whole store."""
    left = folder.path / "left"
    left.touch()
    os.utime(left, (0, 0))
    clock.now += SWEPT_EVERY_S - 1
    with folder.file(b"one"):
        assert left.exists()
    clock.now += 1
    with folder.file(b"two"):
        assert not left.exists()


def test_what_a_killed_writer_had_just_begun_is_swept_too(folder: WritingFolder) -> None:
    """An erasure says that nothing is left; files of a minute were."""
    (folder.path / "fresh").touch()
    folder.sweep()
    assert list(folder.path.iterdir()) == []


def test_a_writer_whose_file_was_swept_before_it_was_locked_makes_another_one(
    folder: WritingFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = fcntl.flock
    swept: list[bool] = []

    def sweep_first(descriptor: int, operation: int) -> None:
        if not swept:
            swept.append(True)
            folder.sweep()
        lock(descriptor, operation)

    monkeypatch.setattr("cloud.store.writing.fcntl.flock", sweep_first)
    with folder.file(b"whole") as path:
        assert path.read_bytes() == b"whole"
    assert swept


def test_a_file_is_gone_when_it_cannot_be_locked(folder: WritingFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(95, "no locks")

    monkeypatch.setattr("cloud.store.writing.fcntl.flock", refuse)
    with pytest.raises(OSError, match="no locks"), folder.file(b"whole"):
        pass
    assert list(folder.path.iterdir()) == []


def test_a_file_is_gone_when_writing_fails(folder: WritingFolder) -> None:
    with pytest.raises(ValueError, match="broken"), folder.file(b"half"):
        raise ValueError("broken")
    assert list(folder.path.iterdir()) == []
