"""A server that answers with exactly the bytes a test wants, for what no HTTP server would send by itself."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def answering(answer: Callable[[socket.socket], None], *, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve until the block ends: read a request's headers, then let `answer` write what it likes."""
    with socket.create_server((host, 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, answer), daemon=True)
        thread.start()
        try:
            yield f"http://{host}:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(listener: socket.socket, answer: Callable[[socket.socket], None]) -> None:
    with suppress(OSError):  # the listener was shut down
        while True:
            connection, _ = listener.accept()
            with connection, suppress(OSError):  # the client had enough
                headers = b""
                while b"\r\n\r\n" not in headers:
                    headers += connection.recv(65536)
                answer(connection)
