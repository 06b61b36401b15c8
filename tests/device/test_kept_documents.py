"""Documents that a later version of the device left in its folder, with unknown keys: read as without them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from contract.manifest import Channel, Precision
from device.heads.floors import Floor, ReleaseLine, read_floors, write_floors
from device.heads.store import HeadEntry, HeadStore
from device.service.identity import Identity, find_identity, identity_path, keep_identity

ADDED = {"by": ["a later version", {"not": "known"}]}
LINE = ReleaseLine("family", "a" * 64, Channel.BEST)
ENTRY = HeadEntry("b" * 64, Precision.DYNAMIC, etag='"tag"', wanted=Precision.DYNAMIC)
IDENTITY = Identity("https://fedex.example", "d" * 16, "t" * 43, "family", bytes(32))


@dataclass(frozen=True)
class Kind:
    """One kind of kept document: where it is, how it is written and read, and what it says."""

    path: Callable[[Path], Path]
    write: Callable[[Path], None]
    read: Callable[[Path], object]
    value: object


def heads(home: Path) -> HeadStore:
    return HeadStore(home / "heads")


def write_pointer(home: Path) -> None:
    entry = {"envelope": ENTRY.envelope, "precision": ENTRY.precision, "etag": ENTRY.etag, "wanted": ENTRY.wanted}
    heads(home).pointer_path.write_text(json.dumps({"format": 1, "heads": [entry]}))


KINDS = {
    "identity": Kind(identity_path, lambda home: keep_identity(home, IDENTITY), find_identity, IDENTITY),
    "pointer": Kind(lambda home: heads(home).pointer_path, write_pointer, lambda home: heads(home).entries(), (ENTRY,)),
    "floors": Kind(
        lambda home: heads(home).floors_path,
        lambda home: write_floors(heads(home).floors_path, {LINE: Floor(5, 7)}),
        lambda home: read_floors(heads(home).floors_path),
        {LINE: Floor(5, 7)},
    ),
}


def with_added_keys(value: Any) -> Any:
    """A JSON tree with a key that nobody knows in each of its objects."""
    if isinstance(value, list):
        return [with_added_keys(each) for each in value]
    if isinstance(value, dict):
        return {key: with_added_keys(each) for key, each in value.items()} | {"added": ADDED}
    return value


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_document_with_unknown_keys_at_every_level_is_read_as_without_them(tmp_path: Path, kind: Kind) -> None:
    heads(tmp_path).directory.mkdir()
    kind.write(tmp_path)
    path = kind.path(tmp_path)
    path.write_text(json.dumps(with_added_keys(json.loads(path.read_text()))))
    assert kind.read(tmp_path) == kind.value
