"""Parts that tests of several rooms share: real data, a real MinIO.

A part that is missing skips its tests with a reason; with FEDEX_REQUIRE_ALL=1 (continuous integration) it fails them.
"""

# ruff: noqa: E402  # numpy is loaded by what comes after the choice
from contract.matrix_kernels import choose_kernels

choose_kernels()

import os
import signal
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import settings

from demo.real_data import find_real_data
from demo.running.minio import Minio, MinioMissing, installed_minio, start_minio

# How long one example takes says more about a busy machine than about the code.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


def pytest_configure() -> None:
    """Let children take Ctrl-C, as under a terminal: a script's background jobs ignore it, and hand that down."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def missing(reason: str) -> NoReturn:
    """Skip, or fail where every part is required."""
    if os.environ.get("FEDEX_REQUIRE_ALL") == "1":
        pytest.fail(f"required here: {reason}", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real weights and faces."""
    real = find_real_data()
    if real is not None:
        return real.folder
    missing("real weights and faces (set FEDEX_DATA to their folder)")


@pytest.fixture(scope="session")
def minio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Minio]:
    """One real MinIO for the session, on a free local port, with its data in a temporary folder."""
    try:
        installed_minio()
    except MinioMissing as error:
        missing(str(error))
    with start_minio(tmp_path_factory.mktemp("minio")) as server:
        yield server


@pytest.fixture
def refusing_proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A proxy that the environment names for everything and that refuses everything; what it was asked for."""
    asked: list[str] = []

    class Refusing(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            asked.append(self.rfile.readline().decode("latin-1"))
            self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{server.server_port}")
            monkeypatch.setenv(name.lower(), f"http://127.0.0.1:{server.server_port}")
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        yield asked
        server.shutdown()
