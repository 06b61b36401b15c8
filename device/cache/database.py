"""Opens the SQLite file of the cache, keeps it at the schema's version, and runs its transactions.

Only this module imports sqlite3; the tables of `schema.sql` are read and written by the modules beside it. One
connection for one thread; several processes may share the file (WAL). A commit survives the death of the process at any
instant; a loss of power may take the last commits (synchronous NORMAL), never the file.
"""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from device.errors import Storage

Connection = sqlite3.Connection

SCHEMA_VERSION = 1
BUSY_TIMEOUT_S = 5.0
SECRET_BYTES = 32
MAX_WAL_BYTES = 16 << 20
MAX_SWITCHES_TO_WAL = 100


class Database:
    """One connection to the cache's file. Reading or writing it raises `Storage`."""

    def __init__(self, connection: sqlite3.Connection, *, path: Path) -> None:
        self.path = path
        self._connection = connection

    @classmethod
    def open(cls, path: Path) -> Database:
        """Open the file, and make it where there is none.

        Args:
            path: the file, and its folder where missing; for its owner only, as features are biometric data.

        Raises:
            Storage: it cannot be read or written, is not a cache, or is of a newer version.
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
        except BaseException:  # an interrupt too: nobody else can close it
            connection.close()
            raise
        return cls(connection, path=path)

    def close(self) -> None:
        """Close the file; the object is of no use afterwards."""
        self._connection.close()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextlib.contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """Hold the write lock for the block: all of it is kept, or nothing.

        Args:
            durable: this transaction, and all before it, also outlives a loss of power: for what another machine will
                be told.

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
            except BaseException:  # an interrupt too: the lock must not outlive the block
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

    def write(self, statement: str, parameters: Sequence[object]) -> None:
        """Run one statement in a transaction of its own."""
        with self.transaction() as connection:
            connection.execute(statement, parameters)

    def clear(self, tables: Sequence[str]) -> None:
        """Delete all rows of some tables, in one transaction, and overwrite what they were in.

        Another process that is reading keeps older pages in the log until it has done.

        Raises:
            Storage: nothing was deleted.
        """
        with _storage_errors(self.path):
            self._connection.execute("PRAGMA secure_delete = ON")
        with self.transaction(durable=True) as connection:
            for table in tables:
                connection.execute(f"DELETE FROM {table}")
        with _storage_errors(self.path):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def secret(self) -> bytes:
        """Return the 32 random bytes of this cache, made the first time."""
        query = "SELECT value FROM state WHERE key = 'secret'"
        if not self.read(query):
            made = secrets.token_bytes(SECRET_BYTES)  # another process may be first, and then its bytes stay
            self.write("INSERT INTO state VALUES ('secret', ?) ON CONFLICT DO NOTHING", (made,))
        [(secret,)] = self.read(query)
        return bytes(secret)


def placeholders(values: Sequence[object]) -> str:
    """Return a placeholder for each value, as SQL's IN takes them."""
    return f"({', '.join('?' * len(values))})"


@contextlib.contextmanager
def _storage_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise Storage(f"{path}: {error}") from error


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    _switch_to_wal(connection)
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA journal_size_limit = {MAX_WAL_BYTES}")
    if _version(connection) == 0:
        _create(connection)
    if _version(connection) != SCHEMA_VERSION:
        raise Storage(f"{path}: expected schema version {SCHEMA_VERSION}, got {_version(connection)}")


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Switch the file to WAL, where nobody has yet.

    SQLite does not wait here while another connection does the same: it upgrades a lock, and refuses at once what might
    be a deadlock. An empty transaction waits instead, as long as any other (`BUSY_TIMEOUT_S`).
    """
    for remaining in reversed(range(MAX_SWITCHES_TO_WAL)):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if not remaining or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")


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
