"""Ports for servers that are about to start."""

import socket

from demo.running.ports import free_port


def test_a_port_is_given_once() -> None:
    """Two halves of the tests start servers side by side; the same port was once given twice in a few hundred times."""
    ports = [free_port() for _ in range(400)]
    assert len(set(ports)) == len(ports)


def test_a_server_can_listen_on_it() -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)) as server:
        assert server.getsockname()[1] == port
