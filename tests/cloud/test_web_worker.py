"""A connection is patient, within bounds."""

import socket
import time
from collections.abc import Iterator

import pytest

from cloud import web_worker
from cloud.web_worker import PatientSocket


@pytest.fixture
def ends() -> Iterator[tuple[PatientSocket, socket.socket]]:
    """The service's end of a connection, as a thread holds it, and the client's."""
    mine, theirs = socket.socketpair()
    patient = PatientSocket.take_over(mine, stall_s=0.2)
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


def test_a_client_that_trickles_is_a_reset(
    ends: tuple[PatientSocket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_worker, "GRACE_S", 0.3)
    mine, theirs = ends
    with pytest.raises(ConnectionResetError):
        trickle(theirs, mine)


def trickle(theirs: socket.socket, mine: PatientSocket) -> None:
    for _ in range(100):
        theirs.sendall(b"x")
        mine.recv(1)
        time.sleep(0.05)


def test_the_next_request_has_its_own_time(
    ends: tuple[PatientSocket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_worker, "GRACE_S", 0.1)
    mine, theirs = ends
    theirs.sendall(b"xx")
    time.sleep(0.15)
    mine.begin_request()
    assert mine.recv(1) == b"x"


def test_a_client_that_reads_nothing_is_a_reset(ends: tuple[PatientSocket, socket.socket]) -> None:
    mine, _ = ends
    with pytest.raises(ConnectionResetError):
        mine.sendall(bytes(64 << 20))


def test_a_connection_that_waits_for_its_next_request_does_not_block(
    ends: tuple[PatientSocket, socket.socket],
) -> None:
    mine, _ = ends
    mine.setblocking(False)
    with pytest.raises(BlockingIOError):
        mine.recv(1)
