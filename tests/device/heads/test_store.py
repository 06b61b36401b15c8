"""The pointer to the installed heads."""

import dataclasses
import json
from pathlib import Path

from contract.manifest import Precision
from device.heads.store import HeadEntry, HeadStore

NEWEST, BEFORE, OLDEST = (
    HeadEntry(letter * 64, Precision.FLOAT32, etag='"tag"', wanted=Precision.DYNAMIC) for letter in "abc"
)


def write_pointer(heads: HeadStore, *entries: HeadEntry) -> None:
    """Write the pointer as a version does that keeps any number of heads."""
    rows = [dataclasses.asdict(one) for one in entries]
    heads.directory.mkdir()
    heads.pointer_path.write_text(json.dumps({"format": 1, "heads": rows}))


def test_of_more_heads_than_this_version_keeps_the_first_two_serve(tmp_path: Path) -> None:
    """A later version's third entry made the pointer damaged, and the device fell back to its bundle's head."""
    heads = HeadStore(tmp_path / "heads")
    write_pointer(heads, NEWEST, BEFORE, OLDEST)
    assert heads.entries() == (NEWEST, BEFORE)
