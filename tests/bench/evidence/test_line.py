"""A line between real sockets."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bench.evidence.line import Line, LineProfile, line

ANSWER = bytes(70_000)
SLOW = LineProfile("slow", 4e6, 2e6, 50, 0.0, "for a test")


@contextmanager
def _echo() -> Iterator[int]:
    """Serve a port that answers what it is sent by `ANSWER`, once it has been sent everything."""

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                while connection.recv(65536):
                    pass
                connection.sendall(ANSWER)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _ask(opened: Line, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", opened.port)) as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        parts = []
        while part := client.recv(65536):
            parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize("profile", [None, SLOW], ids=["plain", "shaped"])
def test_every_byte_passes_and_is_counted(profile: LineProfile | None) -> None:
    with _echo() as port, line(port, profile) as opened:
        for size in (0, 1, 100_001):
            assert _ask(opened, bytes(size)) == ANSWER
        assert (opened.up_bytes, opened.down_bytes, opened.connections) == (100_002, 3 * len(ANSWER), 3)
        opened.reset()
        assert (opened.up_bytes, opened.down_bytes, opened.connections) == (0, 0, 0)


def test_a_shaped_line_takes_what_its_profile_says() -> None:
    """A handshake, what goes up, what comes down, a delay each way: 0.1 + 0.4 + 0.14 + 0.1 s."""
    with _echo() as port, line(port, SLOW) as opened:
        began = time.monotonic()
        _ask(opened, bytes(100_000))
        took_s = time.monotonic() - began
    assert 0.74 <= took_s < 0.74 * 2 + 2.0  # a busy machine is late, and none is early


def test_connections_share_a_line() -> None:
    with _echo() as port, line(port, SLOW) as opened:
        began = time.monotonic()
        asking = [threading.Thread(target=_ask, args=(opened, bytes(100_000))) for _ in range(3)]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()
        assert time.monotonic() - began >= 0.1 + 3 * 0.4 + 0.05 + 0.14 + 0.05  # the server answers one after another


def test_a_lossy_line_loses_no_byte() -> None:
    with _echo() as port, line(port, LineProfile("lossy", 40e6, 40e6, 1, 0.2, "for a test")) as opened:
        assert _ask(opened, bytes(300_000)) == ANSWER


def test_a_line_to_a_port_that_nobody_listens_on_ends_connections() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with line(port) as opened, socket.create_connection(("127.0.0.1", opened.port)) as client:
        client.settimeout(10)
        assert client.recv(1) == b""


def test_closing_a_line_ends_what_is_open() -> None:
    with _echo() as port:
        with line(port, SLOW) as opened:
            client = socket.create_connection(("127.0.0.1", opened.port))
            client.sendall(b"more is to come")
        with client:
            client.settimeout(10)
            assert client.recv(1) == b""
