"""The wire between a device and its service: a TCP relay that records every byte, and can hold what it is given.

device  ->  Wire.port  ->  service        sent: what the device said; replied: what came back
"""

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto


class Hold(Enum):
    """What the relay keeps to itself."""

    NOTHING = auto()
    REQUESTS = auto()
    REPLIES = auto()


@dataclass(slots=True)
class Wire:
    """A running relay."""

    service: tuple[str, int]
    listener: socket.socket
    hold: Hold = Hold.NOTHING
    sent: bytearray = field(default_factory=bytearray)
    replied: bytearray = field(default_factory=bytearray)
    something_held: threading.Event = field(default_factory=threading.Event)
    """Is set once the relay has kept the first bytes back."""

    @property
    def url(self) -> str:
        """Where a device reaches the service through this relay."""
        host, port = self.listener.getsockname()
        return f"http://{host}:{port}"

    def serve(self) -> None:
        """Relay every connection until the listener is closed."""
        with contextlib.suppress(OSError):
            while True:
                device, _ = self.listener.accept()
                threading.Thread(target=self._relay, args=(device,), daemon=True).start()

    def _relay(self, device: socket.socket) -> None:
        with device, socket.create_connection(self.service) as service:
            back = threading.Thread(target=self._pump, args=(service, device, self.replied, Hold.REPLIES), daemon=True)
            back.start()
            self._pump(device, service, self.sent, Hold.REQUESTS)
            back.join(timeout=10)

    def _pump(self, source: socket.socket, sink: socket.socket, record: bytearray, kind: Hold) -> None:
        with contextlib.suppress(OSError):  # one side is gone, which the other is told
            while data := source.recv(65536):
                record += data
                if self.hold is kind:
                    self.something_held.set()
                else:
                    sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def tapped(host: str, port: int, *, hold: Hold = Hold.NOTHING) -> Iterator[Wire]:
    """Relay between a free local port and the service while the block runs."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        wire = Wire((host, port), listener, hold)
        threading.Thread(target=wire.serve, daemon=True).start()
        yield wire
        listener.shutdown(socket.SHUT_RDWR)
