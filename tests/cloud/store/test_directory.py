"""What only a directory can suffer: kills in the middle, full disks, folders that vanish."""

import errno
import fcntl
import logging
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from cloud.errors import NotFound, StoreFull, StoreRefused, StoreUnreachable, Unavailable, Uncertain
from cloud.store import directory as directory_module
from cloud.store import open_store, probe, writing
from cloud.store.directory import DirectoryStore

WRITE_FOREVER = """
import sys
from cloud.store import open_store
store = open_store(sys.argv[1])
print("ready", flush=True)
number = 0
while True:
    number += 1
    body = (b"%08d" % number) * 100_000
    store.put("folder/whole", body)
    store.put(f"many/{number}", body[:8])
"""

LIMITED_FILES = """
import resource, sys
from cloud.errors import StoreFull
from cloud.store import open_store
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
store = open_store(sys.argv[1])
try:
    store.put("large", bytes(8192))
except StoreFull as error:
    print(error)
"""


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    made = DirectoryStore(tmp_path / "store")
    made.prepare()
    return made


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for 256 KiB; mounting one needs root."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("mounting a small disk is not allowed here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def files_below(root: Path) -> list[str]:
    return sorted(
        str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and ".locks" not in path.parts
    )


def test_a_writer_killed_at_any_instant_leaves_whole_objects(store: DirectoryStore, tmp_path: Path) -> None:
    for _ in range(4):
        command = [sys.executable, "-c", WRITE_FOREVER, f"dir:{tmp_path / 'store'}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(0.15)
            writer.send_signal(signal.SIGKILL)
        body = store.get("folder/whole").body
        assert body == body[:8] * 100_000
        assert all(store.stat(key).size == 8 for key in store.list("many/"))
        assert all("." not in key for key in store.list(""))


def test_a_full_disk_is_said_and_leaves_nothing_half_written(tiny_disk: Path) -> None:
    store = DirectoryStore(tiny_disk / "store")
    store.prepare()
    etag = store.put("kept", bytes(100_000))
    writes: tuple[Callable[[], str], ...] = (
        lambda: store.put("large", bytes(300_000)),
        lambda: store.put_if_absent("large", bytes(300_000)),
        lambda: store.put_if_match("kept", bytes(300_000), etag=etag),
        lambda: store.put("kept", bytes(300_000)),
    )
    for write in writes:
        with pytest.raises(StoreFull, match="No space left"):
            write()
    assert files_below(tiny_disk / "store") == ["kept"]
    assert store.get("kept").body == bytes(100_000)
    store.delete("kept")
    store.put("small", bytes(200_000))


def test_a_file_over_the_processs_limit_is_a_full_store_too(store: DirectoryStore, tmp_path: Path) -> None:
    command = [sys.executable, "-c", LIMITED_FILES, f"dir:{tmp_path / 'store'}"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stdout == "large: not written: File too large\n"
    assert files_below(tmp_path / "store") == []


def test_folders_go_with_their_last_object(store: DirectoryStore, tmp_path: Path) -> None:
    for key in ("a/b/c/1", "a/b/2"):
        store.put(key, b"")
    store.delete("a/b/c/1")
    assert not (tmp_path / "store/a/b/c").exists()
    assert store.list("") == ["a/b/2"]
    store.delete("a/b/2")
    assert sorted(path.name for path in (tmp_path / "store").iterdir()) == [".locks", ".writing"]


def test_a_folder_that_cannot_be_made_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreRefused, match=r"^dir:.*/file/store: expected a folder that can be written, got Not a dir"):
        probe(open_store(f"dir:{tmp_path / 'file/store'}"))


def test_a_store_whose_folder_vanished_did_not_write(store: DirectoryStore, tmp_path: Path) -> None:
    (tmp_path / "store/.writing").rmdir()
    with pytest.raises(Unavailable, match="not written"):
        store.put("a", b"")


def test_a_disk_that_is_not_mounted_is_no_empty_store(store: DirectoryStore, tmp_path: Path) -> None:
    """Otherwise every token would be refused for good, and the inbox would look merged."""
    store.put("a/b", b"")
    (tmp_path / "store").rename(tmp_path / "elsewhere")
    for mounted in (False, True):
        (tmp_path / "store").mkdir() if mounted else None
        for ask in (store.get, store.stat, store.list, lambda key: store.put(key, b"")):
            with pytest.raises(Unavailable):
                ask("a/b")


def test_a_failed_flush_after_the_rename_is_uncertain(store: DirectoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put("folder/a", b"old")

    def fail(folder: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(directory_module, "_flush_folder", fail)
    with pytest.raises(Uncertain, match="Input/output error"):
        store.put("folder/a", b"new")
    assert store.get("folder/a").body == b"new"


def test_a_key_that_is_the_folder_of_another_is_no_object(store: DirectoryStore) -> None:
    store.put("a/b", b"")
    for ask in (store.get, store.stat):
        with pytest.raises(NotFound):
            ask("a")
        with pytest.raises(NotFound):
            ask("a/b/c")
    store.delete("a/b/c")
    with pytest.raises(Unavailable):
        store.put("a/b/c", b"")
    with pytest.raises(Unavailable):
        store.put("a", b"")
    assert store.list("") == ["a/b"]


def failing(number: int) -> Callable[..., None]:
    """What a file system does that answers with an error of this number."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("number", [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EINVAL])
def test_a_file_system_without_hard_links_is_refused_by_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """FAT answers EPERM, which read as a right that is missing, and only with the first upload."""
    monkeypatch.setattr(os, "link", failing(number))
    with pytest.raises(StoreRefused, match=r"^dir:.*: expected a file system with hard links, got one without: "):
        probe(open_store(f"dir:{tmp_path / 'store'}"))
    assert files_below(tmp_path / "store") == []


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_locks_is_refused_by_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(fcntl, "flock", failing(number))
    with pytest.raises(StoreRefused, match=r"^dir:.*: expected a file system with file locks \(flock\), got one wit"):
        probe(open_store(f"dir:{tmp_path / 'store'}"))


def test_nobody_else_may_look_into_its_folders(tmp_path: Path) -> None:
    """Names of objects are of groups and devices."""
    store = open_store(f"dir:{tmp_path / 'store'}")
    store.prepare()
    store.put("folder/deeper/a", b"1")
    folders = [tmp_path / "store", *(path for path in (tmp_path / "store").rglob("*") if path.is_dir())]
    assert len(folders) > 3
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_that_cannot_flush_folders_is_used_with_one_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, number: int
) -> None:
    """Every write was "written, but its folder was not flushed", so the service waited for ever at its start."""
    fsync = os.fsync

    def flush_files_only(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", flush_files_only)
    store = open_store(f"dir:{tmp_path / 'store'}")
    with caplog.at_level(logging.WARNING):
        probe(store)
        store.put("folder/a", b"1")
        store.put_if_absent("folder/b", b"2")
        store.delete("folder/a")
    assert store.list("") == ["folder/b"]
    (warning,) = caplog.records
    assert "may not outlive a power cut" in warning.getMessage()
    assert str(tmp_path / "store") in warning.getMessage()


def test_a_folder_that_fails_to_flush_for_another_reason_is_no_file_system_without_flushes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory_module, "_flush_folder", failing(errno.EIO))
    with pytest.raises(StoreRefused, match="expected a folder that can be written, got Input/output error"):
        probe(open_store(f"dir:{tmp_path / 'store'}"))


def test_a_disk_that_is_full_at_the_start_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", failing(errno.ENOSPC))
    with pytest.raises(StoreUnreachable, match="No space left"):
        probe(open_store(f"dir:{tmp_path / 'store'}"))


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_folder_that_may_not_be_written_any_more_is_refused_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    store = open_store(f"dir:{tmp_path / 'store'}")
    store.prepare()
    monkeypatch.setattr(store, "prepare", lambda: None)
    monkeypatch.setattr(writing, "_write", failing(number))
    with pytest.raises(StoreRefused) as caught:
        probe(store)
    assert caught.type is StoreRefused


def test_a_list_of_one_folder_reads_none_beside_it(store: DirectoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of one pool read the names of all pools."""
    for number in range(5):
        store.put(f"dataset/group-{number}/space/HEAD", b"")
    scanned, scan = list[str](), os.scandir

    def note(folder: Path) -> AbstractContextManager[Iterator[os.DirEntry[str]]]:
        scanned.append(folder.name)
        return scan(folder)

    monkeypatch.setattr("cloud.store.key_walk.os.scandir", note)
    assert store.list("dataset/group-3/") == ["dataset/group-3/space/HEAD"]
    assert store.list("dataset/group-3/sp") == ["dataset/group-3/space/HEAD"]
    assert store.list("dataset/group-3/", after="dataset/group-3/space/HEAD") == []
    assert set(scanned) == {"group-3", "space"}
    assert store.list("dataset/group-3/space/HEAD/") == store.list("dataset/group-9/") == []


@pytest.mark.parametrize("prefix", [".writing/", "a/../a/", "a/./", "/", "a//"])
def test_a_prefix_that_no_key_has_finds_nothing(store: DirectoryStore, prefix: str) -> None:
    store.put("a/b", b"")
    assert store.list(prefix) == []
