"""A phone that pauses in the middle of an upload: the device's own client, the real service, and a pause between."""

import io
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from types import SimpleNamespace

import pytest

from cloud.admin.bundles import register as register_bundle
from cloud.store import keys, open_store
from contract.bundle import TrainingBundle
from contract.routes import MIN_BYTES_PER_S
from contract.upload import upload_id
from device.errors import TryLater
from device.service import client as client_module
from device.service.client import Client

STALL_S = 0.5
SIZE = 4_000
PAUSE_S = STALL_S + SIZE / MIN_BYTES_PER_S + 1
"""Longer than the service waits."""

MakeUpload = Callable[..., bytes]


@pytest.fixture(scope="module")
def url(
    start_service: Callable[..., AbstractContextManager[str]],
    training_bundle: TrainingBundle,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """A service that waits half a second for a byte."""
    folder = tmp_path_factory.mktemp("paused")
    store = open_store(f"dir:{folder / 'store'}")
    store.prepare()
    store.put(keys.VERIFY, bytes(32))
    assert training_bundle.directory is not None
    register_bundle(store, training_bundle.directory)
    with start_service(folder, FEDEX_STORE=f"dir:{folder / 'store'}", FEDEX_STALL_S=str(STALL_S)) as url:
        yield url


class PausedBody(io.BytesIO):
    """A body that is read in parts, with a pause before the last ones."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() == 1000:
            time.sleep(PAUSE_S)
        return super().read(1000)


def test_an_upload_that_pauses_is_sent_again_and_arrives(
    url: str, make_upload: MakeUpload, training_bundle: TrainingBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A body that stalled was called malformed.

    The device took that for the upload's own fault, and set it aside for good.
    """
    body = make_upload([f"person {number}" for number in range(50)])
    assert 1_000 < len(body) < SIZE
    client = Client(url, token=Client(url).enrol("a-code-for-home").token)
    with monkeypatch.context() as patch:
        patch.setattr(client_module, "io", SimpleNamespace(BytesIO=PausedBody))
        with pytest.raises(TryLater):
            client.upload(body, space=training_bundle.space, upload=upload_id(body))
    client.upload(body, space=training_bundle.space, upload=upload_id(body))
