"""A new key takes the place of the worker's: the old one signs it, and whoever is killed, one of them counts."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cloud.errors import SettingError
from cloud.releases.key_files import CHAIN_FILE, KEY_FILE, NEXT_KEY_FILE, verifies
from cloud.releases.signing import give_out, is_given_out, load_or_create, rotate
from cloud.store import ObjectStore, keys, open_store
from contract import key_chain
from contract.key_chain import KeyChain, KeyLink

NOW = 1_800_000_000
ROOT = Path(__file__).parents[3]
ROTATE_AND_DIE = """
import os, signal, sys
from pathlib import Path
import cloud.releases.key_files, cloud.releases.signing
from cloud.store import open_store

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

module, name = sys.argv[3].rsplit(".", 1)
setattr(sys.modules["cloud.releases." + module], name, die)
cloud.releases.signing.rotate(Path(sys.argv[2]), open_store(sys.argv[1]), now=1)
"""


@pytest.fixture
def address(tmp_path: Path) -> str:
    opened = open_store(f"dir:{tmp_path / 'store'}")
    opened.prepare()
    return f"dir:{tmp_path / 'store'}"


@pytest.fixture
def store(address: str) -> ObjectStore:
    return open_store(address)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def chain_in(store: ObjectStore) -> KeyChain:
    chain = KeyChain.parse(store.get(keys.CHAIN).body)
    chain.check_signed(verifies)
    return chain


def test_the_old_key_signs_the_new_one_and_is_gone(state: Path, store: ObjectStore) -> None:
    old = load_or_create(state, store)
    kept = (state / KEY_FILE).read_bytes()
    new = rotate(state, store, now=NOW)
    assert new.chain.keys == (old.public, new.public)
    assert chain_in(store) == new.chain
    assert KeyLink.parse(new.chain.links[0].payload) == KeyLink(old.public, new.public, NOW)
    assert sorted(path.name for path in state.iterdir()) == [CHAIN_FILE, KEY_FILE]
    assert kept not in [path.read_bytes() for path in state.iterdir()]
    assert all(path.stat().st_mode & 0o077 == 0 for path in state.iterdir())
    assert load_or_create(state, store).public == new.public


def test_devices_that_enrol_get_the_old_key_until_the_new_one_is_given_out(state: Path, store: ObjectStore) -> None:
    old = load_or_create(state, store)
    new = rotate(state, store, now=NOW)
    assert store.get(keys.VERIFY).body == old.public
    assert not is_given_out(store, new)
    give_out(store, new)
    assert store.get(keys.VERIFY).body == new.public
    assert is_given_out(store, load_or_create(state, store))


def test_rotations_follow_each_other_and_every_key_vouches_for_what_it_signed(state: Path, store: ObjectStore) -> None:
    made = [load_or_create(state, store), *(rotate(state, store, now=NOW) for _ in range(3))]
    assert chain_in(store).keys == tuple(key.public for key in made)
    signed = [key.sign(b"payload") for key in made]
    assert [made[-1].has_signed(one) for one in signed] == [False, False, False, True]
    assert all(made[-1].vouches_for(one) for one in signed)
    assert not made[0].vouches_for(signed[1])


def test_a_chain_in_the_store_makes_nobody_a_key_of_this_worker(
    state: Path, store: ObjectStore, tmp_path: Path
) -> None:
    """Whoever can write into the store could put a key of theirs before the worker's, and sign a link to it."""
    own = load_or_create(state, store)
    other = open_store(f"dir:{tmp_path / 'other'}")
    other.prepare()
    stranger = load_or_create(tmp_path / "stranger", other)
    link = stranger.sign(
        KeyLink(stranger.public, own.public, NOW).encode(), payload_type="application/vnd.fedex.key+json"
    )
    store.put(keys.CHAIN, KeyChain((stranger.public,)).extended(link).encode())
    assert not own.vouches_for(stranger.sign(b"payload"))
    with pytest.raises(SettingError, match=r"keys/chain: expected the keys up to that of .*another state folder"):
        load_or_create(state, store)


def test_an_older_copy_of_the_state_folder_is_refused(state: Path, store: ObjectStore, tmp_path: Path) -> None:
    """Devices have gone past its key, and would refuse everything that it signs."""
    load_or_create(state, store)
    shutil.copytree(state, tmp_path / "copy")
    rotate(state, store, now=NOW)
    with pytest.raises(SettingError, match="is it an older copy") as refused:
        load_or_create(tmp_path / "copy", store)
    assert "\n" not in str(refused.value)


def test_a_state_folder_that_lost_its_key_after_a_rotation_makes_no_other(state: Path, store: ObjectStore) -> None:
    rotate(state, store, now=NOW)
    (state / KEY_FILE).unlink()
    with pytest.raises(SettingError, match=r"expected the key [0-9a-f]{16}, with which chain\.json ends"):
        load_or_create(state, store)


def test_a_chain_file_that_is_none_is_a_setting_to_mend(state: Path, store: ObjectStore) -> None:
    rotate(state, store, now=NOW)
    (state / CHAIN_FILE).write_text("{}")
    with pytest.raises(SettingError, match="expected the chain of this worker's keys"):
        load_or_create(state, store)


def test_a_chain_that_is_full_takes_no_further_key(
    state: Path, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloud.releases.signing.MAX_LINKS", 1)
    key = rotate(state, store, now=NOW)
    with pytest.raises(SettingError, match="expected at most 0 rotations so far, got 1"):
        rotate(state, store, now=NOW)
    assert load_or_create(state, store).public == key.public
    assert key_chain.MAX_LINKS == 256


@pytest.mark.parametrize(
    ("step", "is_decided"),
    [("key_files._create", False), ("signing.keep_chain", False), ("key_files._promote", True)],
)
def test_killed_at_any_step_one_key_counts_and_the_next_rotation_works(
    state: Path, store: ObjectStore, address: str, step: str, is_decided: bool
) -> None:
    old = load_or_create(state, store)
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-c", ROTATE_AND_DIE, address, state, step],
        env={**os.environ, "PYTHONPATH": path},
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    left = load_or_create(state, store)
    assert (left.public != old.public) is is_decided
    assert (len(left.chain.links), keys.CHAIN in store.list("keys/")) == ((1, True) if is_decided else (0, False))
    after = rotate(state, store, now=NOW)
    assert chain_in(store).keys == (*left.chain.keys, after.public)
    assert not (state / NEXT_KEY_FILE).exists()


def test_killed_before_the_store_heard_of_it_the_next_start_tells_it(state: Path, store: ObjectStore) -> None:
    key = rotate(state, store, now=NOW)
    store.delete(keys.CHAIN)
    assert load_or_create(state, store).public == key.public
    assert chain_in(store) == key.chain
