"""Looks into the file of a cache from outside, and damages it, with a connection of its own."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any


def rows(cache: Path, query: str) -> list[tuple[Any, ...]]:
    """Return the rows of one query."""
    with closing(sqlite3.connect(cache)) as connection:
        return connection.execute(query).fetchall()


def pass_self_tests(cache: Path) -> None:
    """Let everything that computed an inference have passed its self-test."""
    change(cache, "UPDATE setups SET cosine_ppm = 1000000")


def change(cache: Path, statement: str) -> None:
    """Run one statement; what refers to what is deleted goes too."""
    with closing(sqlite3.connect(cache)) as connection, connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(statement)
