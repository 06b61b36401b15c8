"""Greenlets: many clients wait in one process, none for long. The one owner of gevent.

Gunicorn's gevent worker serves each connection in a greenlet, all of them in one thread. While one waits for its client
or for an S3 store, the others run, so that a client that stalls costs some kilobytes. So they do while a directory
store waits for its disk, in a thread. Whatever computes holds up its whole process: there should be one process for
each core.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator

from gevent import Timeout, get_hub, monkey
from gevent.threadpool import ThreadPool

from contract.routes import MIN_BYTES_PER_S


def patch_process() -> None:
    """Let what waits in the standard library (sockets, locks, sleep) wait in its greenlet alone.

    Called before the first connection, and before boto3 is loaded, which keeps classes of `ssl` as it finds them.
    """
    monkey.patch_all()


def bound_handshakes(stall_s: float) -> None:
    """End a TLS handshake that stalls, and write nothing of one that fails: any stranger can make it fail.

    Called in each web process. The time is the default of every socket; gunicorn and boto3 set other ones on theirs. No
    other error of the operating system leaves a greenlet: gunicorn catches those of a request.
    """
    socket.setdefaulttimeout(stall_s)
    get_hub().NOT_ERROR += (OSError,)


def patience(size: int, *, stall_s: float) -> Timeout:
    """Return the time that a client may take for `size` bytes, as a context manager.

    It is `stall_s`, in which nothing need move, and a second for each `MIN_BYTES_PER_S` bytes.

    Raises:
        TimeoutError: in the block, when the time is over.
    """
    return Timeout(stall_s + size / MIN_BYTES_PER_S, TimeoutError("the client is too slow"))


@contextlib.contextmanager
def at_most(seconds: float, error: Exception) -> Iterator[None]:
    """Raise `error` once the block has taken so long; no library in it can take that for a failure of its own."""
    over = Timeout(seconds)  # no Exception, so that what catches all of these lets it pass
    try:
        with over:
            yield
    except Timeout as raised:
        if raised is not over:
            raise
        raise error from None


class Threads:
    """Threads that wait in place of greenlets. Made in the process that uses them, and called in its greenlets."""

    def __init__(self, count: int) -> None:
        self._pool = ThreadPool(count)

    def __call__(self, call: Callable[[], None]) -> None:
        """Make a call in a thread, once one is free, and return or raise as it does."""
        error = self._pool.apply(_error_of, (call,))
        if error is not None:
            raise error


def _error_of(call: Callable[[], None]) -> Exception | None:
    """Return what a call raises: gevent prints whatever leaves one of its threads."""
    try:
        call()
    except Exception as error:
        return error
    return None
