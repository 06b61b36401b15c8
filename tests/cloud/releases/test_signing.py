"""The worker's key: made once, private, published once, and refused where another worker's key is."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cloud.errors import SettingError
from cloud.releases.signing import KEY_FILE, load_or_create
from cloud.store import ObjectStore, keys, open_store
from contract.envelope import Envelope, key_id
from contract.manifest import MANIFEST_PAYLOAD_TYPE


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    opened = open_store(f"dir:{tmp_path / 'store'}")
    opened.prepare()
    return opened


def test_a_key_is_made_at_the_first_start_and_kept(tmp_path: Path, store: ObjectStore) -> None:
    first = load_or_create(tmp_path / "state", store)
    assert load_or_create(tmp_path / "state", store).public == first.public
    assert store.get(keys.VERIFY).body == first.public


def test_only_its_owner_can_read_the_key_file(tmp_path: Path, store: ObjectStore) -> None:
    load_or_create(tmp_path / "state", store)
    assert stat.S_IMODE((tmp_path / "state" / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "state").iterdir()] == [KEY_FILE]


def test_the_private_half_is_nowhere_to_be_seen(tmp_path: Path, store: ObjectStore) -> None:
    key = load_or_create(tmp_path / "state", store)
    assert "_private" not in repr(key)


def test_what_was_signed_verifies_with_the_public_key(tmp_path: Path, store: ObjectStore) -> None:
    key = load_or_create(tmp_path / "state", store)
    envelope = Envelope.parse(key.sign(b"payload").encode())
    [signature] = envelope.signatures
    assert (envelope.payload_type, signature.key_id) == (MANIFEST_PAYLOAD_TYPE, key_id(key.public))
    Ed25519PublicKey.from_public_bytes(key.public).verify(signature.signature, envelope.signed_bytes())


def test_another_payload_under_the_same_signature_does_not_verify(tmp_path: Path, store: ObjectStore) -> None:
    key = load_or_create(tmp_path / "state", store)
    [signature] = key.sign(b"payload").signatures
    other = key.sign(b"another").signed_bytes()
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature.signature, other)


def test_a_store_with_another_workers_key_is_refused_in_one_line(tmp_path: Path, store: ObjectStore) -> None:
    load_or_create(tmp_path / "one", store)
    with pytest.raises(SettingError, match="this store belongs to a worker with another state folder") as refused:
        load_or_create(tmp_path / "two", store)
    assert "\n" not in str(refused.value)


def test_a_key_file_that_is_no_key_is_refused(tmp_path: Path, store: ObjectStore) -> None:
    (tmp_path / KEY_FILE).write_text("not a key")
    with pytest.raises(SettingError, match="expected an Ed25519 private key in PEM"):
        load_or_create(tmp_path, store)


def test_a_state_folder_that_cannot_be_written_is_a_setting_to_mend(tmp_path: Path, store: ObjectStore) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SettingError, match="expected a folder that the worker may write to"):
        load_or_create(tmp_path / "file" / "state", store)


def test_workers_that_start_at_once_with_one_state_folder_share_one_key(tmp_path: Path, store: ObjectStore) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: load_or_create(tmp_path / "state", store).public, range(8)))
    assert len(set(made)) == 1
