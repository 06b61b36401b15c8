"""The port that the service listens on: taken once, before anything else is started."""

from __future__ import annotations

import os
import socket

from cloud.errors import SettingError

BACKLOG = 2048


def listen(bind: str, *, stall_s: float) -> socket.socket:
    """Return a socket that listens at `ADDRESS:PORT`, as the settings check it.

    A connection that it accepts is ended by the kernel when its client takes nothing of an answer for `stall_s` (Linux;
    tcp(7), TCP_USER_TIMEOUT, which accepted sockets inherit).

    Raises:
        SettingError: it cannot: no such address here, a port that is taken, or one that needs rights.
    """
    host, _, port = bind.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        host.encode("idna")  # refused here: gevent prints what getaddrinfo raises in its thread
        [*_, address] = socket.getaddrinfo(host, int(port), family, socket.SOCK_STREAM)[0]
        listener = socket.create_server(address, family=family, backlog=BACKLOG)
    except (OSError, UnicodeError) as error:  # UnicodeError: a host name with a label of more than 63 characters
        expected = "expected an address and a port that can be listened on"
        raise SettingError(f"FEDEX_BIND: {expected}, got {bind}: {_reason(error)}") from error
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(1000 * stall_s))
    return listener


def _reason(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return str(error.strerror)
    return os.strerror(error.errno or 0) if isinstance(error, OSError) else "no host name"
