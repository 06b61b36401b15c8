"""What only a directory can suffer: kills in the middle, full disks, folders that vanish."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cloud.errors import NotFound, StoreFull, StoreRefused, Unavailable, Uncertain
from cloud.store import directory as directory_module
from cloud.store import open_store, probe
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


def test_what_a_killed_writer_left_is_swept_after_a_day(store: DirectoryStore, tmp_path: Path) -> None:
    abandoned, fresh = tmp_path / "store/.writing/abandoned", tmp_path / "store/.writing/fresh"
    abandoned.touch()
    fresh.touch()
    os.utime(abandoned, (0, 0))
    store.prepare()
    assert files_below(tmp_path / "store") == [".writing/fresh"]


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
