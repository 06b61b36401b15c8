"""Writes a cache for the Android library's tests to open, and opens those that they wrote.

    python -m tests.device.cache.java_exchange write DIR
    python -m tests.device.cache.java_exchange check DIR

    DIR/python.sqlite3    as the Python device writes it, in tables that are not STRICT: Android's SQLite knows the word
                          from Android 14 on, and Robolectric's does not
    DIR/java.sqlite3      the same, call by call, as `fedexclient.cache` writes it (its test `Story`)

`check` says where a row differs, and where the Python device cannot go on with a cache of Java's.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contract.boxes import Box
from contract.self_test import Setup
from device.answers import Ranked
from device.cache.cache import Cache
from device.cache.database import SCHEMA_VERSION, Database
from device.cache.feedback import NewFeedback
from device.cache.inferences import NewInference
from device.cache.setups import BundleSetup
from device.cache.uploads import SealedUpload

TABLES = ("spaces", "setups", "inferences", "faces", "feedback", "uploads", "state", "sqlite_sequence")
BAR = " || '|' || "
SPACE, OTHER_SPACE = "a" * 64, "b" * 64
ORIGIN, DEVICE = "family@0123456789abcdef", "d" * 16
MAX_UNFED = 4
RESULTS = (Ranked('Zoë "die" Erste\\', 1 / 3), Ranked("李", 1e-5), Ranked("Ada", 1.0), Ranked("Ben", 0.0))
LEFT, RIGHT = (10, 10, 110, 110), (200, 10, 300, 110)
LEFT_AGAIN, RIGHT_AGAIN = (14, 7, 116, 108), (197, 12, 299, 113)
BODY = bytes(range(256))


def tell(path: Path) -> None:
    """Write the cache."""
    with Database.open(path) as database:
        database.write("INSERT INTO state VALUES ('secret', ?)", (bytes(range(32)),))
    with Cache.open(path, max_unfed=MAX_UNFED) as cache:
        infer(cache)
        cache.setups.keep(1, cosine_ppm=999_987)
        cache.setups.keep(2, cosine_ppm=100)
        seal(cache)


def make_plain(path: Path) -> None:
    """Make an empty cache without STRICT tables."""
    script = resources.files("device.cache").joinpath("schema.sql").read_text(encoding="utf-8")
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script.replace(") STRICT, ", ") ").replace(") STRICT", ")"))
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def infer(cache: Cache) -> None:
    space = cache.inferences.space_key(SPACE, (2, 2))
    cache.inferences.space_key(OTHER_SPACE, (4,))
    first = cache.inferences.add(inference(1), space_key=space)
    cache.feedback.add(NewFeedback(first, "Ada", is_right=True, origin="", given_ms=2001))
    cache.feedback.add(NewFeedback(first, "Zoë", is_right=False, origin=ORIGIN, given_ms=2002))
    cache.inferences.add(inference(2, unknown=True), space_key=space)
    cache.inferences.add_all([face(box, computed_by("fedex 1")) for box in (LEFT, RIGHT)], space_key=space)
    again = (RIGHT_AGAIN, LEFT_AGAIN)
    cache.inferences.add_all([face(box, computed_by("fedex 2")) for box in again], space_key=space)
    for id_ in (3, 4, 5):
        cache.feedback.add(NewFeedback(id_, "Ben", is_right=False, origin=ORIGIN, given_ms=2000 + id_))


def seal(cache: Cache) -> None:
    add(cache, "1", 1, 2)
    cache.uploads.acknowledge("1" * 64)
    add(cache, "2", 3)
    cache.uploads.set_aside("2" * 64, problem="PUT here: 422 „no“")
    add(cache, "3", 4)
    cache.uploads.note("3" * 64, problem="PUT here: 503")
    add(cache, "4", 4, 5)
    add(cache, "5", 5)
    cache.uploads.take_apart("5" * 64, samples=1)


def add(cache: Cache, digit: str, *revisions: int) -> None:
    sealed = SealedUpload(digit * 64, SPACE, 1, BODY)
    cache.uploads.add(sealed, revisions=revisions, origin=ORIGIN, device=DEVICE, sealed_ms=5000 + int(digit))


def computed_by(app: str) -> BundleSetup:
    return BundleSetup(Setup(app, "tflite-runtime 2.14.0", "cpu, 1 thread", "Linux 6.1"), "b" * 64, 990_000)


def inference(number: int, *, unknown: bool = False) -> NewInference:
    used = computed_by("fedex 1")
    return NewInference(photo(number), None, feature(number), RESULTS, unknown, 3, used, 1000 + number)


def face(box: Box, used: BundleSetup) -> NewInference:
    return NewInference(photo(3), box, feature(3), RESULTS, False, 0, used, 1003)


def photo(number: int) -> bytes:
    return number.to_bytes(16, "big")


def feature(number: int) -> NDArray[np.float32]:
    return np.array([number, number + 0.5, -number, np.float32(number) / np.float32(3)], np.float32)


def lines(path: Path) -> list[str]:
    """Return every value of every table, as SQL spells it."""
    with closing(sqlite3.connect(path)) as connection:
        found = []
        for table in TABLES:
            columns = [f'quote("{row[1]}")' for row in connection.execute(f"PRAGMA table_info({table})")]
            query = f"SELECT {BAR.join(columns)} FROM {table} ORDER BY 1"
            found += [f"{table}: {row}" for (row,) in connection.execute(query)]
        return found


def schema(path: Path) -> list[str]:
    """Return the statements that made it, without comments, line ends and STRICT."""
    query = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
    with closing(sqlite3.connect(path)) as connection:
        statements = [re.sub(r"--.*", "", sql) for (sql,) in connection.execute(query)]
    plain = [re.sub(r"\s+", " ", sql).replace("( ", "(").replace(" )", ")") for sql in statements]
    return [sql.replace(" STRICT,", "").replace(" STRICT", "") for sql in plain]


def check(path: Path) -> None:
    """Compare a cache of Java's with one of this side's, and go on with it."""
    with tempfile.TemporaryDirectory() as place:
        own, copy = Path(place, "own.sqlite3"), Path(place, "copy.sqlite3")
        shutil.copy(path, copy)
        tell(own)
        assert lines(copy) == lines(own), difference(lines(copy), lines(own))
        assert schema(copy) == schema(own), difference(schema(copy), schema(own))
        go_on(copy)


def difference(got: list[str], expected: list[str]) -> str:
    """Say which lines are on one side only."""
    missing = [f"- {one}" for one in expected if one not in got]
    return "\n".join([*missing, *(f"+ {one}" for one in got if one not in expected)])


def go_on(path: Path) -> None:
    """Use it as the device does."""
    with Cache.open(path, max_unfed=MAX_UNFED) as cache:
        assert cache.inferences.get(3).results == RESULTS
        space = cache.inferences.space_key(SPACE, (2, 2))
        [again] = cache.inferences.add_all([face((12, 8, 112, 108), computed_by("fedex 1"))], space_key=space)
        assert (space, again, cache.feedback.add(NewFeedback(again, "Ada", True, ORIGIN, 0))) == (1, 7, 6)
        cache.uploads.retry_refused(origin=ORIGIN, device=DEVICE)
        assert cache.uploads.unsent(origin=ORIGIN, device=DEVICE) == {"2" * 64: SPACE, "3" * 64: SPACE}
        cache.uploads.acknowledge("3" * 64)
        assert cache.uploads.count_acknowledged_samples() == 2
        waiting = cache.uploads.find_waiting("2" * 64)
        assert waiting is not None
        assert waiting.body == BODY
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT count(DISTINCT sample_id) FROM inferences WHERE id IN (3, 6, 7)"
        assert connection.execute(query).fetchall() == [(1,)]
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def main(action: str, folder: Path) -> None:
    """Write, or check."""
    if action == "write":
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        make_plain(folder / "python.sqlite3")
        tell(folder / "python.sqlite3")
        return
    check(folder / "java.sqlite3")
    print(f"the Python device opens {folder}/java.sqlite3 and goes on with it: every row is as it writes it")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
