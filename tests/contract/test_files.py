"""A file is there whole or not at all, and is read within its bound."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from contract.documents import Fields
from contract.errors import Impossible, Malformed, TooLarge
from contract.files import FileRef, atomic_write, check_file, read_bounded, read_checked, sha256_hex

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
