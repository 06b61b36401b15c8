"""The processes of the service: who owns the port, and for how long."""

import os
import re
import signal
import socket
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

WITHIN_S = 10
"""The processes look for their master once a second."""


def test_when_the_master_is_killed_its_port_is_free_for_the_next_one(
    start_service: Callable[..., AbstractContextManager[str]], tmp_path: Path
) -> None:
    """The others used to hold the port until the last of their connections was gone, 19 seconds here."""
    with (
        start_service(tmp_path, FEDEX_STORE=f"dir:{tmp_path / 'store'}", FEDEX_STALL_S="20") as url,
        ExitStack() as open,
    ):
        port = int(url.rpartition(":")[2])
        for sent in (b"", b"GET /heal", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"):
            for _ in range(4):
                open.enter_context(socket.create_connection(("127.0.0.1", port))).sendall(sent)
        os.kill(master(tmp_path / "log"), signal.SIGKILL)
        give_up = time.monotonic() + WITHIN_S
        while not is_free(port):
            assert time.monotonic() < give_up
            time.sleep(0.05)


def master(log: Path) -> int:
    return int(re.search(r"Listening at: \S+ \((\d+)\)", log.read_text())[1])  # type: ignore[index]


def is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
