"""A TCP line between clients and a port of this machine: payload bytes are counted, and it is shaped where asked.

No privileges and no raw packets: a proxy that passes bytes on when `bench.evidence.way` says that they arrive. A
connection's handshake costs a round trip: its first byte leaves that much later (here `connect` returns at once). Not
modelled: the line's own headers, acknowledgements, lost handshakes, and TLS.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from bench.evidence.way import SEGMENT_BYTES, Way

LOCALHOST = "127.0.0.1"
PIECE_S = 0.005
"""How long a piece takes the line, at least one segment: a finer one would cost processor."""
PLAIN_BYTES = 65536
AHEAD_S = 0.1
"""How much of the line's time may wait in it, as in a router's buffer."""
BACKLOG = 1024
_Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class LineProfile:
    """What a kind of line does."""

    name: str
    down_bps: float
    up_bps: float
    delay_ms: float
    """One way."""
    loss: float
    """The share of segments."""
    source: str
    """Where the figures were read; Markdown."""

    @property
    def round_trip_s(self) -> float:
        """The time there and back."""
        return 2 * self.delay_ms / 1000


_FIREFOX = (
    "[Firefox's throttling profiles](https://github.com/mozilla-firefox/firefox/blob/main/devtools/docs/user/"
    "network_monitor/throttling/index.rst)"
)
_LOADERO = "[Loadero](https://wiki.loadero.com/test-creation/participant-configuration/network-conditions/)"
_COMCAST = "[Comcast's README](https://github.com/tylertreat/comcast)"
PROFILES = (
    LineProfile(
        "3G", 750e3, 250e3, 50, 0.005, f"{_FIREFOX}, Regular 3G, half its latency each way; loss of {_LOADERO}"
    ),
    LineProfile(
        "LTE", 4e6, 3e6, 10, 0.002, f"{_FIREFOX}, Regular 4G/LTE, half its latency each way; loss of {_LOADERO}"
    ),
    LineProfile("Wi-Fi", 30e6, 15e6, 1, 0.002, f"{_FIREFOX}, Wi-Fi, half its latency each way; loss of {_COMCAST}"),
)


@dataclass(slots=True)
class Line:
    """A line that is open. The counts are of payload bytes, exact as soon as the receiver has them."""

    port: int
    """Where clients connect, on 127.0.0.1."""
    up_bytes: int = 0
    down_bytes: int = 0
    connections: int = 0

    def reset(self) -> None:
        """Let counting begin anew."""
        self.up_bytes = self.down_bytes = self.connections = 0

    def _count_up(self, size: int) -> None:
        self.up_bytes += size

    def _count_down(self, size: int) -> None:
        self.down_bytes += size


@contextlib.contextmanager
def line(port: int, profile: LineProfile | None = None, *, seed: int = 0) -> Iterator[Line]:
    """Open a line to a port of this machine for as long as the block; without a profile it only counts.

    What is lost is drawn from the seed, in the order in which pieces are sent.
    """
    with socket.create_server((LOCALHOST, 0), backlog=BACKLOG) as listener:
        loop, ended = asyncio.new_event_loop(), asyncio.Event()
        proxy = _Proxy(port, profile, random.Random(seed), Line(listener.getsockname()[1]))
        thread = threading.Thread(target=loop.run_until_complete, args=[proxy.run(listener, ended)], daemon=True)
        thread.start()
        try:
            yield proxy.line
        finally:
            loop.call_soon_threadsafe(ended.set)
            thread.join()
            loop.close()


class _Proxy:
    """All connections of a line, in the loop of its thread."""

    def __init__(self, port: int, profile: LineProfile | None, chances: random.Random, line: Line) -> None:
        self.line = line
        self._to_port = port
        self._handshake_s = profile.round_trip_s if profile else 0.0
        self._up = self._down = None
        if profile is not None:
            shape = (profile.delay_ms / 1000, profile.loss, profile.round_trip_s, chances)
            self._up, self._down = Way(profile.up_bps, *shape), Way(profile.down_bps, *shape)
        self._open: set[asyncio.Task[None]] = set()

    async def run(self, listener: socket.socket, ended: asyncio.Event) -> None:
        """Serve connections until the end, and break those that are open then."""
        listener.setblocking(False)
        ending = asyncio.create_task(ended.wait())
        while not ended.is_set():
            accepting = asyncio.create_task(asyncio.get_running_loop().sock_accept(listener))
            await asyncio.wait({accepting, ending}, return_when=asyncio.FIRST_COMPLETED)
            if accepting.done():
                await self._begin(accepting.result()[0])
            accepting.cancel()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _begin(self, connection: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=connection)
        try:
            far_reader, far_writer = await asyncio.open_connection(LOCALHOST, self._to_port)
        except OSError:  # nobody listens there
            writer.transport.abort()
            return
        self.line.connections += 1
        task = asyncio.create_task(self._pass((reader, far_writer), (far_reader, writer)))
        self._open.add(task)
        for transport in (writer.transport, far_writer.transport):
            task.add_done_callback(partial(_abort, transport))
        task.add_done_callback(self._open.discard)

    async def _pass(self, up: _Ends, down: _Ends) -> None:
        """Serve one connection until both sides have ended it, or one has broken it."""
        began = time.monotonic() + self._handshake_s
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_Passing(self._up, self.line._count_up, began).carry(*up))
                both.create_task(_Passing(self._down, self.line._count_down, began).carry(*down))
            for _, writer in (up, down):
                writer.close()
                await writer.wait_closed()
        except* ConnectionError:  # one side has broken it, and so it breaks on the other
            pass


@dataclass(slots=True)
class _Passing:
    """One direction of one connection."""

    way: Way | None
    count: Callable[[int], None]
    from_s: float
    """When its first byte can leave."""

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry everything until the sender's end, and that too."""
        if self.way is None:
            while piece := await reader.read(PLAIN_BYTES):
                self.count(len(piece))
                writer.write(piece)
                await writer.drain()
            writer.write_eof()
            return
        on_the_line: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        async with asyncio.TaskGroup() as both:
            both.create_task(self._send(self.way, reader, on_the_line))
            both.create_task(_deliver(on_the_line, writer))

    async def _send(
        self, way: Way, reader: asyncio.StreamReader, on_the_line: asyncio.Queue[tuple[float, bytes]]
    ) -> None:
        piece_bytes = max(SEGMENT_BYTES, int(way.bps * PIECE_S / 8))
        piece = b"first"
        while piece:
            piece = await reader.read(piece_bytes)
            passage = way.send(len(piece), at=max(time.monotonic(), self.from_s))
            self.count(len(piece))
            on_the_line.put_nowait((passage.arrives_at, piece))
            await _sleep_until(passage.sent_at - AHEAD_S)


def _abort(transport: asyncio.WriteTransport, _: object) -> None:
    transport.abort()


async def _deliver(on_the_line: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
    """Hand over what has arrived, in the order in which it was sent; nothing at all is the end."""
    while True:
        arrives_at, piece = await on_the_line.get()
        await _sleep_until(arrives_at)
        if not piece:
            writer.write_eof()
            return
        writer.write(piece)
        await writer.drain()


async def _sleep_until(at: float) -> None:
    await asyncio.sleep(max(0.0, at - time.monotonic()))
