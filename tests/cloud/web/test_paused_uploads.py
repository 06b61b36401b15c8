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
from contract.upload import upload_id
from device.errors import TryLater
from device.service import client as client_module
from device.service.client import Client

STALL_S = 0.5
PAUSE_S = 3 * STALL_S
"""Longer than the service waits, shorter than what it allows for leaving."""

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


@pytest.mark.parametrize("samples", [30, 200])
def test_an_upload_that_pauses_is_sent_again_and_arrives(
    url: str,
    make_upload: MakeUpload,
    training_bundle: TrainingBundle,
    monkeypatch: pytest.MonkeyPatch,
    samples: int,
) -> None:
    """A body that stalled was called malformed, which the device took for the upload's own fault: it set it aside for
    good. A short body waits in the service's main loop, a longer one in a thread.
    """
    body = make_upload([f"person {number}" for number in range(samples)])
    assert (len(body) > 4096) is (samples == 200)
    client = Client(url, token=Client(url).enrol("a-code-for-home").token)
    with monkeypatch.context() as patch:
        patch.setattr(client_module, "io", SimpleNamespace(BytesIO=PausedBody))
        with pytest.raises(TryLater):
            client.upload(body, space=training_bundle.space, upload=upload_id(body))
    client.upload(body, space=training_bundle.space, upload=upload_id(body))
