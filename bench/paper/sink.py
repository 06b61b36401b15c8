"""A server that takes any body and gives any number of bytes: what traffic that FEDEx does not have is sent to."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bench.evidence.line import LOCALHOST

BLOCK = bytes(1 << 16)
TIMEOUT_S = 600.0


@contextmanager
def sink() -> Iterator[int]:
    """Serve until the block ends; yield the port."""
    server = ThreadingHTTPServer((LOCALHOST, 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def put(port: int, size: int) -> None:
    """Send so many bytes in one PUT over a new connection, and wait for the answer."""
    blocks = (BLOCK[: min(len(BLOCK), size - begin)] for begin in range(0, size, len(BLOCK)))
    _ask(port, "PUT", "/", body=blocks, headers={"Content-Length": str(size)})


def get(port: int, size: int) -> None:
    """Fetch so many bytes by one GET over a new connection."""
    got = _ask(port, "GET", f"/{size}")
    if got != size:
        raise RuntimeError(f"expected {size} bytes, got {got}")


def _ask(port: int, method: str, path: str, **options: object) -> int:
    """Send one request; return the length of the answer's body."""
    connection = http.client.HTTPConnection(LOCALHOST, port, timeout=TIMEOUT_S)
    try:
        connection.request(method, path, **options)  # type: ignore[arg-type]  # typeshed has no iterator of bytes here
        answer = connection.getresponse()
        if answer.status != 200:
            raise RuntimeError(f"{method} {path}: expected 200, got {answer.status}")
        length = 0
        while block := answer.read(len(BLOCK)):
            length += len(block)
        return length
    finally:
        connection.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        left = int(self.headers["Content-Length"])
        while left and (block := self.rfile.read(min(left, len(BLOCK)))):
            left -= len(block)
        self._answer(0)

    def do_GET(self) -> None:
        self._answer(int(self.path.removeprefix("/")))

    def _answer(self, size: int) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        self.end_headers()
        for begin in range(0, size, len(BLOCK)):
            self.wfile.write(BLOCK[: min(len(BLOCK), size - begin)])

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
