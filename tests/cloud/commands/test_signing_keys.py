"""The commands of the signing key: a copy of it, and the way back."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cloud.cli import commands
from cloud.releases.signing import load_or_create
from cloud.store import open_store
from contract.invitation import fingerprint, shown_fingerprint

PASSPHRASE = "a horse, a battery and a staple"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    open_store(f"dir:{tmp_path / 'store'}").prepare()
    return {"FEDEX_STORE": f"dir:{tmp_path / 'store'}", "FEDEX_STATE": str(tmp_path / "state")}


def run(environment: dict[str, str], *arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(commands, ["keys", *arguments], env=environment, input=typed)


def test_a_key_is_exported_and_imported_where_the_state_folder_was_lost(
    environment: dict[str, str], tmp_path: Path
) -> None:
    key = load_or_create(tmp_path / "state", open_store(environment["FEDEX_STORE"]))
    digits, copy = shown_fingerprint(fingerprint(key.public)), tmp_path / "copy"
    exported = run(environment, "export", str(copy), typed=f"{PASSPHRASE}\n{PASSPHRASE}\n")
    assert exported.stdout == f"exported: key {digits}; keep {copy} and the passphrase in different places\n"
    assert copy.stat().st_mode & 0o777 == 0o600
    shutil.rmtree(tmp_path / "state")
    (tmp_path / "passphrase").write_text(PASSPHRASE + "\n")
    imported = run(environment, "import", str(copy), "--passphrase-file", str(tmp_path / "passphrase"))
    assert imported.stdout == f"imported: key {digits} signs from now on; start the worker\n"
    assert load_or_create(tmp_path / "state", open_store(environment["FEDEX_STORE"])).public == key.public
    again = run(environment, "import", str(copy), "--passphrase-file", str(tmp_path / "passphrase"))
    assert f"expected a folder without a key, got one with the key {digits} already" in str(again.exception)


def test_an_export_overwrites_no_file(environment: dict[str, str], tmp_path: Path) -> None:
    """It may be the only copy of another key."""
    load_or_create(tmp_path / "state", open_store(environment["FEDEX_STORE"]))
    (tmp_path / "copy").write_text("kept")
    (tmp_path / "passphrase").write_text(PASSPHRASE)
    ended = run(environment, "export", str(tmp_path / "copy"), "--passphrase-file", str(tmp_path / "passphrase"))
    assert isinstance(ended.exception, FileExistsError)
    assert (tmp_path / "copy").read_text() == "kept"


def test_where_there_is_no_key_none_is_made_to_be_exported(environment: dict[str, str], tmp_path: Path) -> None:
    ended = run(environment, "export", str(tmp_path / "copy"), typed=f"{PASSPHRASE}\n{PASSPHRASE}\n")
    assert "expected the folder of a worker that ran once" in str(ended.exception)
    assert not (tmp_path / "state").exists()


def test_a_passphrase_file_that_is_none_is_said(environment: dict[str, str], tmp_path: Path) -> None:
    load_or_create(tmp_path / "state", open_store(environment["FEDEX_STORE"]))
    (tmp_path / "passphrase").write_bytes(b"\xff\xfe")
    ended = run(environment, "export", str(tmp_path / "copy"), "--passphrase-file", str(tmp_path / "passphrase"))
    assert "expected a passphrase in UTF-8" in str(ended.exception)
    assert not (tmp_path / "copy").exists()


def test_without_a_terminal_a_file_is_asked_for(environment: dict[str, str], tmp_path: Path) -> None:
    """A warning of Python's, and a prompt that nobody saw."""
    load_or_create(tmp_path / "state", open_store(environment["FEDEX_STORE"]))
    command = [sys.executable, "-m", "cloud", "keys", "export", str(tmp_path / "copy")]
    ended = subprocess.run(
        command,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        start_new_session=True,  # or it would find the terminal of whoever runs the tests
    )
    expected = "fedex-cloud: passphrase: expected a terminal to ask on, or --passphrase-file, got neither"
    assert (ended.returncode, ended.stderr.splitlines()[-1]) == (1, expected)
