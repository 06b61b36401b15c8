import sqlite3
import stat
import threading
from pathlib import Path

import numpy as np
import pytest

from device.cache.database import Cache, Feedback, NewInference
from device.errors import FeedbackError, Storage
from device.recognise.ranking import Ranked

SPACE = "a" * 64


def inference(number: int = 0, *, unknown: bool = False) -> NewInference:
    return NewInference(
        sample_id=number.to_bytes(16, "big"),
        feature=np.full(4, number, np.float32),
        results=(Ranked("Ada", 0.75), Ranked("Ben", 0.25)),
        unknown=unknown,
        head_serial=3,
        runtime="tflite-runtime 2.14.0",
        taken_ms=1000 + number,
    )


def feedback(id_: int, label: str = "Ada") -> Feedback:
    return Feedback(id_, label, is_right=False, origin="", given_ms=5)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "cache.sqlite3"


def test_what_is_stored_is_read_back_after_opening_again(path: Path) -> None:
    with Cache.open(path, max_unfed=10) as cache:
        id_ = cache.add_inference(inference(7), space_key=cache.space_key(SPACE, (2, 2)))
    with Cache.open(path, max_unfed=10) as cache:
        stored = cache.inference(id_)
    assert stored.results == (Ranked("Ada", 0.75), Ranked("Ben", 0.25))
    assert (stored.unknown, stored.head_serial, stored.taken_ms) == (False, 3, 1007)


def test_the_cache_is_in_wal_mode_and_for_its_owner_only(path: Path) -> None:
    with Cache.open(path, max_unfed=10) as cache:
        assert cache.read("PRAGMA journal_mode") == [("wal",)]
        assert cache.read("PRAGMA synchronous") == [(1,)]
        with cache.transaction(durable=True):
            assert cache.read("PRAGMA synchronous") == [(2,)]
        assert cache.read("PRAGMA synchronous") == [(1,)]
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


def test_the_oldest_without_waiting_feedback_go_first(path: Path) -> None:
    with Cache.open(path, max_unfed=3) as cache:
        key = cache.space_key(SPACE, (4,))
        ids = [cache.add_inference(inference(number), space_key=key) for number in range(3)]
        cache.add_feedback(feedback(ids[0]))
        later = [cache.add_inference(inference(number), space_key=key) for number in range(3, 8)]
        assert cache.read("SELECT id FROM inferences ORDER BY id") == [(ids[0],), *((one,) for one in later[-3:])]


def test_an_inference_and_its_pruning_are_one_transaction(path: Path) -> None:
    with Cache.open(path, max_unfed=1) as cache:
        key = cache.space_key(SPACE, (4,))
        first = cache.add_inference(inference(), space_key=key)
        with cache.transaction() as connection:
            connection.execute("CREATE TRIGGER broken BEFORE DELETE ON inferences BEGIN SELECT raise(ABORT, 'no'); END")
        with pytest.raises(Storage, match="no"):
            cache.add_inference(inference(), space_key=key)
        assert cache.read("SELECT id FROM inferences") == [(first,)]


def test_ids_are_never_used_again(path: Path) -> None:
    with Cache.open(path, max_unfed=1) as cache:
        key = cache.space_key(SPACE, (4,))
        ids = [cache.add_inference(inference(), space_key=key) for _ in range(3)]
        with cache.transaction() as connection:
            connection.execute("DELETE FROM inferences")
        assert cache.add_inference(inference(), space_key=key) > max(ids)


def test_each_feedback_has_a_higher_revision_even_after_pruning(path: Path) -> None:
    with Cache.open(path, max_unfed=10) as cache:
        key = cache.space_key(SPACE, (4,))
        id_ = cache.add_inference(inference(), space_key=key)
        first, second = cache.add_feedback(feedback(id_)), cache.add_feedback(feedback(id_, "Ben"))
        with cache.transaction() as connection:
            connection.execute("DELETE FROM inferences")
        again = cache.add_inference(inference(), space_key=key)
        assert 0 < first < second < cache.add_feedback(feedback(again))


@pytest.mark.parametrize("id_", [0, -1, 99, 2**62])
def test_an_inference_that_is_not_there_is_told_so(path: Path, id_: int) -> None:
    with Cache.open(path, max_unfed=10) as cache:
        with pytest.raises(FeedbackError, match=f"inference {id_}: expected one that is in the cache"):
            cache.inference(id_)
        with pytest.raises(FeedbackError, match=f"inference {id_}: expected one that is in the cache"):
            cache.add_feedback(feedback(id_))


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
def test_a_file_that_is_no_cache_is_refused_and_left_alone(path: Path, content: bytes) -> None:
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


def fail_in_the_middle(cache: Cache) -> None:
    with cache.transaction() as connection:
        connection.execute("INSERT INTO state VALUES ('x', x'00')")
        raise ZeroDivisionError


def test_a_transaction_that_fails_changes_nothing(path: Path) -> None:
    with Cache.open(path, max_unfed=10) as cache:
        with pytest.raises(ZeroDivisionError):
            fail_in_the_middle(cache)
        assert cache.read("SELECT count(*) FROM state") == [(1,)]


def test_inferences_are_stored_while_another_process_reads(path: Path) -> None:
    with Cache.open(path, max_unfed=10) as writer, Cache.open(path, max_unfed=10) as reader:
        key = writer.space_key(SPACE, (4,))
        reader.read("BEGIN")
        assert reader.read("SELECT count(*) FROM inferences") == [(0,)]
        assert writer.add_inference(inference(), space_key=key) == 1
