"""A file is there whole or not at all, and is read within its bound."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contract.documents import Fields
from contract.errors import Impossible, Malformed, TooLarge
from contract.files import (
    FileRef,
    atomic_write,
    check_file,
    read_bounded,
    read_checked,
    remove_unfinished,
    sha256_hex,
)

HELLO = FileRef("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", 5)


def test_a_written_file_is_read_back(tmp_path: Path) -> None:
    atomic_write(tmp_path / "file", b"one")
    atomic_write(tmp_path / "file", b"two", mode=0o600)
    assert read_bounded(tmp_path / "file", 3) == b"two"
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    atomic_write(tmp_path / "file", b"old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        atomic_write(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_file_over_its_bound_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"four")
    with pytest.raises(TooLarge, match="at most 3 bytes"):
        read_bounded(tmp_path / "file", 3)


def test_a_reference_is_hash_and_size() -> None:
    assert FileRef.of(b"hello") == HELLO
    assert sha256_hex(b"hello") == HELLO.sha256
    assert FileRef.parse(Fields(HELLO.document(), where="file"), max_bytes=5) == HELLO


WRITE_AND_WAIT = """
import os, sys
from pathlib import Path
from contract.files import atomic_write
flush = os.fsync

def wait(descriptor):
    print("begun", flush=True)
    sys.stdin.readline()
    flush(descriptor)

os.fsync = wait
atomic_write(Path(sys.argv[1]), b"theirs")
"""


def begun(path: Path) -> "subprocess.Popen[str]":
    """A process in the middle of a write."""
    command = [sys.executable, "-c", WRITE_AND_WAIT, str(path)]
    writer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "begun\n"
    return writer


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_what_a_killed_writer_left_goes_with_the_next_writing_and_a_living_one_goes_on(tmp_path: Path) -> None:
    """It stayed for ever: a token, the names of people, a photo with their faces."""
    path = tmp_path / "file"
    with begun(path) as killed, begun(path) as living:
        killed.send_signal(signal.SIGKILL)
        killed.wait(timeout=60)
        assert len(names(tmp_path)) == 2
        atomic_write(path, b"ours")
        assert len(names(tmp_path)) == 2
        living.communicate("go on\n", timeout=60)
    assert (living.returncode, names(tmp_path), path.read_bytes()) == (0, {"file"}, b"theirs")


OTHERS = {".file", ".file.notes", ".file.0123456789abcde", ".other.0123456789abcdef", "file.0123456789abcdef"}
FULL = ".file.fedcba9876543210"


@pytest.fixture
def crowded(tmp_path: Path) -> Iterator[Path]:
    """A folder in which one writer was killed, and which has much else."""
    for name in (".file.0123456789abcdef", *OTHERS):
        (tmp_path / name).write_bytes(b"others")
    (tmp_path / FULL / "inside").mkdir(parents=True)
    yield tmp_path
    assert {path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} <= {b"others", b"new"}


def test_files_of_other_names_stay_and_what_cannot_be_removed_is_no_reason_not_to_write(crowded: Path) -> None:
    atomic_write(crowded / "file", b"new")
    assert names(crowded) == {"file", FULL, *OTHERS}


def test_all_that_killed_writers_left_in_a_folder_can_be_removed_at_once(crowded: Path) -> None:
    remove_unfinished(crowded)
    assert names(crowded) == {FULL, *OTHERS} - {".other.0123456789abcdef"}
    remove_unfinished(crowded / "none")


def test_a_writer_whose_file_was_swept_before_it_was_locked_makes_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, swept = fcntl.flock, list[set[str]]()

    def sweep_first(descriptor: int, operation: int) -> None:
        if not swept:
            swept.append(names(tmp_path))
            remove_unfinished(tmp_path)
        lock(descriptor, operation)

    monkeypatch.setattr("contract.files.fcntl.flock", sweep_first)
    atomic_write(tmp_path / "file", b"whole")
    assert len(swept) == len(swept[0]) == 1
    assert (names(tmp_path), (tmp_path / "file").read_bytes()) == ({"file"}, b"whole")


def test_where_nothing_can_be_locked_a_file_is_written_and_none_is_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on some file systems of networks, where an export may lie: nobody can tell there who lives."""

    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(errno.EOPNOTSUPP, "no locks")

    monkeypatch.setattr("contract.files.fcntl.flock", refuse)
    (tmp_path / ".file.0123456789abcdef").touch()
    atomic_write(tmp_path / "file", b"new")
    assert names(tmp_path) == {"file", ".file.0123456789abcdef"}


@pytest.mark.parametrize(
    ("document", "error"),
    [
        ({"sha256": "2cf2", "size": 5}, Malformed),
        ({"sha256": HELLO.sha256.upper(), "size": 5}, Malformed),
        ({"sha256": HELLO.sha256 + "\n", "size": 5}, Malformed),
        ({"sha256": HELLO.sha256, "size": 0}, Impossible),
        ({"sha256": HELLO.sha256, "size": -5}, Impossible),
        ({"sha256": HELLO.sha256, "size": 6}, TooLarge),
        ({"sha256": HELLO.sha256}, Malformed),
    ],
)
def test_a_hostile_reference_is_refused(document: dict[str, int | str], error: type[Exception]) -> None:
    with pytest.raises(error):
        FileRef.parse(Fields(document, where="file"), max_bytes=5)


@pytest.mark.parametrize(("content", "message"), [(b"hell", "5 bytes, got 4"), (b"hullo", "sha256 2cf24d")])
def test_a_file_that_is_not_the_one_referred_to_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(Impossible, match=message):
        check_file(tmp_path / "file", HELLO)
    with pytest.raises(Impossible, match=message):
        read_checked(tmp_path / "file", HELLO)
    with pytest.raises(Impossible, match=message):
        HELLO.check(content, where="memory")


def test_the_file_referred_to_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"hello")
    assert read_checked(tmp_path / "file", HELLO) == b"hello"


def test_a_file_larger_than_its_reference_is_not_read_whole(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"hello, and more")
    with pytest.raises(TooLarge, match="at most 5 bytes, got more"):
        read_checked(tmp_path / "file", HELLO)


@pytest.mark.parametrize("read", [check_file, read_checked])
def test_a_missing_file_is_refused(tmp_path: Path, read: Callable[[Path, FileRef], object]) -> None:
    for path in (tmp_path / "file", tmp_path):
        with pytest.raises(Malformed, match="expected a file, got none"):
            read(path, HELLO)
