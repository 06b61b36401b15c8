"""The port of the service."""

import socket
import sys

import pytest

from cloud.web.listener import listen


@pytest.mark.skipif(sys.platform != "linux", reason="TCP_USER_TIMEOUT is Linux's")
@pytest.mark.parametrize("bind", ["127.0.0.1:0", "[::1]:0"])
def test_what_is_set_on_the_listener_holds_for_the_connections_that_it_accepts(bind: str) -> None:
    with listen(bind, stall_s=1.5) as listener, socket.create_connection(listener.getsockname()[:2]):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 1500
