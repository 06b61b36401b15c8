"""Crowds of clients that stall or drip, for tests with and without a proxy in front of the service."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from contract.upload import UPLOAD_MEDIA_TYPE

CROWD = 200
SPACE = "5" * 64
PUT = f"PUT /v1/spaces/{SPACE}/uploads/{'0' * 64} HTTP/1.1\r\nHost: x\r\nContent-Type: {UPLOAD_MEDIA_TYPE}\r\n"
ENROL = "POST /v1/devices HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def authorization(token: str) -> str:
    return f"Authorization: Bearer {token}\r\n"


@contextlib.contextmanager
def dripping(crowd: Sequence[socket.socket]) -> Iterator[None]:
    """Each sends a byte now and then, until the block ends or it is cut off."""
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(0.2):
            for each in crowd:
                with contextlib.suppress(OSError):  # cut off, or not ready for more
                    each.send(b"a")

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def status_of(connection: socket.socket, *, within_s: float) -> int | None:
    """The status that came, or None where nothing did."""
    connection.settimeout(within_s)
    try:
        line = connection.recv(12, socket.MSG_PEEK)
    except OSError:
        return None
    return int(line.split()[1]) if line.startswith(b"HTTP/1.") else None


def statuses(crowd: Sequence[socket.socket]) -> list[int | None]:
    """What each was told so far."""
    return [status_of(each, within_s=0.01) for each in crowd]


def is_cut_off(connection: socket.socket) -> bool:
    """Whether the other side has closed; what it said before is read."""
    connection.settimeout(0.01)
    try:
        while connection.recv(1 << 16):
            pass
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


def wait_until(holds: Callable[[], bool], *, within_s: float = 60) -> None:
    give_up = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.1)
