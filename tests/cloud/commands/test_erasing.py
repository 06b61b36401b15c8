"""`fedex-cloud erase`, `erasures` and `export-samples`: one clear line for whatever there is, or is not."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cloud.commands.surroundings import who
from cloud.dataset import erasures, inbox
from cloud.dataset.merge import merge_once
from cloud.dataset.scopes import DeviceScope, GroupScope, LabelScope
from cloud.identity import devices
from cloud.store import ObjectStore, keys
from cloud.store.keys import InboxUpload, Pool
from contract.upload import decode_upload, upload_id
from tests.cloud.conftest import DEVICE, MakeUpload
from tests.cloud.test_cli import run

NOW = 1_800_000_000


@pytest.fixture
def address(store: ObjectStore, store_address: str, space: str, pool: Pool, make_upload: MakeUpload) -> str:
    """A store with a merged upload, one that waits, and one that was set aside."""
    for names in (["one", "two"], ["three", "four"]):
        body = make_upload(["Zoë", "Ben"], names=names)
        inbox.add(store, InboxUpload(pool, DEVICE, 0, upload_id(body)), body)
        if names[0] == "one":
            merge_once(store, pool, now=NOW)
    body = make_upload(["Zoë"], names=["five"])
    upload = InboxUpload(pool, DEVICE, 0, upload_id(body))
    store.put(keys.rejected_upload(upload), body)
    store.put(keys.rejected_reason(upload), b'{"reason":"none","at":0}')
    return store_address


@pytest.mark.parametrize(
    ("arguments", "scope", "rows"),
    [
        (("--device", DEVICE), DeviceScope("home", DEVICE, 0), 5),
        (("--label", "ZOË", "--group", "home"), LabelScope("home", "ZOË"), 3),
        (("--group", "home", "--yes"), GroupScope("home"), 5),
    ],
)
def test_what_an_operator_asks_for_waits_for_the_worker(
    store: ObjectStore, address: str, arguments: tuple[str, ...], scope: object, rows: int
) -> None:
    ended = run("erase", *arguments, FEDEX_STORE=address)
    [asked] = erasures.pending(store)
    assert (asked.by, asked.scope) == (who(), scope)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == f"erasure {asked.id}: {rows} rows are held now; the worker erases them\n"
    listed = run("erasures", FEDEX_STORE=address).stdout
    assert listed.startswith(f"waits {asked.id}: asked 20")
    assert listed.endswith(f" by {who()}\n")


def test_an_operator_who_asks_for_a_device_ends_its_generation(store: ObjectStore, address: str) -> None:
    run("erase", "--device", DEVICE, FEDEX_STORE=address)
    assert devices.read(store, DEVICE).generation == 1


def test_asking_twice_is_one_clear_line(store: ObjectStore, address: str) -> None:
    run("erase", "--device", DEVICE, FEDEX_STORE=address)
    [asked] = erasures.waiting(store)
    ended = run("erase", "--device", DEVICE, FEDEX_STORE=address)
    line = f"fedex-cloud: device {DEVICE}: erasure {asked} waits for the worker already\n"
    assert (ended.returncode, ended.stderr, erasures.waiting(store)) == (1, line, [asked])


def test_a_label_of_the_bundle_is_told(address: str, space: str) -> None:
    told = run("erase", "--label", "ben", "--group", "home", FEDEX_STORE=address).stdout.splitlines()
    assert told[1:] == [
        f"  the bundle of space {space} has this label too: its own samples stay; register another bundle"
    ]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--device", "e" * 32), f"device {'e' * 32}: expected one that is enrolled, got another"),
        (
            ("--label", "Nobody", "--group", "work"),
            "group work, label 'Nobody': expected samples that are held, got none",
        ),
        (("--group", "work", "--yes"), "group work: expected samples that are held, got none"),
        (("--group", "home"), "erase --group home: expected --yes, as this erases all that the group has"),
        (("--label", "Zoë"), "erase: expected --device ID, --label LABEL --group GROUP, or --group GROUP"),
        (
            ("--device", DEVICE, "--group", "home"),
            "erase: expected --device ID, --label LABEL --group GROUP, or --group GROUP",
        ),
        ((), "erase: expected --device ID, --label LABEL --group GROUP, or --group GROUP"),
    ],
)
def test_what_cannot_be_erased_is_one_line_and_nothing_is_asked(
    store: ObjectStore, address: str, arguments: tuple[str, ...], line: str
) -> None:
    ended = run("erase", *arguments, FEDEX_STORE=address)
    assert ended.returncode in (1, 2)
    assert ended.stderr == f"fedex-cloud: {line}\n"
    assert erasures.pending(store) == []


def test_an_erasure_that_cannot_be_read_is_in_nobodys_way(store: ObjectStore, address: str) -> None:
    """One made every further `erase`, and the list, end with its message."""
    store.put(keys.erasure("f" * 32), b"{")
    ended = run("erase", "--label", "Zoë", "--group", "home", FEDEX_STORE=address)
    assert (ended.returncode, ended.stdout.split(":")[1]) == (0, " 3 rows are held now; the worker erases them\n")
    assert f"erasures/{'f' * 32}" in ended.stderr
    lines = run("erasures", FEDEX_STORE=address).stdout.splitlines()
    assert [line.split(":")[0] for line in lines if "f" * 32 in line] == ["damaged"]
    assert len(lines) == 2


def test_a_stray_object_in_the_inbox_keeps_nothing_from_being_erased_or_given_out(
    store: ObjectStore, address: str, pool: Pool, tmp_path: Path
) -> None:
    store.put(f"{keys.pool_inbox(pool)}README", b"")
    given = run("export-samples", "--device", DEVICE, f"{tmp_path / 'folder'}", FEDEX_STORE=address)
    assert given.stdout == f"5 rows are in {tmp_path / 'folder'}\n"
    assert " 5 rows are held now" in run("erase", "--device", DEVICE, FEDEX_STORE=address).stdout


def test_tombstones_are_listed(store: ObjectStore, address: str) -> None:
    asked = erasures.Erasure("f" * 32, "Grace", NOW, GroupScope("home"), {"home/5": 1})
    erasures.finish(store, asked, now=NOW + 60)
    assert run("erasures", FEDEX_STORE=address).stdout == (
        f"erased {'f' * 32}: 1 sample on 2027-01-15 08:01 UTC, asked 2027-01-15 08:00 UTC by Grace\n"
    )


def test_a_person_gets_all_that_is_held_of_them(
    address: str, space: str, make_upload: MakeUpload, tmp_path: Path
) -> None:
    folder = tmp_path / "held"
    ended = run("export-samples", "--label", "zoë", "--group", "home", str(folder), FEDEX_STORE=address)
    assert (ended.returncode, ended.stdout) == (0, f"3 rows are in {folder}\n")
    rows: list[Any] = [json.loads(line) for line in (folder / "samples.jsonl").read_text().splitlines()]
    ids = [hashlib.sha256(name.encode()).digest()[:16].hex() for name in ("one", "three", "five")]
    assert [(row["sample"], row["place"], row["split"], row["merged"]) for row in rows] == [
        (ids[0], "dataset", "train", NOW),
        (ids[1], "inbox", None, None),
        (ids[2], "set aside", None, None),
    ]
    assert {(row["label"], row["device"], row["revision"], row["space"]) for row in rows} == {("Zoë", DEVICE, 0, space)}
    features = np.load(folder / f"features-{space}.npy")
    sent = decode_upload(make_upload(["Zoë"] * 3, names=["one", "three", "five"])).features
    np.testing.assert_array_equal(features[[row["feature"] for row in rows]], sent)
    assert (folder.stat().st_mode & 0o777) == 0o700


def test_a_device_gets_all_that_is_held_of_it(address: str, tmp_path: Path) -> None:
    run("export-samples", "--device", DEVICE, str(tmp_path / "held"), FEDEX_STORE=address)
    assert len((tmp_path / "held" / "samples.jsonl").read_text().splitlines()) == 5


def test_a_folder_that_is_there_already_is_left_alone(address: str, tmp_path: Path) -> None:
    ended = run("export-samples", "--device", DEVICE, str(tmp_path), FEDEX_STORE=address)
    line = f"fedex-cloud: {tmp_path}: expected a folder that is not there yet, got File exists\n"
    assert (ended.returncode, ended.stderr) == (1, line)


def test_a_label_in_another_spelling_is_asked_for_once(store: ObjectStore, address: str) -> None:
    for label in ("Zoë", "ZOË", "zoe\u0308"):
        assert run("erase", "--label", label, "--group", "home", FEDEX_STORE=address).returncode == 0
    assert len(erasures.pending(store)) == 1


def test_a_damaged_erasure_or_tombstone_hides_no_other(store: ObjectStore, address: str) -> None:
    run("erase", "--device", DEVICE, FEDEX_STORE=address)
    [asked] = erasures.pending(store)
    for key in (keys.erasure("0" * 32), keys.tombstone("1" * 32)):
        store.put(key, b"{")
    ended = run("erasures", FEDEX_STORE=address)
    first, *damaged = ended.stdout.splitlines()
    assert (ended.returncode, first.split(":")[0]) == (1, f"waits {asked.id}")
    assert [line.split(": ")[1] for line in damaged] == [keys.erasure("0" * 32), keys.tombstone("1" * 32)]
