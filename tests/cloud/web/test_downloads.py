"""A download whose copy is deleted between being found and being read: another one is served, or it is not there."""

import hashlib
from typing import Any

import pytest

from cloud.identity import devices
from cloud.identity.devices import EnrolledDevice
from cloud.releases import objects
from cloud.settings import Settings
from cloud.store import ObjectStore, keys
from cloud.store.keys import Pool
from cloud.web.app import create_app
from contract.files import sha256_hex
from contract.problems import Problem, ProblemDocument
from tests.cloud.conftest import DEVICE, SPACE, TOKEN_SECRET

HEAD = b"a head that others have, too"
POOL = Pool("home", SPACE)


class Swept:
    """A store in which the first copies that are read go just before."""

    def __init__(self, store: ObjectStore, *, copies: int) -> None:
        self._store, self._left = store, copies

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def get(self, key: str, *given: Any) -> Any:
        if self._left and key.startswith(keys.OBJECTS):
            self._left -= 1
            self._store.delete(key)
        return self._store.get(key, *given)


@pytest.mark.parametrize(("copies", "status"), [(1, 200), (2, 404)])
def test_a_copy_that_is_swept_as_it_is_asked_for(directory_store: ObjectStore, copies: int, status: int) -> None:
    directory_store.put(keys.VERIFY, bytes(32))
    token = f"{DEVICE}.{TOKEN_SECRET}"
    devices.add(directory_store, EnrolledDevice(DEVICE, "home", 0, hashlib.sha256(token.encode()).hexdigest(), 0))
    for publication in ("1" * 16, "2" * 16):
        objects.put(directory_store, POOL, HEAD, publication=publication)
    swept: Any = Swept(directory_store, copies=copies)
    client = create_app(Settings(store="dir:unused"), store=swept).test_client()
    with client.get(f"/v1/objects/{sha256_hex(HEAD)}", headers={"Authorization": f"Bearer {token}"}) as answer:
        assert answer.status_code == status
        if status == 200:
            assert answer.data == HEAD
        else:
            assert ProblemDocument.parse(answer.data).problem is Problem.NOT_FOUND
