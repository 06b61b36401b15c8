"""A real nginx that runs `deploy/nginx.conf`, and a real service behind it."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from cloud.admin.bundles import register as register_bundle
from cloud.store import ObjectStore, keys, open_store
from contract.bundle import TrainingBundle
from demo.running.ports import free_port
from tests.certificates import write_certificate
from tests.cloud.conftest import make_head, make_upload, serve, training_bundle  # noqa: F401  # fixtures among them
from tests.conftest import missing

CONFIGURATION = Path(__file__).resolve().parents[2] / "deploy" / "nginx.conf"
START_TIMEOUT_S = 30
MAIN = """
daemon off; pid {folder}/pid; error_log {folder}/error.log info; {user}
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/bodies; proxy_temp_path {folder}/answers; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    include {folder}/fedex.conf;
}}
"""


@dataclass(frozen=True)
class Front:
    """An nginx, and the certificate that clients have to trust."""

    port: int
    certificate: Path
    log: Path

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"


@dataclass(frozen=True)
class Deployment:
    """A service with an nginx in front."""

    front: Front
    store: ObjectStore
    service_port: int
    service_log: Path


StartFront = Callable[[int], AbstractContextManager[Front]]


@pytest.fixture(scope="session")
def nginx() -> str:
    """The nginx of this machine."""
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}{os.pathsep}/usr/sbin")
    if found is None:
        missing("nginx (`make nginx-install`)")
    return found


@pytest.fixture(scope="session")
def start_front(nginx: str, tmp_path_factory: pytest.TempPathFactory) -> StartFront:
    """Starts an nginx in front of a local port; of the project's file only names of this machine are changed."""

    @contextlib.contextmanager
    def start(service_port: int) -> Iterator[Front]:
        folder = tmp_path_factory.mktemp("nginx")
        certificate, key = write_certificate(folder)
        front = Front(free_port(), certificate, folder / "error.log")
        (folder / "fedex.conf").write_text(adapted(front.port, service_port, certificate, key))
        user = "user root;" if os.geteuid() == 0 else ""  # its temporary files are in a folder of this user's
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user))
        process = subprocess.Popen([nginx, "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")])
        try:
            wait_until_listening(front, process)
            yield front
        finally:
            process.terminate()
            process.wait(timeout=30)

    return start


def adapted(port: int, service_port: int, certificate: Path, key: Path) -> str:
    """The project's file with this machine's ports and certificate; each must be named once, or the test is void."""
    text = CONFIGURATION.read_text()
    for theirs, ours in (
        ("    listen 443 ssl", f"    listen 127.0.0.1:{port} ssl"),
        ("    listen [::]:443 ssl;\n", ""),  # not every machine of the tests has IPv6
        ("server 127.0.0.1:8000;", f"server 127.0.0.1:{service_port};"),
        ("/etc/ssl/certs/fedex.pem", str(certificate)),
        ("/etc/ssl/private/fedex.key", str(key)),
    ):
        assert text.count(theirs) == 1, theirs
        text = text.replace(theirs, ours)
    return text


def wait_until_listening(front: Front, process: "subprocess.Popen[bytes]") -> None:
    give_up = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < give_up and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", front.port), timeout=5):
            return
        time.sleep(0.05)
    pytest.fail(f"nginx did not come up: {front.log.read_text() if front.log.is_file() else 'no log'}")


@pytest.fixture(scope="module")
def deployment(
    start_front: StartFront,
    training_bundle: TrainingBundle,  # noqa: F811  # pytest's way to ask for a fixture
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Deployment]:
    """A service on a directory store, with one space, and an nginx in front of it."""
    folder = tmp_path_factory.mktemp("deployment")
    store = open_store(f"dir:{folder / 'store'}")
    store.prepare()
    store.put(keys.VERIFY, bytes(32))
    assert training_bundle.directory is not None
    register_bundle(store, training_bundle.directory)
    with (
        serve(folder, FEDEX_STORE=f"dir:{folder / 'store'}", FEDEX_STALL_S="20") as url,
        start_front(port_of(url)) as front,
    ):
        yield Deployment(front, store, port_of(url), folder / "log")


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])
