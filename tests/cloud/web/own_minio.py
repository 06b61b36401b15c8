"""A MinIO of one test's own, which it may stop, kill and start again over the same folder."""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from demo.running.minio import MinioMissing, installed_minio
from demo.running.ports import free_port
from demo.running.process_guard import guarded
from tests.cloud.web.crowds import wait_until
from tests.conftest import missing


@dataclass
class OwnMinio:
    """A MinIO that can be stopped, killed, and started again over the same folder."""

    folder: Path
    port: int = field(default_factory=free_port)
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def address(self) -> str:
        return f"s3://away?endpoint=http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [str(installed_minio()), "server", "--address", f"127.0.0.1:{self.port}"]
        environment = os.environ | {"MINIO_ROOT_USER": "fedex", "MINIO_ROOT_PASSWORD": self.secret}
        with (self.folder / "minio.log").open("ab") as log:
            self.process = subprocess.Popen(
                guarded([*command, "--console-address", "127.0.0.1:0", str(self.folder / "minio")]),
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(self._is_live)

    def stand_still(self, seconds: float) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def _is_live(self) -> bool:
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"http://127.0.0.1:{self.port}/minio/health/live", timeout=2).ok
        return False


@pytest.fixture
def own_minio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnMinio]:
    try:
        installed_minio()
    except MinioMissing as error:
        missing(str(error))
    (tmp_path / "minio").mkdir()
    server = OwnMinio(tmp_path)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "fedex")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.secret)
    server.start()
    yield server
    server.kill()
    shutil.rmtree(tmp_path / "minio")
