"""The audit log."""

import json
import logging
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from cloud.audit import LOGGER, AuditEvent, keep_in, note
from cloud.cli import commands
from cloud.commands.surroundings import who
from cloud.dataset import inbox
from cloud.errors import SettingError
from cloud.identity import devices
from cloud.identity.devices import EnrolledDevice
from cloud.logs import LineFormatter
from cloud.releases.signing import load_or_create
from cloud.store import keys, open_store
from cloud.store.keys import InboxUpload, Pool
from contract.bundle import TrainingBundle
from contract.upload import upload_id
from tests.cloud.conftest import DEVICE, HOME_CODE, MakeUpload


@pytest.fixture
def kept() -> Iterator[None]:
    """Lets go of the files that a test has named."""
    log = logging.getLogger(LOGGER)
    handlers, level = list(log.handlers), log.level
    yield
    for handler in set(log.handlers) - set(handlers):
        log.removeHandler(handler)
        handler.close()
    log.setLevel(level)


def lines_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_an_event_is_one_line_that_says_who_did_what(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger=LOGGER)
    note(AuditEvent.DEVICE_REVOKED, by="ada", group="demo", device="d" * 32)
    [record] = caplog.records
    line = json.loads(LineFormatter().format(record))
    assert line.items() >= {"logger": LOGGER, "message": "device revoked", "by": "ada", "group": "demo"}.items()


@pytest.mark.usefixtures("kept")
def test_a_file_has_each_line_once_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    for _ in range(2):
        keep_in(path)
    note(AuditEvent.ERASED, by="ada\nsmuggled", group="home", samples=3)
    [line] = lines_of(path)
    assert line.items() >= {"message": "erased", "by": "ada\nsmuggled", "samples": 3}.items()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.usefixtures("kept")
def test_what_is_done_to_stores_spaces_bundles_and_samples_is_kept_without_labels(
    training_bundle: TrainingBundle, tmp_path: Path, make_upload: MakeUpload
) -> None:
    audit, state, pool = tmp_path / "audit.log", tmp_path / "state", Pool("home", training_bundle.space)
    store, copy, back = (f"dir:{tmp_path / name}" for name in ("store", "copy", "back"))
    opened = open_store(store)
    opened.prepare()
    load_or_create(state, opened)
    devices.add(opened, EnrolledDevice(DEVICE, "home", 0, "0" * 64, 0))

    def run(*arguments: str, store: str = store) -> str:
        environment = {"FEDEX_STORE": store, "FEDEX_STATE": str(state), "FEDEX_AUDIT": str(audit)}
        return CliRunner().invoke(commands, arguments, env=environment, catch_exceptions=False).output

    for _ in range(2):
        run("bundle", "add", "--replace", str(training_bundle.directory))
    body = make_upload(["Zoe"])
    inbox.add(opened, InboxUpload(pool, DEVICE, 0, upload_id(body)), body)
    run("backup", copy)
    run("restore", copy, store=back)
    run("fsck", "--mend")
    run("fsck")
    run("space", "retire", pool.path)
    run("space", "restore", pool.path)
    run("erase", "--label", "Zoe", "--group", "home")
    lines = lines_of(audit)
    assert {line["by"] for line in lines} == {who()}
    untold = {"time", "level", "logger", "by", "begun", "erasure", "serial"}
    assert [{name: value for name, value in line.items() if name not in untold} for line in lines] == [
        {"message": "bundle registered", "space": training_bundle.space},
        {"message": "store copied", "store": store, "to": copy},
        {"message": "store restored", "store": back, "copy": copy},
        {"message": "store mended", "store": back, "mended": 0},
        {"message": "store mended", "store": store, "mended": 0},
        {"message": "space retired", "pool": pool.path},
        {"message": "space restored", "pool": pool.path},
        {"message": "erasure asked", "group": "home", "of": "label"},
    ]
    assert "Zoe" not in audit.read_text()


@pytest.mark.usefixtures("kept")
def test_a_file_that_was_moved_away_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    keep_in(path)
    note(AuditEvent.CODE_ADDED, by="ada")
    path.rename(tmp_path / "audit.log.1")
    note(AuditEvent.CODE_WITHDRAWN, by="ada")
    assert [line["message"] for line in lines_of(tmp_path / "audit.log.1")] == ["code added"]
    assert [line["message"] for line in lines_of(path)] == ["code withdrawn"]


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("how", ["full disk", "folder gone"])
def test_a_file_that_takes_no_line_fails_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture, how: str) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    path = folder / "audit.log"
    keep_in(path)
    path.unlink()
    if how == "full disk":
        path.symlink_to("/dev/full")
    else:
        folder.rmdir()
    note(AuditEvent.ENROLLED, by="d" * 32)
    assert f"FEDEX_AUDIT: a line was not kept in {path}" in caplog.text


def test_a_file_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"FEDEX_AUDIT: expected a file .*, got .*nowhere/audit.log"):
        keep_in(tmp_path / "nowhere" / "audit.log")


def test_the_service_and_what_operators_do_by_hand_share_one_file(
    tmp_path: Path, start_service: Callable[..., AbstractContextManager[str]]
) -> None:
    path, address = tmp_path / "audit.log", f"dir:{tmp_path / 'store'}"
    store = open_store(address)
    store.prepare()
    store.put(keys.VERIFY, bytes(32))
    environment = {"FEDEX_STORE": address, "FEDEX_AUDIT": str(path)}
    with start_service(tmp_path, **environment) as url:
        assert requests.post(f"{url}/v1/devices", json={"code": HOME_CODE}, timeout=10).status_code == 201
        command = [sys.executable, "-m", "cloud.cli", "codes", "add", "--group", "home"]
        subprocess.run(command, env=os.environ | environment, check=True, capture_output=True, timeout=60)
    assert [line["message"] for line in lines_of(path)] == ["enrolled", "code added"]
