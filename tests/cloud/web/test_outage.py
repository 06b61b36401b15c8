"""A store that is away under load: stopped in the middle of everything, then killed and started again.

Devices get 503 with a time to come again, health is answered throughout, the service recovers by itself, and whatever
was acknowledged is there. A short outage in `make test`; minutes in `make test-all`.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
import requests

from cloud.admin.bundles import register as register_bundle
from cloud.store import keys, open_store
from cloud.store.listing import keys_under
from contract.bundle import TrainingBundle
from tests.cloud.conftest import SPACE
from tests.cloud.web.crowds import wait_until
from tests.cloud.web.own_minio import OwnMinio
from tests.cloud.web.own_minio import own_minio as own_minio
from tests.cloud.web.steady import Crowd, Sender, enrol, sending

StartService = Callable[..., AbstractContextManager[str]]
MakeUpload = Callable[..., bytes]

DEVICE_WAITS_S = 20.0
"""By default; then it gives up, and does not learn when to come again."""
HEALTH_WITHIN_S = 5.0
MAX_GROWTH_BYTES = 64 << 20
"""Of one web process."""


@dataclass
class Watch:
    """What is seen of a service, again and again."""

    slowest_s: float = 0.0
    """Of the answers of /healthz."""
    ready: set[int] = field(default_factory=set)
    """The statuses of /readyz."""
    largest: int = 0
    """The most memory of a web process, in bytes."""


@contextlib.contextmanager
def watching(url: str, log: Path) -> Iterator[Watch]:
    """Look at health and memory until the block ends; what is not answered in time raises there."""
    watch, stop, failed = Watch(), threading.Event(), []
    master = next(each for each in psutil.Process().children() if f"serve --bind {url[7:]}" in " ".join(each.cmdline()))

    def look() -> None:
        try:
            while not stop.wait(0.25):
                began = time.monotonic()
                assert requests.get(f"{url}/healthz", timeout=60).status_code == 200
                watch.slowest_s = max(watch.slowest_s, time.monotonic() - began)
                watch.ready.add(requests.get(f"{url}/readyz", timeout=60).status_code)
                watch.largest = max(watch.largest, *(each.memory_info().rss for each in master.children()))
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield watch
    finally:
        stop.set()
        thread.join()
    assert failed == []


@pytest.mark.parametrize(
    ("still_s", "gone_s"),
    [
        (14, 6),  # the first is longer than a request waits for the store
        pytest.param(120, 60, marks=[pytest.mark.slow, pytest.mark.timeout(900)]),
    ],
)
def test_devices_come_again_later_while_the_store_is_away_and_nothing_is_lost(
    own_minio: OwnMinio,
    start_service: StartService,
    training_bundle: TrainingBundle,
    make_upload: MakeUpload,
    tmp_path: Path,
    still_s: float,
    gone_s: float,
) -> None:
    store = open_store(own_minio.address)
    store.prepare()
    store.put(keys.VERIFY, bytes(32))
    assert training_bundle.directory is not None
    register_bundle(store, training_bundle.directory)
    quotas = {"FEDEX_DEVICE_MIB": "99999", "FEDEX_DEVICE_SAMPLES": "99999", "FEDEX_DEVICE_REQUESTS": "999999"}
    log = tmp_path / "log"
    with start_service(tmp_path, FEDEX_STORE=own_minio.address, FEDEX_STALL_S="20", **quotas) as url:

        def make(name: str) -> bytes:
            return make_upload(["Ada", "Ben"], names=[name, f"{name} b"])

        senders = [Sender(url, enrol(url), f"small {number}", make, keeps=number % 2 == 0) for number in range(12)]
        with watching(url, log) as watch, contextlib.ExitStack() as stack:
            wait_until(lambda: watch.largest > 0)
            before = watch.largest
            crowd = stack.enter_context(sending(senders))
            crowd.wait_for_more()
            own_minio.stand_still(still_s)
            crowd.wait_for_more()
            own_minio.kill()
            time.sleep(gone_s)
            own_minio.start()
            crowd.wait_for_more()
            wait_until(lambda: requests.get(f"{url}/readyz", timeout=10).status_code == 200)
        waiting = {key.rpartition("/")[2] for key in keys_under(store, f"{keys.INBOX}home/{SPACE}/")}
        assert crowd.acknowledged <= waiting
        check(crowd, watch)
        assert watch.largest - before < MAX_GROWTH_BYTES
        assert max(one.slowest_s for one in senders) < DEVICE_WAITS_S
    assert "raceback" not in log.read_text()


def check(crowd: Crowd, watch: Watch) -> None:
    """Everybody was answered, and told when to come again; health said what was so."""
    assert crowd.broken == []
    assert crowd.hasty == []
    assert {*crowd.answers} <= {200, 201, 429, 503}
    assert crowd.answers[503] > 0
    assert {*crowd.refused} == {"store"}
    assert watch.slowest_s < HEALTH_WITHIN_S
    assert watch.ready == {200, 503}
