"""A MinIO server for development: built from source with Go, started on a free local port.

MinIO no longer publishes binaries, so `install` builds the pinned version with `go install` (about four minutes on two
cores the first time; Go's own cache makes the next time short). `run` starts it in the foreground and prints the
settings that point the service at it.
"""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click

from contract.command_line import run as run_main
from contract.environment import path
from demo.running.local_http import answer_of
from demo.running.ports import free_port
from demo.running.process_guard import guarded
from demo.running.tools import TOOLS

MODULE = "github.com/minio/minio"
VERSION = "v0.0.0-20260212201848-7aac2a2c5b7c"
START_TIMEOUT_S = 60.0


class MinioMissing(Exception):
    """There is no MinIO here, and the message says what to do about it."""


@dataclass(frozen=True, slots=True)
class Minio:
    """A running server."""

    endpoint: str
    """Where it listens."""
    access_key: str
    secret_key: str = field(repr=False)

    @property
    def environment(self) -> dict[str, str]:
        """The credentials as the variables that every AWS client reads."""
        return {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}

    def store_url(self, bucket: str) -> str:
        """Return the FEDEX_STORE of one bucket on this server."""
        return f"s3://{bucket}?endpoint={self.endpoint}"


def installed_minio() -> Path:
    """Return the binary that `install` built.

    Raises:
        MinioMissing: it has not been built.
    """
    binary = TOOLS / f"minio-{VERSION}"
    if not binary.is_file():
        raise MinioMissing("MinIO is not built here: run `make minio-install` (needs Go)")
    return binary


def install_minio() -> Path:
    """Build the pinned version unless it is there already.

    Raises:
        MinioMissing: Go is not installed, or the build failed.
    """
    with contextlib.suppress(MinioMissing):
        return installed_minio()
    go = shutil.which("go")
    if go is None:
        raise MinioMissing("MinIO is built from source and Go is missing: install Go 1.24 or later, then `make minio`")
    TOOLS.mkdir(parents=True, exist_ok=True)
    built = subprocess.run(
        [go, "install", f"{MODULE}@{VERSION}"], env=os.environ | {"GOBIN": str(TOOLS)}, capture_output=True, text=True
    )
    if built.returncode != 0:
        raise MinioMissing(f"`go install {MODULE}` failed: {built.stderr.strip().splitlines()[-1:]}")
    return (TOOLS / "minio").rename(TOOLS / f"minio-{VERSION}")


@contextlib.contextmanager
def start_minio(data: Path) -> Iterator[Minio]:
    """Run a server over the folder `data`, with fresh credentials, while the block does.

    Raises:
        MinioMissing: it is not built, or did not come up.
    """
    binary = installed_minio()
    data.mkdir(parents=True, exist_ok=True)
    server = Minio(f"http://127.0.0.1:{free_port()}", "fedex", secrets.token_urlsafe(24))
    environment = os.environ | {"MINIO_ROOT_USER": server.access_key, "MINIO_ROOT_PASSWORD": server.secret_key}
    address = server.endpoint.removeprefix("http://")
    with (data.parent / f"{data.name}.log").open("wb") as log:
        process = subprocess.Popen(
            guarded([str(binary), "server", "--address", address, "--console-address", "127.0.0.1:0", str(data)]),
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _wait_until_live(server, process)
            yield server
        finally:
            _stop(process)


def _wait_until_live(server: Minio, process: "subprocess.Popen[bytes]") -> None:
    give_up = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < give_up and process.poll() is None:
        with (
            contextlib.suppress(OSError),
            answer_of(f"{server.endpoint}/minio/health/live", timeout_s=2),
        ):
            return
        time.sleep(0.1)
    raise MinioMissing(f"MinIO did not come up on {server.endpoint} within {START_TIMEOUT_S:.0f} s")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@click.group()
def main() -> None:
    """Build and run MinIO for development."""


@main.command()
def install() -> None:
    """Build the pinned MinIO (kept between runs)."""
    try:
        with contextlib.suppress(MinioMissing):
            installed_minio()
            return
        click.echo("building MinIO from source; the first time takes some four minutes", err=True)
        click.echo(f"built {install_minio()}")
    except MinioMissing as error:
        sys.exit(f"error: {error}")


@main.command()
@click.option("--data", type=path, default=Path("build/minio/data"), show_default=True)
def run(data: Path) -> None:
    """Start MinIO and print the settings that use it; Ctrl-C stops it."""
    try:
        with start_minio(data) as server:
            for name, value in {**server.environment, "FEDEX_STORE": server.store_url("fedex")}.items():
                click.echo(f"export {name}={value!r}")
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            with contextlib.suppress(KeyboardInterrupt):
                signal.pause()
    except MinioMissing as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    run_main(main)
