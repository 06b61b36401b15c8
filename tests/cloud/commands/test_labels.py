"""`fedex-cloud labels`: what one device brings alone, seen and let in."""

import json
from pathlib import Path

import pytest

from cloud.dataset import inbox
from cloud.dataset.merge import merge_once
from cloud.identity import devices
from cloud.identity.devices import EnrolledDevice
from cloud.store import ObjectStore
from cloud.store.keys import InboxUpload, Pool
from contract.upload import upload_id
from tests.cloud.conftest import DEVICE, MakeUpload
from tests.cloud.test_cli import run

OTHER = "e" * 32


@pytest.fixture
def address(store: ObjectStore, store_address: str, space: str, pool: Pool, make_upload: MakeUpload) -> str:
    """A store in which one device has named three labels of its own, and one that another uses as well."""
    devices.add(store, EnrolledDevice(OTHER, "home", 0, "0" * 64, 0))
    for device, labels in (
        (DEVICE, ["Gus", "Hal", "Ida", "Both", "Few"]),
        (DEVICE, ["Gus", "Hal", "Ida"]),
        (OTHER, ["Both", "Ada"]),
    ):
        body = make_upload(labels, names=[f"{device} {labels} {place}" for place in range(len(labels))])
        inbox.add(store, InboxUpload(pool, device, 0, upload_id(body)), body)
    merge_once(store, pool, salt=b"")
    return store_address


def test_labels_are_listed_let_in_and_taken_back(store: ObjectStore, address: str, pool: Pool, tmp_path: Path) -> None:
    here = {"FEDEX_STORE": address, "FEDEX_LABELS_ALONE": "1", "FEDEX_AUDIT": str(tmp_path / "audit")}
    waits = "waits for a second device or `labels allow`"
    assert run("labels", "list", **here).stdout.splitlines() == [
        f"pool {pool.path}",
        f"  Gus: 2 samples of device {DEVICE}, in the next release",
        f"  Hal: 2 samples of device {DEVICE}, {waits}",
        f"  Ida: 2 samples of device {DEVICE}, {waits}",
        "  Both: 2 samples of 2 devices, in the next release",
        f"  Few: 1 sample of device {DEVICE}, waits for a second photo",
    ]
    allowed = run("labels", "allow", "hal", "--group", "home", **here)
    assert (allowed.returncode, allowed.stdout) == (0, "allowed: hal in group home\n")
    listed = run("labels", "list", "--group", "home", **here).stdout
    assert f"  Hal: 2 samples of device {DEVICE}, in the next release, allowed\n" in listed
    assert run("labels", "list", "--waiting", **here).stdout.splitlines() == [
        f"pool {pool.path}",
        f"  Ida: 2 samples of device {DEVICE}, {waits}",
    ]
    assert run("labels", "list", "--group", "work", **here).stdout == ""
    again = run("labels", "allow", "HAL", "--group", "home", **here)
    assert (again.returncode, again.stderr) == (
        1,
        "fedex-cloud: HAL: expected a label that is not allowed, got one that is\n",
    )
    assert run("labels", "disallow", "Hal", "--group", "home", **here).stdout.startswith("not allowed any more: Hal")
    events = [json.loads(line) for line in (tmp_path / "audit").read_text().splitlines()]
    assert [one["message"] for one in events] == ["label allowed", "label disallowed"]
    assert "hal" not in json.dumps(events).lower()


def test_a_label_that_nobody_uses_is_not_allowed(store: ObjectStore, address: str) -> None:
    """A typing error was taken, and the label went on waiting."""
    for label, group in (("Hall", "home"), ("Hal", "work")):
        ended = run("labels", "allow", label, "--group", group, FEDEX_STORE=address)
        expected = f"{label}: expected a label of merged samples in group {group}, got one that none has"
        assert (ended.returncode, ended.stderr) == (1, f"fedex-cloud: {expected}\n")


def test_labels_of_an_excluded_device_wait_for_nothing(store: ObjectStore, address: str) -> None:
    devices.exclude(store, DEVICE)
    listed = run("labels", "list", FEDEX_STORE=address).stdout
    assert f"  Gus: 2 samples of device {DEVICE}, left out, as its devices are excluded\n" in listed
    assert "  Both: 2 samples of 2 devices, waits for a second photo\n" in listed


def test_what_is_no_label_is_one_line(store: ObjectStore, address: str) -> None:
    ended = run("labels", "allow", " ", "--group", "home", FEDEX_STORE=address)
    assert ended.returncode == 1
    assert ended.stderr.startswith("fedex-cloud: label: expected ")
