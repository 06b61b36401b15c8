"""A place for a cache, and what to put into it."""

from pathlib import Path

import pytest


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that is not there yet, nor its folder."""
    return tmp_path / "home" / "cache.sqlite3"
