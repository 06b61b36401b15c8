"""The only home of SQLite: the device's inferences and feedback, in the layout that `schema.sql` draws.

One connection for one thread; several processes may share the file (WAL). A commit survives the death of the process at
any instant; a loss of power may take the last commits (synchronous NORMAL), never the file.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.errors import FeedbackError, Storage
from device.recognise.ranking import Ranked

SCHEMA_VERSION = 1
BUSY_TIMEOUT_S = 5.0
SECRET_BYTES = 32
MAX_WAL_BYTES = 16 << 20

_ADD_INFERENCE = """
    INSERT INTO inferences (sample_id, space, results, unknown, head_serial, runtime, taken_ms, feature)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_OLDEST_KEPT = "SELECT id FROM inferences WHERE waiting = 0 ORDER BY id DESC LIMIT 1 OFFSET ?"
_PRUNE = "DELETE FROM inferences WHERE waiting = 0 AND id <= ?"


@dataclass(frozen=True, slots=True, eq=False)
class NewInference:
    """What one inference adds. ``feature``: float32, C order; ``results``: best first."""

    sample_id: bytes
    feature: NDArray[np.float32]
    results: Sequence[Ranked]
    unknown: bool
    head_serial: int
    runtime: str
    taken_ms: int


@dataclass(frozen=True, slots=True)
class StoredInference:
    """One row of the cache, without its feature."""

    id: int
    results: tuple[Ranked, ...]
    unknown: bool
    head_serial: int
    taken_ms: int


@dataclass(frozen=True, slots=True)
class Feedback:
    """What the user said of one inference."""

    inference: int
    label: str
    is_right: bool
    origin: str
    given_ms: int


class Cache:
    """The open cache of one device. Every operation is one transaction; reading or writing it raises `Storage`."""

    def __init__(self, connection: sqlite3.Connection, *, path: Path, max_unfed: int) -> None:
        self.path = path
        self._connection = connection
        self._max_unfed = max_unfed
        self._spaces: dict[str, int] = {}
        self.secret = self._read_secret()

    @classmethod
    def open(cls, path: Path, *, max_unfed: int) -> Cache:
        """Open the cache, and make it where there is none.

        Args:
            path: the file, and its folder where missing; for its owner only, as features are biometric data.
            max_unfed: how many inferences are kept whose feedback, if any, is acknowledged.

        Raises:
            Storage: it cannot be read or written, is no cache, or is of a newer version.
        """
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
        except OSError as error:
            raise Storage(f"{path}: cannot be written: {error.strerror or error}") from error
        with _storage_errors(path):
            connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
        try:
            with _storage_errors(path):
                _prepare(connection, path)
                return cls(connection, path=path, max_unfed=max_unfed)
        except BaseException:
            connection.close()
            raise

    def close(self) -> None:
        """Close the file; the object is of no use afterwards."""
        self._connection.close()

    def __enter__(self) -> Cache:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextlib.contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """Hold the write lock for the block: all of it is kept, or none.

        A ``durable`` one, and all before it, also outlives a loss of power: for what another machine will be told.

        Raises:
            Storage: it could not be kept; nothing has changed.
        """
        connection = self._connection
        with _storage_errors(self.path):
            if durable:
                connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # a full disk may have rolled it back already
                    connection.execute("ROLLBACK")
                raise
            finally:
                if durable:
                    connection.execute("PRAGMA synchronous = NORMAL")

    def read(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of one query."""
        with _storage_errors(self.path):
            return self._connection.execute(query, parameters).fetchall()

    def space_key(self, space: str, feature_shape: tuple[int, ...]) -> int:
        """Return the row of a feature space, added where it is new."""
        if space not in self._spaces:
            with self.transaction() as connection:
                row = (space, json.dumps(feature_shape))
                connection.execute("INSERT INTO spaces (space, shape) VALUES (?, ?) ON CONFLICT DO NOTHING", row)
            [(self._spaces[space],)] = self.read("SELECT id FROM spaces WHERE space = ?", (space,))
        return self._spaces[space]

    def add_inference(self, new: NewInference, *, space_key: int) -> int:
        """Keep one inference and let the oldest beyond the bound go, in one transaction; returns its id."""
        results = json.dumps([(one.label, one.probability) for one in new.results], ensure_ascii=False)
        feature = new.feature.astype("<f4", order="C", copy=False).data
        row = (new.sample_id, space_key, results, new.unknown, new.head_serial, new.runtime, new.taken_ms, feature)
        with self.transaction() as connection:
            added = connection.execute(_ADD_INFERENCE, row).lastrowid
            oldest = connection.execute(_OLDEST_KEPT, (self._max_unfed,)).fetchone()
            if oldest is not None:
                connection.execute(_PRUNE, oldest)
        assert added is not None  # an INSERT that did not raise has one
        return added

    def inference(self, inference: int) -> StoredInference:
        """Return one inference.

        Raises:
            FeedbackError: there is none of that id, or none any more.
        """
        rows = self.read(
            "SELECT id, results, unknown, head_serial, taken_ms FROM inferences WHERE id = ?", (inference,)
        )
        if not rows:
            raise FeedbackError(f"inference {inference}: expected one that is in the cache, got none")
        [(id_, results, unknown, head_serial, taken_ms)] = rows
        ranked = tuple(Ranked(label, probability) for label, probability in json.loads(results))
        return StoredInference(id_, ranked, bool(unknown), head_serial, taken_ms)

    def add_feedback(self, feedback: Feedback) -> int:
        """Keep what the user said; returns its revision, higher than any before.

        Raises:
            FeedbackError: there is no such inference.
        """
        row = (feedback.label, feedback.is_right, feedback.origin, feedback.given_ms, feedback.inference)
        with self.transaction() as connection:
            revision = connection.execute(
                "INSERT INTO feedback (label, is_right, origin, given_ms, inference)"
                " SELECT ?, ?, ?, ?, id FROM inferences WHERE id = ?",
                row,
            )
            if revision.rowcount != 1 or revision.lastrowid is None:
                raise FeedbackError(f"inference {feedback.inference}: expected one that is in the cache, got none")
            connection.execute("UPDATE inferences SET waiting = 1 WHERE id = ?", (feedback.inference,))
        return revision.lastrowid

    def count(self) -> int:
        """Count the inferences."""
        [(inferences,)] = self.read("SELECT count(*) FROM inferences")
        return int(inferences)

    def _read_secret(self) -> bytes:
        query = "SELECT value FROM state WHERE key = 'secret'"
        if not self.read(query):
            made = secrets.token_bytes(SECRET_BYTES)
            with self.transaction() as connection:  # another process may have been first
                connection.execute("INSERT INTO state VALUES ('secret', ?) ON CONFLICT DO NOTHING", (made,))
        [(secret,)] = self.read(query)
        return bytes(secret)


@contextlib.contextmanager
def _storage_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise Storage(f"{path}: {error}") from error


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA journal_size_limit = {MAX_WAL_BYTES}")
    if _version(connection) == 0:
        _create(connection)
    if _version(connection) != SCHEMA_VERSION:
        raise Storage(f"{path}: expected schema version {SCHEMA_VERSION}, got {_version(connection)}")


def _create(connection: sqlite3.Connection) -> None:
    schema = resources.files("device.cache").joinpath("schema.sql").read_text(encoding="utf-8")
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _version(connection) == 0:  # another process may have been first
            for statement in _statements(schema):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _statements(script: str) -> Iterator[str]:
    """Split a script; unlike `executescript`, running the parts does not commit what is open."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
