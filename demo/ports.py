"""The only home of finding a TCP port for a server that the demo starts."""

import socket


def free_port() -> int:
    """Return a port of this machine that nobody listens on; somebody else may take it before it is used."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
