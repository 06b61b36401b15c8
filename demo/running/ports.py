"""A free TCP port for a server that the demo or a test starts."""

import socket


def free_port() -> int:
    """Return a port of this machine that nobody listens on, and that the kernel gives to nobody else for a minute.

    A connection to it that this side ended leaves it in TIME_WAIT (RFC 9293, 3.6.1): who asks for any port is given
    another one, and a server that binds it with SO_REUSEADDR, as servers do, gets it.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            accepted, _ = listener.accept()
            accepted.close()
            client.recv(1)
    return port
