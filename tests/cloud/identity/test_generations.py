"""A device's generation rises once for each erasure, whatever else changes the device meanwhile."""

import json
from dataclasses import replace
from typing import Any

import pytest

from cloud.errors import NotFound
from cloud.identity import devices
from cloud.identity.devices import EnrolledDevice
from cloud.identity.generations import raise_generation
from cloud.identity.token_seal import TokenSeal
from cloud.identity.tokens import Authenticator
from cloud.store import ObjectStore, keys
from contract.files import sha256_hex

DEVICE = EnrolledDevice("d" * 32, "home", 2, "0" * 64, 5, ("1" * 64,))


class Overtaking:
    """A store in which somebody else offers a token between each reading and the next writing, a few times."""

    def __init__(self, store: ObjectStore, *, times: int) -> None:
        self._store, self._left = store, times

    def __getattr__(self, operation: str) -> Any:
        def ask(*given: Any, **named: Any) -> Any:
            if operation == "put_if_match" and self._left:
                self._left -= 1
                devices.offer_token(self._store, DEVICE.id, token_sha256=f"{self._left}" * 64)
            return getattr(self._store, operation)(*given, **named)

        return ask


def test_it_rises_above_the_one_that_is_over_and_only_once(directory_store: ObjectStore) -> None:
    devices.add(directory_store, DEVICE)
    for _ in range(2):
        raise_generation(directory_store, DEVICE.id, above=2)
        assert devices.read(directory_store, DEVICE.id).generation == 3
    raise_generation(directory_store, DEVICE.id, above=1)
    assert devices.read(directory_store, DEVICE.id).generation == 3


def test_everything_else_stays_what_a_later_version_wrote_too(directory_store: ObjectStore) -> None:
    devices.add(directory_store, DEVICE)
    document = json.loads(directory_store.get(keys.device(DEVICE.id)).body)
    directory_store.put(keys.device(DEVICE.id), json.dumps({**document, "added": 7}).encode())
    raise_generation(directory_store, DEVICE.id, above=2)
    changed = json.loads(directory_store.get(keys.device(DEVICE.id)).body)
    assert changed == {**document, "added": 7, "generation": 3}


def test_a_change_in_between_is_not_lost(directory_store: ObjectStore) -> None:
    devices.add(directory_store, DEVICE)
    store: Any = Overtaking(directory_store, times=2)
    raise_generation(store, DEVICE.id, above=2)
    changed = devices.read(directory_store, DEVICE.id)
    assert (changed.generation, len(changed.next_tokens_sha256)) == (3, 3)


def test_a_device_that_is_not_there_is_told(directory_store: ObjectStore) -> None:
    with pytest.raises(NotFound):
        raise_generation(directory_store, DEVICE.id, above=0)


def test_a_process_that_was_told_knows_the_new_one_at_once(directory_store: ObjectStore) -> None:
    token = TokenSeal(directory_store).make_token(DEVICE.id)
    devices.add(directory_store, replace(DEVICE, token_sha256=sha256_hex(token.encode())))
    authenticator = Authenticator(directory_store, clock=lambda: 0.0)
    assert authenticator.authenticate(f"Bearer {token}").generation == 2
    raise_generation(directory_store, DEVICE.id, above=2)
    assert authenticator.authenticate(f"Bearer {token}").generation == 2
    authenticator.forget(DEVICE.id)
    assert authenticator.authenticate(f"Bearer {token}").generation == 3
