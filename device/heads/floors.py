"""Keeps the floors: for each line of releases the newest one that was ever installed.

::

    heads/floors   {"format": 1, "floors": [{"group", "space", "channel", "serial", "issued", "passed", "etag"}, ...]}

A device never goes back behind a floor, whatever has become of the head itself: it may be damaged or gone, or one of
another channel may serve. The manifests that are still there say the same; each stands in for the other. A channel of a
later version has a floor too, which stays as it stands: the device may be updated again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from contract.documents import Fields, Json, encode_json, parse_document
from contract.errors import ContractError
from contract.files import atomic_write, read_bounded
from contract.manifest import Manifest
from contract.patterns import GROUP_PATTERN, HEX64_PATTERN
from device.errors import storage_errors

FLOORS_FORMAT = 1
MAX_LINES = 1000
MAX_FLOORS_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class ReleaseLine:
    """One line of releases, in which serials only rise."""

    group: str
    space: str
    channel: str
    """A `Channel`, or one of a later version."""

    @classmethod
    def of(cls, manifest: Manifest) -> ReleaseLine:
        """Tell which line a release belongs to."""
        return cls(manifest.group, manifest.space, manifest.channel)


@dataclass(frozen=True, slots=True)
class Floor:
    """The newest release that was installed; zeros where none was."""

    serial: int = 0
    issued: int = 0
    """Unix seconds."""
    passed: int = 0
    """The serial of the newest release that was passed over since, as it is for other devices; 0: none was."""
    passed_etag: str = ""
    """The tag to ask with next time, of that one."""

    @property
    def lowest(self) -> int:
        """The lowest serial that may come now."""
        return max(self.serial, self.passed)


Floors = Mapping[ReleaseLine, Floor]


def raise_floors(floors: Floors, manifests: Iterable[Manifest]) -> Floors:
    """Return the floors with some installed releases added, last what was added last. Pure; none is ever lowered."""
    raised = dict(floors)
    for manifest in manifests:
        line = ReleaseLine.of(manifest)
        before = raised.pop(line, Floor())
        passed = (before.passed, before.passed_etag) if before.passed > manifest.serial else (0, "")
        raised[line] = Floor(max(before.serial, manifest.serial), max(before.issued, manifest.issued), *passed)
    return raised


def pass_over(floors: Floors, manifest: Manifest, *, etag: str) -> Floors:
    """Return the floors with a release noted that was judged and is for other devices. Pure."""
    line = ReleaseLine.of(manifest)
    return {**floors, line: replace(floors.get(line, Floor()), passed=manifest.serial, passed_etag=etag)}


def without_tags(floors: Floors) -> Floors:
    """Return the floors without the tags of what was passed over, so that it is fetched again. Pure."""
    return {line: replace(floor, passed_etag="") for line, floor in floors.items()}


def read_floors(path: Path) -> Floors:
    """Read the floors; an empty mapping where there is no such file, or where it is garbled.

    Raises:
        Storage: it cannot be read.
    """
    try:
        with storage_errors(path):
            return parse_floors(read_bounded(path, MAX_FLOORS_BYTES)) if path.is_file() else {}
    except ContractError:
        return {}  # refusing every release for ever would be worse; the installed manifests say the same


def write_floors(path: Path, floors: Floors) -> None:
    """Write the floors, whole or not at all. Raises `Storage`."""
    with storage_errors(path):
        atomic_write(path, encode_floors(floors), mode=0o600)


def parse_floors(data: bytes) -> Floors:
    """Read the document. Raises a `ContractError`."""
    fields = parse_document(data, where="floors", max_bytes=MAX_FLOORS_BYTES)
    fields.check_format(FLOORS_FORMAT)
    return dict(_parse_floor(row) for row in fields.documents("floors", max_items=MAX_LINES))


def encode_floors(floors: Floors) -> bytes:
    """Write the document; of more lines than it holds, the last."""
    rows: list[Json] = [
        {
            "group": line.group,
            "space": line.space,
            "channel": str(line.channel),
            "serial": floor.serial,
            "issued": floor.issued,
            "passed": floor.passed,
            "etag": floor.passed_etag,
        }
        for line, floor in [*floors.items()][-MAX_LINES:]
    ]
    return encode_json({"format": FLOORS_FORMAT, "floors": rows})


def _parse_floor(fields: Fields) -> tuple[ReleaseLine, Floor]:
    line = ReleaseLine(
        group=fields.name("group", GROUP_PATTERN),
        space=fields.name("space", HEX64_PATTERN),
        channel=fields.text("channel"),
    )
    passed = (fields.integer("passed"), fields.text("etag")) if "passed" in fields else (0, "")
    return line, Floor(fields.integer("serial", low=0), fields.integer("issued", low=0), *passed)
