"""A connection is patient, within bounds."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from cloud.web import patient_socket
from cloud.web.patient_socket import PatientSocket


@pytest.fixture
def ends() -> Iterator[tuple[PatientSocket, socket.socket]]:
    """The service's end of a connection, as a thread holds it, and the client's."""
    mine, theirs = socket.socketpair()
    patient = PatientSocket.take_over(mine, stall_s=2)
    patient.setblocking(True)
    patient.begin_request()
    with patient, theirs:
        yield patient, theirs


def test_what_comes_in_time_is_read(ends: tuple[PatientSocket, socket.socket]) -> None:
    mine, theirs = ends
    theirs.sendall(b"request")
    assert mine.recv(100) == b"request"


def test_a_client_that_stalls_is_a_reset(ends: tuple[PatientSocket, socket.socket]) -> None:
    mine, _ = ends
    with pytest.raises(ConnectionResetError, match="too slow"):
        mine.recv(100)
    assert mine.recv(100) == b""


@pytest.fixture
def trickle(ends: tuple[PatientSocket, socket.socket]) -> Iterator[None]:
    """The client sends a byte now and then, each in time."""
    _, theirs = ends
    stop = threading.Event()

    def send() -> None:
        while not stop.wait(0.02):
            theirs.sendall(b"x")

    thread = threading.Thread(target=send)
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.mark.usefixtures("trickle")
def test_a_client_that_trickles_is_a_reset(
    ends: tuple[PatientSocket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patient_socket, "GRACE_S", 0.3)
    mine, _ = ends
    with pytest.raises(ConnectionResetError):
        for _ in range(10_000):
            mine.recv(1)


@pytest.mark.usefixtures("trickle")
def test_the_next_request_has_its_own_time(
    ends: tuple[PatientSocket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patient_socket, "GRACE_S", 0.3)
    mine, _ = ends
    for _ in range(100):
        mine.begin_request()
        assert mine.recv(1) == b"x"


def test_time_that_the_service_takes_itself_is_not_the_clients(
    ends: tuple[PatientSocket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that takes a minute must not cost the client its acknowledgement."""
    monkeypatch.setattr(patient_socket, "GRACE_S", 0.1)
    mine, theirs = ends
    theirs.sendall(b"xx")
    assert mine.recv(1) == b"x"
    time.sleep(0.3)
    mine.sendall(b"answer")
    assert mine.recv(1) == b"x"


def test_a_client_that_reads_nothing_is_a_reset(ends: tuple[PatientSocket, socket.socket]) -> None:
    mine, _ = ends
    with pytest.raises(ConnectionResetError):
        mine.sendall(bytes(64 << 20))


def test_a_client_that_reads_slowly_but_steadily_is_served() -> None:
    """The kernel took a whole piece at once, and then none for longer than a stall, as its buffer was being sent."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as theirs:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 << 10)
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 10)
        theirs.connect(listener.getsockname())
        taken, _ = listener.accept()
        reader = threading.Thread(target=read_slowly, args=(theirs,))
        reader.start()
        with PatientSocket.take_over(taken, stall_s=0.7) as mine:
            mine.setblocking(True)
            mine.begin_request()
            mine.sendall(bytes(200 << 10))
        reader.join()


def read_slowly(connection: socket.socket) -> None:
    """Some 50 KiB a second."""
    while connection.recv(1 << 10):
        time.sleep(0.02)


def test_a_connection_that_waits_for_its_next_request_does_not_block(
    ends: tuple[PatientSocket, socket.socket],
) -> None:
    mine, _ = ends
    mine.setblocking(False)
    with pytest.raises(BlockingIOError):
        mine.recv(1)
