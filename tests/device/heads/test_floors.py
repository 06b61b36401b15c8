"""The floors: what a device was once, it never goes back behind."""

import dataclasses
from pathlib import Path

import pytest

from contract.errors import ContractError
from contract.manifest import Channel, Manifest
from device.errors import Storage
from device.heads.floors import (
    MAX_LINES,
    Floor,
    ReleaseLine,
    encode_floors,
    parse_floors,
    raise_floors,
    read_floors,
    write_floors,
)
from tests.device.serving import ISSUED, StubService

LINE = ReleaseLine("family", "a" * 64, Channel.BEST)


@pytest.fixture
def manifest(service: StubService) -> Manifest:
    return service.manifest(b"head", serial=5, labels=("Ada",), space="a" * 64)


def test_a_floor_rises_and_never_falls(manifest: Manifest) -> None:
    older = dataclasses.replace(manifest, serial=4, issued=ISSUED + 9)
    floors = raise_floors({}, [manifest, older])
    assert floors == {LINE: Floor(5, ISSUED + 9)}
    assert raise_floors(floors, []) == floors


def test_each_group_space_and_channel_has_a_floor_of_its_own(manifest: Manifest) -> None:
    others = [
        dataclasses.replace(manifest, group="work", serial=1),
        dataclasses.replace(manifest, space="b" * 64, serial=2),
        dataclasses.replace(manifest, channel=Channel.LATEST, serial=3),
    ]
    floors = raise_floors({}, [manifest, *others])
    assert sorted(floor.serial for floor in floors.values()) == [1, 2, 3, 5]
    assert parse_floors(encode_floors(floors)) == floors


def test_of_more_lines_than_the_file_holds_the_oldest_goes(manifest: Manifest) -> None:
    many = {ReleaseLine("family", f"{number:064x}", Channel.BEST): Floor(1, 1) for number in range(MAX_LINES)}
    kept = parse_floors(encode_floors(raise_floors(many, [manifest])))
    assert len(kept) == MAX_LINES
    assert kept[LINE].serial == 5


def test_a_channel_that_this_version_does_not_know_keeps_its_floor_and_costs_no_other(
    tmp_path: Path, manifest: Manifest
) -> None:
    """One such row made the whole file garbled, and with it went what guards against replay."""
    canary = ReleaseLine("family", "a" * 64, "canary")
    path = tmp_path / "floors"
    path.write_bytes(encode_floors({canary: Floor(41, ISSUED), LINE: Floor(4, ISSUED)}))
    write_floors(path, raise_floors(read_floors(path), [manifest]))
    assert read_floors(path) == {canary: Floor(41, ISSUED), LINE: Floor(5, ISSUED)}


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b'{"format":2,"floors":[]}', b'{"format":1,"floors":[7]}', b'{"format":1,"floors":[{"group":"a"}]}'],
)
def test_a_garbled_file_is_refused_by_the_parser_and_reads_as_no_floors(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ContractError):
        parse_floors(data)
    (tmp_path / "floors").write_bytes(data)
    assert read_floors(tmp_path / "floors") == {}


def test_a_missing_file_is_no_floor_and_a_folder_that_cannot_be_written_an_error(tmp_path: Path) -> None:
    assert read_floors(tmp_path / "floors") == {}
    with pytest.raises(Storage):
        write_floors(Path("/proc/fedex/floors"), {})
