"""Stores, spaces and uploads for the tests of the service."""

import contextlib
import hashlib
import io
import itertools
import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import requests

from cloud.admin.bundles import register as register_bundle
from cloud.identity import devices
from cloud.identity.devices import EnrolledDevice
from cloud.logs import request_id
from cloud.store import ObjectStore, keys, open_store
from cloud.store.keys import InboxUpload, Pool
from contract.bundle import BaseSamples, BundleFacts, TrainingBundle, TrainingBundleParts, write_training_bundle
from contract.codecs import Codec
from contract.inputs import PhotoInput
from contract.self_test import SelfTest, Setup
from contract.upload import Upload, encode_upload, upload_id
from demo.running.minio import Minio
from demo.running.ports import free_port
from tests.cloud.clock import Clock
from tests.cloud.releases.standing import POINTS

SPACE = "5" * 64
SHAPE = (4,)
DEVICE = "d" * 32
TOKEN_SECRET = "s" * 43
HOME_CODE = "a-code-for-home"
WORK_CODE = "a-code-for-work"
VERIFY_KEY = bytes(range(32))

SELF_TEST = SelfTest(Setup("an app 1", "a runtime 2", "cpu, 1 thread", "Linux 6.1 x86_64"), 999_900)

MakeUpload = Callable[..., bytes]


_numbers = itertools.count()


@pytest.fixture(autouse=True)
def outside_of_any_request() -> Iterator[None]:
    """In-process requests, whose answers no server closes, leave nothing to the test after."""
    yield
    request_id.set("")


@pytest.fixture(scope="session")
def bucket_address(minio: Minio) -> Iterator[Callable[[], str]]:
    """Makes FEDEX_STORE of a new bucket; credentials are in the environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in minio.environment.items():
            patch.setenv(name, value)
        yield lambda: minio.store_url(f"t-{next(_numbers)}")


@pytest.fixture(params=["directory", "minio"])
def store_address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """FEDEX_STORE of an empty store."""
    if request.param == "directory":
        return f"dir:{tmp_path / 'store'}"
    return str(request.getfixturevalue("bucket_address")())


@pytest.fixture
def store(store_address: str) -> ObjectStore:
    """An empty store, ready to use."""
    opened = open_store(store_address)
    opened.prepare()
    return opened


@pytest.fixture
def directory_store(tmp_path: Path) -> ObjectStore:
    """An empty directory store, for what does not depend on the kind of store."""
    opened = open_store(f"dir:{tmp_path / 'directory-store'}")
    opened.prepare()
    return opened


@pytest.fixture
def pool() -> Pool:
    """The pool of group `home` in the space of `training_bundle`."""
    return Pool("home", SPACE)


@pytest.fixture(scope="session")
def make_head() -> Callable[[bytes], bytes]:
    """Makes a Keras archive, as far as the web side looks at one; the bytes tell one from another."""

    def make(weights: bytes) -> bytes:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            for name in ("config.json", "metadata.json"):
                archive.writestr(zipfile.ZipInfo(name), b"{}")
            archive.writestr(zipfile.ZipInfo("model.weights.h5"), b"\x89HDF\r\n\x1a\n" + weights)
        return content.getvalue()

    return make


@pytest.fixture(scope="session")
def training_bundle(tmp_path_factory: pytest.TempPathFactory, make_head: Callable[[bytes], bytes]) -> TrainingBundle:
    """A bundle with features of four numbers, two people, and two photos of each."""
    random = np.random.default_rng(0)
    parts = TrainingBundleParts(
        facts=BundleFacts(
            SPACE,
            "freeze6",
            "Bottleneck_BatchNorm",
            PhotoInput(160, 160),
            SHAPE,
            temperature=1.0,
            threshold=0.5,
            least_cosine_ppm=990_000,
            points=POINTS,
        ),
        head=make_head(b"the web side never opens them"),
        labels=("Ada", "Ben"),
        golden=np.zeros(SHAPE, np.float32),
        base=BaseSamples(
            features=random.normal(size=(4, *SHAPE)).astype(np.float32),
            labels=np.array([0, 0, 1, 1], np.uint32),
            sample_ids=random.integers(0, 256, (4, 16), np.uint8),
            splits=np.zeros(4, np.uint8),
        ),
    )
    return write_training_bundle(tmp_path_factory.mktemp("bundle") / "training", parts)


@pytest.fixture
def space(store: ObjectStore, training_bundle: TrainingBundle) -> str:
    """The space of `training_bundle`, registered in `store`, and device `DEVICE` of group `home` enrolled there."""
    assert training_bundle.directory is not None
    register_bundle(store, training_bundle.directory)
    devices.add(store, EnrolledDevice(DEVICE, "home", 0, hashlib.sha256(TOKEN_SECRET.encode()).hexdigest(), 0))
    return training_bundle.space


@dataclass(frozen=True)
class RunningService:
    """A service that runs under gunicorn: where it listens, what is behind it, and where its lines go."""

    url: str
    store: ObjectStore
    log: Path

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@pytest.fixture(scope="session", params=["directory", "minio"])
def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, training_bundle: TrainingBundle
) -> Iterator[RunningService]:
    """The service over either store, with `training_bundle` registered, a key, and codes for two groups."""
    folder = tmp_path_factory.mktemp("service")
    is_directory = request.param == "directory"
    address = f"dir:{folder / 'store'}" if is_directory else request.getfixturevalue("bucket_address")()
    opened = open_store(address)
    opened.prepare()
    opened.put(keys.VERIFY, VERIFY_KEY)
    assert training_bundle.directory is not None
    register_bundle(opened, training_bundle.directory)
    with serve(folder, FEDEX_STORE=address, FEDEX_STALL_S="20") as url:
        yield RunningService(url, opened, folder / "log")


@pytest.fixture(scope="session")
def start_service() -> Callable[..., contextlib.AbstractContextManager[str]]:
    """Starts another service in a folder, with the settings given."""
    return serve


@contextlib.contextmanager
def serve(folder: Path, *, certificate: Path | None = None, **environment: str) -> Iterator[str]:
    """`fedex-cloud serve` on a free port, until the block ends; over https where it has a certificate."""
    address = f"127.0.0.1:{free_port()}"
    settings = {
        "FEDEX_ENROLMENT": f"{HOME_CODE}=home,{WORK_CODE}=work",
        "FEDEX_STALL_S": "0.5",
        "FEDEX_ADDRESS_ENROLMENTS": "9999",  # all tests are of one address
        "FEDEX_ADDRESS_GUESSES": "9999",
    }
    with (folder / "log").open("wb") as log:
        command = [sys.executable, "-m", "cloud.cli", "serve", "--bind", address]
        process = subprocess.Popen(command, env=os.environ | settings | environment, stdout=log, stderr=log)
        try:
            url = f"https://{address}" if certificate else f"http://{address}"
            wait_until_alive(url, process, certificate=certificate)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=30)


def wait_until_alive(url: str, process: "subprocess.Popen[bytes]", *, certificate: Path | None = None) -> None:
    give_up = time.monotonic() + 30
    while time.monotonic() < give_up and process.poll() is None:
        with contextlib.suppress(requests.ConnectionError, requests.Timeout):
            if requests.get(f"{url}/healthz", timeout=5, verify=str(certificate) if certificate else True).ok:
                return
        time.sleep(0.05)
    pytest.fail(f"the service did not come up on {url}")


@pytest.fixture(scope="session")
def token(service: RunningService) -> str:
    """The token of a device of group `home`."""
    return str(requests.post(f"{service.url}/v1/devices", json={"code": HOME_CODE}, timeout=10).json()["token"])


@pytest.fixture(scope="session")
def stranger(service: RunningService) -> str:
    """The token of a device of group `work`."""
    return str(requests.post(f"{service.url}/v1/devices", json={"code": WORK_CODE}, timeout=10).json()["token"])


@pytest.fixture(scope="session")
def make_upload() -> MakeUpload:
    """Seals an upload of one sample for each label; names decide the sample ids."""

    def make(
        labels: list[str],
        *,
        names: list[str] | None = None,
        revision: int = 0,
        space: str = SPACE,
        shape: tuple[int, ...] = SHAPE,
        self_test: SelfTest = SELF_TEST,
    ) -> bytes:
        names = names or [f"{label}-{place}" for place, label in enumerate(labels)]
        ids = [hashlib.sha256(name.encode()).digest()[:16] for name in names]
        features = [np.full(shape, int.from_bytes(one[:2], "big") // 2 + revision, np.float32) for one in ids]
        upload = Upload(
            space=space,
            self_test=self_test,
            features=np.stack(features),
            labels=tuple(labels),
            sample_ids=np.frombuffer(b"".join(ids), np.uint8).reshape(-1, 16),
            revisions=np.full(len(labels), revision, np.uint32),
        )
        return encode_upload(upload, codec=Codec.FLOAT32)

    return make


@pytest.fixture
def arrive(pool: Pool) -> Callable[[bytes], InboxUpload]:
    """Where an upload of `DEVICE` waits."""
    return lambda body: InboxUpload(pool, DEVICE, 0, upload_id(body))


@pytest.fixture
def clock() -> Clock:
    """Return a clock that the test moves."""
    return Clock()
