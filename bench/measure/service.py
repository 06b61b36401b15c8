"""How many uploads the service acknowledges a second, and how soon, beside what it cannot be faster than.

Over a store in a folder, that is a route that only reads the same bytes, under the same gunicorn and settings. On MinIO
it is what boto3 alone puts there, with as many threads as there are connections. Each connection belongs to a device of
its own, which sends an upload, waits for its answer, and sends the next; no upload comes twice. Client, service and
MinIO run on the same machine and share its processor.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import itertools
import os
import re
import selectors
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from bench.measure.bare_puts import put_bare
from bench.measure.rate import Rate, compare_rates
from bench.row import BenchRow, NotMeasured, at_least
from cloud.admin.bundles import register
from cloud.store import keys, open_store
from contract import routes
from contract.bundle import BaseSamples, BundleFacts, TrainingBundleParts, write_training_bundle
from contract.inputs import TensorInput, TensorType
from contract.self_test import PPM, SelfTest, Setup
from contract.upload import UPLOAD_MEDIA_TYPE, Upload, encode_upload
from demo.running.minio import Minio, MinioMissing, start_minio
from demo.running.ports import free_port
from demo.running.process_guard import guarded
from device.service.client import Client

CONNECTIONS = (1, 8, 64)
OVER_NO_OP, OVER_BARE_PUTS = 0.5, 0.8
BUCKET = "bench"
WARM_UP_S, MEASURED_S = 0.3, 1.2
ROUNDS = 3
"""Of each, in turns: what else the machine does is spread over both."""
START_TIMEOUT_S = 90.0
CODE = "a-code-of-the-bench"

_ACKNOWLEDGEMENT = re.compile(
    rb"HTTP/1\.1 201 .*?\r\nContent-Length: (\d+)\r\n(?:.*?\r\n)?\r\n", re.DOTALL | re.IGNORECASE
)
_NUMBER = b"number 00000000"
"""Stands in an upload as its app; another number makes another upload of the same size."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What a phone sends at once."""

    cut: str
    shape: tuple[int, ...]
    samples: int
    lowest: float
    """Elements of features are normally distributed, but none is below this: the higher, the shorter they deflate."""


@dataclass(frozen=True, slots=True)
class Commands:
    """How the service and the route that only reads are started, so that another version can be measured."""

    service: Sequence[str] = (sys.executable, "-m", "cloud.cli", "serve")
    no_op: Sequence[str] = (sys.executable, "-m", "bench.measure.no_op_service")


BATCHES = (
    Batch("freeze6", (512,), samples=20, lowest=-np.inf),
    Batch("freeze4", (8, 8, 896), samples=29, lowest=1.0),
)
"""Some 6 kB, and some 230 kB."""


def measure(work: Path) -> list[BenchRow | NotMeasured]:
    """Return rows for each store, size of upload and number of connections."""
    rows: list[BenchRow | NotMeasured] = []
    for batch in BATCHES:
        rows += measure_over_no_op(batch, work / f"service-{batch.cut}", Commands())
    try:
        with start_minio(work / "minio") as minio:
            for batch in BATCHES:
                rows += measure_over_bare_puts(batch, work / f"service-minio-{batch.cut}", minio)
    except MinioMissing as error:
        rows.append(NotMeasured("uploads acknowledged on MinIO", str(error)))
    return rows


def measure_over_no_op(batch: Batch, folder: Path, commands: Commands) -> list[BenchRow]:
    """Return rows for each number of connections, over a store in a folder."""
    store = f"dir:{folder / 'store'}"
    space = prepare_store(store, batch, folder / "training")
    upload, numbers = seal_template(batch, space), itertools.count()
    rows: list[BenchRow] = []
    with (
        running(commands.service, store, folder / "service.log") as port,
        running(commands.no_op, store, folder / "no-op.log") as no_op_port,
    ):
        tokens = enrol_devices(port, max(CONNECTIONS))
        for connections in CONNECTIONS:
            sources = [upload_requests(upload, space, token, numbers) for token in tokens[:connections]]
            rows += compare_rates(
                f"uploads over a no-op route, {len(upload) / 1000:.0f} kB, {connections} connections",
                partial(acknowledge, port, sources),
                partial(acknowledge, no_op_port, sources),
                rounds=ROUNDS,
                goal=at_least(OVER_NO_OP),
            )
    return rows


def measure_over_bare_puts(batch: Batch, folder: Path, minio: Minio) -> list[BenchRow]:
    """Return rows for each number of connections, on MinIO."""
    os.environ |= minio.environment  # this is a process of the measurement's own
    store = minio.store_url(BUCKET)
    space = prepare_store(store, batch, folder / "training")
    upload, numbers = seal_template(batch, space), itertools.count()
    rows: list[BenchRow] = []
    with running(Commands().service, store, folder / "service.log") as port:
        tokens = enrol_devices(port, max(CONNECTIONS))
        for connections in CONNECTIONS:
            sources = [upload_requests(upload, space, token, numbers) for token in tokens[:connections]]
            rows += compare_rates(
                f"uploads over boto3's bare PUTs to MinIO, {len(upload) / 1000:.0f} kB, {connections} connections",
                partial(acknowledge, port, sources),
                partial(put_bare, minio.endpoint, BUCKET, upload, threads=connections, seconds=MEASURED_S),
                rounds=ROUNDS,
                goal=at_least(OVER_BARE_PUTS),
            )
    return rows


@dataclass(slots=True)
class _Sender:
    """One connection's uploads."""

    requests: Iterator[bytes]
    sent: float = 0.0
    """When the last one was, by the monotonic clock."""

    def send(self, connection: socket.socket) -> None:
        request = next(self.requests)
        self.sent = time.monotonic()
        connection.sendall(request)


def acknowledge(port: int, sources: Sequence[Iterator[bytes]]) -> Rate:
    """Return the rate of acknowledgements over as many connections as there are sources of requests."""
    with selectors.DefaultSelector() as selector, contextlib.ExitStack() as stack:
        for requests in sources:
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sender = _Sender(requests)
            selector.register(connection, selectors.EVENT_READ, sender)
            sender.send(connection)
        _exchange_until(selector, time.monotonic() + WARM_UP_S)
        began = time.monotonic()
        took_s = _exchange_until(selector, began + MEASURED_S)
        return Rate(len(took_s) / (time.monotonic() - began), took_s)


def _exchange_until(selector: selectors.BaseSelector, end: float) -> list[float]:
    """Return the seconds that each acknowledgement took, and send another upload for each."""
    took_s: list[float] = []
    while time.monotonic() < end:
        for key, _ in selector.select(timeout=1):
            connection: socket.socket = key.fileobj  # type: ignore[assignment]  # what was registered
            read_acknowledgement(connection)
            took_s.append(time.monotonic() - key.data.sent)
            key.data.send(connection)
    return took_s


def read_acknowledgement(connection: socket.socket) -> None:
    """Read one answer to its end, and refuse any but 201."""
    answer = connection.recv(1 << 16)
    while (headers := _ACKNOWLEDGEMENT.match(answer)) is None or len(answer) < headers.end() + int(headers[1]):
        more = connection.recv(1 << 16)
        if not more:
            raise RuntimeError(f"expected 201, got {answer!r}")
        answer += more


def upload_requests(upload: bytes, space: str, token: str, numbers: Iterator[int]) -> Iterator[bytes]:
    """Yield requests, each with an upload of its own."""
    for number in numbers:
        body = upload.replace(_NUMBER, b"number %08d" % number, 1)
        path = routes.upload_path(space, hashlib.sha256(body).hexdigest())
        line = f"PUT {path} HTTP/1.1\r\nHost: bench\r\n{routes.AUTHORIZATION}: {routes.BEARER}{token}\r\n"
        yield f"{line}Content-Type: {UPLOAD_MEDIA_TYPE}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def seal_template(batch: Batch, space: str) -> bytes:
    """Seal the upload that all others are made from."""
    random = np.random.default_rng(0)
    upload = Upload(
        space=space,
        self_test=SelfTest(Setup(_NUMBER.decode(), "none", "cpu, 1 thread", "this machine"), PPM),
        features=np.maximum(random.normal(size=(batch.samples, *batch.shape)), batch.lowest).astype(np.float32),
        labels=tuple(f"person {number % 7}" for number in range(batch.samples)),
        sample_ids=random.integers(0, 256, (batch.samples, 16), np.uint8),
        revisions=np.zeros(batch.samples, np.uint32),
    )
    return encode_upload(upload)


def prepare_store(address: str, batch: Batch, folder: Path) -> str:
    """Make a store with a space and a key, as a worker would leave it; return the space."""
    space = hashlib.sha256(batch.cut.encode()).hexdigest()
    base = BaseSamples(
        features=np.zeros((0, *batch.shape), np.float32),
        labels=np.zeros(0, np.uint32),
        sample_ids=np.zeros((0, 16), np.uint8),
        splits=np.zeros(0, np.uint8),
    )
    parts = TrainingBundleParts(
        facts=BundleFacts(
            space,
            batch.cut,
            "none",
            TensorInput(TensorType.FLOAT32, batch.shape),
            batch.shape,
            temperature=1.0,
            threshold=0.5,
            least_cosine_ppm=PPM,
        ),
        head=_archive(),
        labels=("Ada", "Ben"),
        golden=np.zeros(batch.shape, np.float32),
        base=base,
    )
    write_training_bundle(folder, parts)
    store = open_store(address)
    store.prepare()
    store.put(keys.VERIFY, bytes(routes.PUBLIC_KEY_BYTES))
    register(store, folder)
    return space


def _archive() -> bytes:
    """Make what registering takes for a head; nobody opens it here."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in ("config.json", "metadata.json"):
            archive.writestr(name, b"{}")
        archive.writestr("model.weights.h5", b"\x89HDF\r\n\x1a\n")
    return content.getvalue()


def enrol_devices(port: int, count: int) -> list[str]:
    """Return the tokens of new devices."""
    client = Client(f"http://127.0.0.1:{port}")
    return [client.enrol(CODE).token for _ in range(count)]


@contextlib.contextmanager
def running(command: Sequence[str], store: str, log: Path) -> Iterator[int]:
    """Run a service on a free port until the block ends."""
    port = free_port()
    settings = {"FEDEX_STORE": store, "FEDEX_ENROLMENT": f"{CODE}=bench", "FEDEX_BIND": f"127.0.0.1:{port}"}
    settings |= dict.fromkeys(("FEDEX_DEVICE_REQUESTS", "FEDEX_DEVICE_SAMPLES", "FEDEX_DEVICE_MIB"), "999999999")
    with log.open("wb") as out:
        process = subprocess.Popen(guarded(command), env=os.environ | settings, stdout=out, stderr=out)
        try:
            _wait_until_it_answers(port, process, log)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=START_TIMEOUT_S)


def _wait_until_it_answers(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < give_up and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
            if connection.recv(12).startswith(b"HTTP/1.1"):
                return
        time.sleep(0.05)
    raise RuntimeError(f"{log}: expected a service that answers, got {log.read_text()[-2000:]}")
