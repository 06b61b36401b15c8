import contextlib
import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from device.cache.cache import Cache
from device.cache.database import Database
from device.errors import Storage
from tests.device.cache.entries import SPACE, inference


def test_the_cache_is_in_wal_mode_and_for_its_owner_only(path: Path) -> None:
    with Database.open(path) as database:
        assert database.read("PRAGMA journal_mode") == [("wal",)]
        assert database.read("PRAGMA synchronous") == [(1,)]
        with database.transaction(durable=True):
            assert database.read("PRAGMA synchronous") == [(2,)]
        assert database.read("PRAGMA synchronous") == [(1,)]
        files = [*path.parent.iterdir()]
        assert len(files) == 3
        assert [stat.S_IMODE(one.stat().st_mode) for one in files] == [0o600] * 3
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_secret_is_made_once(path: Path) -> None:
    with Cache.open(path, max_unfed=10) as first, Cache.open(path, max_unfed=10) as second:
        assert first.secret == second.secret
        assert len(first.secret) == 32
    with Cache.open(path.with_name("other"), max_unfed=10) as other:
        assert other.secret != first.secret


def test_opening_a_new_cache_from_many_threads_makes_one(path: Path) -> None:
    secrets: list[bytes] = []

    def open_once() -> None:
        with Cache.open(path, max_unfed=10) as cache:
            secrets.append(cache.secret)

    threads = [threading.Thread(target=open_once) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(secrets) == 8
    assert len(set(secrets)) == 1


def test_opening_waits_for_another_process_that_is_making_the_cache(path: Path) -> None:
    path.parent.mkdir()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")  # SQLite does not wait for this lock to switch to WAL, it refuses at once
        release = threading.Timer(0.3, other.execute, ("COMMIT",))
        release.start()
        with Database.open(path) as database:
            assert database.read("PRAGMA journal_mode") == [("wal",)]
        release.join()


def test_opening_gives_up_on_a_process_that_never_ends(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("device.cache.database.BUSY_TIMEOUT_S", 0.1)
    path.parent.mkdir()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Storage, match="database is locked"):
            Database.open(path)


def test_a_cache_of_a_newer_version_is_refused_and_left_alone(path: Path) -> None:
    Cache.open(path, max_unfed=10).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    with pytest.raises(Storage, match="expected schema version 1, got 2"):
        Cache.open(path, max_unfed=10)


@pytest.mark.parametrize(
    "content", [b"not a database, but text of some length" * 100, b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_a_file_that_is_not_a_cache_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(Storage, match=r"cache\.sqlite3"):
        Cache.open(path, max_unfed=10)
    assert path.read_bytes() == content


@pytest.mark.parametrize("home", ["/proc/fedex", "/dev/null/fedex"])
def test_a_folder_that_cannot_be_made_is_one_typed_error(home: str) -> None:
    with pytest.raises(Storage, match="cannot be written"):
        Cache.open(Path(home) / "cache.sqlite3", max_unfed=10)


def test_a_folder_in_the_place_of_the_file_is_one_typed_error(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(Storage, match="unable to open"):
        Cache.open(path, max_unfed=10)


def fail_in_the_middle(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute("INSERT INTO state VALUES ('x', x'00')")
        raise ZeroDivisionError


def test_a_transaction_that_fails_changes_nothing(path: Path) -> None:
    with Database.open(path) as database:
        with pytest.raises(ZeroDivisionError):
            fail_in_the_middle(database)
        assert database.read("SELECT count(*) FROM state") == [(0,)]


def test_inferences_are_stored_while_another_process_reads(path: Path) -> None:
    with Cache.open(path, max_unfed=10) as writer, Database.open(path) as reader:
        key = writer.inferences.space_key(SPACE, (4,))
        reader.read("BEGIN")
        assert reader.read("SELECT count(*) FROM inferences") == [(0,)]
        assert writer.inferences.add(inference(), space_key=key) == 1
