"""The port that the service listens on: taken once, before anything else is started, or held by whoever starts it.

A socket that systemd holds (`fedex-web.socket`) outlives the service: who connects between its end and the next start
waits, and is neither refused nor cut off. It comes as sd_listen_fds(3) says: `LISTEN_FDS` of them from descriptor 3 on,
for the process `LISTEN_PID`.
"""

from __future__ import annotations

import os
import socket
from collections.abc import MutableMapping

from cloud.errors import SettingError

BACKLOG = 2048
FIRST_PASSED = 3

_PASSED_TO, _PASSED, _PASSED_NAMES = "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"


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
    _end_stalled(listener, stall_s)
    return listener


def take_passed(environment: MutableMapping[str, str], *, stall_s: float) -> socket.socket | None:
    """Return the socket that was passed to this process, None where none was; it behaves as one of `listen` does.

    What says so leaves the environment, so that no process that is started from here takes it for itself.

    Raises:
        SettingError: several were passed, or one that does not listen for TCP.
    """
    said = {name: environment.pop(name, "") for name in (_PASSED_TO, _PASSED, _PASSED_NAMES)}
    if said[_PASSED_TO] != str(os.getpid()) or not said[_PASSED]:
        return None
    if said[_PASSED] != "1":
        raise SettingError(f"{_PASSED}: expected one socket, got {said[_PASSED]}")
    try:
        passed = socket.socket(fileno=FIRST_PASSED)
        is_listening = passed.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1
    except OSError as error:
        raise SettingError(f"{_PASSED}: expected a socket that listens, got {error.strerror}") from error
    if not is_listening or passed.family not in (socket.AF_INET, socket.AF_INET6):
        raise SettingError(f"{_PASSED}: expected a TCP socket that listens, got another one")
    _end_stalled(passed, stall_s)
    return passed


def _end_stalled(listener: socket.socket, stall_s: float) -> None:
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(1000 * stall_s))


def _reason(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return str(error.strerror)
    return os.strerror(error.errno or 0) if isinstance(error, OSError) else "no host name"
