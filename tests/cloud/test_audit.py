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

from cloud.audit import LOGGER, AuditEvent, keep_in, note
from cloud.errors import SettingError
from cloud.logs import LineFormatter
from cloud.store import keys, open_store
from tests.cloud.conftest import HOME_CODE


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
