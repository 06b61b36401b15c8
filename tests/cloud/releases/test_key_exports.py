"""A copy of the worker's key: sealed by a passphrase, and a worker again where the state folder was lost."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cloud.errors import SettingError
from cloud.releases import key_exports
from cloud.releases.key_exports import seal, unseal
from cloud.releases.key_files import CHAIN_FILE, KEY_FILE, load_pair
from cloud.releases.signing import adopt, load_or_create, rotate
from cloud.store import ObjectStore, keys, open_store

NOW = 1_800_000_000
PASSPHRASE = "a horse, a battery and a staple"
ADOPT_AND_DIE = """
import os, signal, sys
from pathlib import Path
import cloud.releases.key_files
from cloud.releases.key_exports import unseal
from cloud.releases.signing import adopt
from cloud.store import open_store

write = cloud.releases.key_files.atomic_write
def die_at_the_key(path, *arguments, **named):
    if path.name == "signing.pem":
        os.kill(os.getpid(), signal.SIGKILL)
    write(path, *arguments, **named)

cloud.releases.key_files.atomic_write = die_at_the_key
pair = unseal(Path(sys.argv[3]).read_bytes(), sys.argv[4], where="export")
adopt(Path(sys.argv[2]), open_store(sys.argv[1]), pair)
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A guess that costs little: what a passphrase is worth is no matter here."""
    monkeypatch.setattr(key_exports, "_N", 1 << 10)


@pytest.fixture
def address(tmp_path: Path) -> str:
    open_store(f"dir:{tmp_path / 'store'}").prepare()
    return f"dir:{tmp_path / 'store'}"


@pytest.fixture
def store(address: str) -> ObjectStore:
    return open_store(address)


def export(state: Path) -> bytes:
    return seal(load_pair(state), PASSPHRASE)


def test_a_state_folder_that_was_lost_is_a_workers_again(tmp_path: Path, store: ObjectStore) -> None:
    state = tmp_path / "state"
    load_or_create(state, store)
    key = rotate(state, store, now=NOW)
    sealed = export(state)
    shutil.rmtree(state)
    adopted = adopt(state, store, unseal(sealed, PASSPHRASE, where="export"))
    assert adopted is not None
    assert (adopted.public, adopted.chain) == (key.public, key.chain)
    assert key.has_signed(adopted.sign(b"payload"))
    again = load_or_create(state, store)
    assert (again.public, again.chain) == (key.public, key.chain)
    assert [(state / name).stat().st_mode & 0o777 for name in (KEY_FILE, CHAIN_FILE)] == [0o600, 0o600]


def test_it_goes_to_a_new_store_too(tmp_path: Path, store: ObjectStore) -> None:
    """As when the store was lost with all that devices sent: they still believe this service."""
    state = tmp_path / "state"
    key = load_or_create(state, store)
    other = open_store(f"dir:{tmp_path / 'other'}")
    other.prepare()
    assert adopt(tmp_path / "another", other, unseal(export(state), PASSPHRASE, where="export"))
    assert other.get(keys.VERIFY).body == key.public


def test_the_same_import_again_does_nothing(tmp_path: Path, store: ObjectStore) -> None:
    state = tmp_path / "state"
    load_or_create(state, store)
    pair = unseal(export(state), PASSPHRASE, where="export")
    assert adopt(state, store, pair) is None


@pytest.mark.parametrize("rotations", [0, 1])
def test_an_import_that_is_killed_is_completed_by_the_same_again(
    tmp_path: Path, store: ObjectStore, address: str, rotations: int
) -> None:
    state = tmp_path / "state"
    key = load_or_create(state, store)
    for _ in range(rotations):
        key = rotate(state, store, now=NOW)
    sealed = tmp_path / "export"
    sealed.write_bytes(seal(load_pair(state), PASSPHRASE))
    shutil.rmtree(state)
    script = ADOPT_AND_DIE.replace("import cloud.releases.key_files\n", _QUICK)
    done = subprocess.run(
        [sys.executable, "-c", script, address, state, sealed, PASSPHRASE], env=os.environ, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert not (state / KEY_FILE).exists()
    adopted = adopt(state, store, unseal(sealed.read_bytes(), PASSPHRASE, where="export"))
    assert adopted is not None
    assert adopted.public == key.public


_QUICK = "import cloud.releases.key_files\nimport cloud.releases.key_exports\ncloud.releases.key_exports._N = 1 << 10\n"


def test_another_passphrase_opens_nothing(tmp_path: Path, store: ObjectStore) -> None:
    load_or_create(tmp_path / "state", store)
    with pytest.raises(SettingError, match="export: expected the passphrase that it was sealed with"):
        unseal(export(tmp_path / "state"), PASSPHRASE + ".", where="export")


@pytest.mark.parametrize("name", ["key", "salt", "nonce", "sealed"])
def test_a_file_that_was_changed_opens_nothing(tmp_path: Path, store: ObjectStore, name: str) -> None:
    load_or_create(tmp_path / "state", store)
    document = json.loads(export(tmp_path / "state"))
    first = document[name][0]
    document[name] = ("1" if first != "1" else "2") + document[name][1:]
    with pytest.raises(SettingError, match="or the file was changed"):
        unseal(json.dumps(document).encode(), PASSPHRASE, where="export")


@pytest.mark.parametrize("data", [b"", b"{}", b"-----BEGIN PRIVATE KEY-----", b'{"format": 2}', b"[" * 100])
def test_another_file_is_said(data: bytes) -> None:
    with pytest.raises(SettingError, match="export: expected what `keys export` wrote, got another file"):
        unseal(data, PASSPHRASE, where="export")


def test_neither_key_nor_passphrase_is_in_the_file(tmp_path: Path, store: ObjectStore) -> None:
    load_or_create(tmp_path / "state", store)
    pair = load_pair(tmp_path / "state")
    sealed = seal(pair, PASSPHRASE)
    assert pair.private.private_bytes_raw() not in sealed
    assert sealed != seal(pair, PASSPHRASE)
    assert PASSPHRASE.encode() not in sealed


def test_a_short_passphrase_is_refused(tmp_path: Path, store: ObjectStore) -> None:
    load_or_create(tmp_path / "state", store)
    with pytest.raises(SettingError, match="expected at least 12 characters, got 7"):
        seal(load_pair(tmp_path / "state"), "passwor")


def test_a_key_of_another_store_is_kept_out(tmp_path: Path, store: ObjectStore) -> None:
    other = open_store(f"dir:{tmp_path / 'other'}")
    other.prepare()
    load_or_create(tmp_path / "stranger", other)
    load_or_create(tmp_path / "own", store)
    pair = unseal(export(tmp_path / "stranger"), PASSPHRASE, where="export")
    with pytest.raises(SettingError, match="this store belongs to a worker with another state folder"):
        adopt(tmp_path / "state", store, pair)
    assert not (tmp_path / "state").exists()


def test_an_export_of_before_a_rotation_is_refused(tmp_path: Path, store: ObjectStore) -> None:
    """Devices have gone past its key, and would refuse everything that it signs."""
    state = tmp_path / "state"
    load_or_create(state, store)
    sealed = export(state)
    rotate(state, store, now=NOW)
    shutil.rmtree(state)
    with pytest.raises(SettingError, match="is it an older copy"):
        adopt(state, store, unseal(sealed, PASSPHRASE, where="export"))
    assert not state.exists()


def test_a_state_folder_with_another_key_keeps_it(tmp_path: Path, store: ObjectStore) -> None:
    load_or_create(tmp_path / "state", store)
    pair = unseal(export(tmp_path / "state"), PASSPHRASE, where="export")
    other = open_store(f"dir:{tmp_path / 'other'}")
    other.prepare()
    stranger = load_or_create(tmp_path / "another", other)
    with pytest.raises(SettingError, match="expected a folder without a key, got one with the key"):
        adopt(tmp_path / "another", store, pair)
    assert load_or_create(tmp_path / "another", other).public == stranger.public


def test_no_key_is_made_for_a_store_that_has_one(tmp_path: Path, store: ObjectStore) -> None:
    """A worker whose state folder was lost had made another key, which stood in the way of the right one."""
    load_or_create(tmp_path / "state", store)
    with pytest.raises(SettingError, match="`fedex-cloud keys import` brings its key back"):
        load_or_create(tmp_path / "empty", store)
    assert not (tmp_path / "empty").exists()
