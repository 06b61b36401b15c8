"""The only home of whether enough of a request has come to give it to a thread.

Enough is a whole head and, where it announces a short body, all of that: what a stranger may send is as short as that
(enrolment), so no thread ever waits for one. A longer body is read by the thread, which first asks for a token. Nothing
is judged here; gunicorn parses the same bytes again, and refuses a length that is none, or comes twice. Chunks are not
waited for: only whoever has a token may send them.
"""

from __future__ import annotations

import re
from enum import Enum, auto

from contract.routes import MAX_ENROLMENT_BYTES

MAX_HEAD_BYTES = 64 << 10
SHORT_BODY_BYTES = MAX_ENROLMENT_BYTES

_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*0*([0-9]{1,19})[ \t]*\r\n", re.IGNORECASE)


class Stage(Enum):
    """How much of a request is there."""

    HEAD = auto()
    """Not even its head."""
    BODY = auto()
    """Its head; of a short body not everything."""
    ENOUGH = auto()
    """What a thread can work on."""
    TOO_LONG = auto()
    """A head that does not end."""


class Arriving:
    """The bytes of one connection that no thread has seen yet."""

    def __init__(self, data: bytes = b"") -> None:
        self._data = bytearray()
        self._enough_at: int | None = None
        self.add(data)

    def add(self, data: bytes) -> None:
        """Take what came; each byte is looked at once."""
        searched = max(0, len(self._data) - len(_END) + 1)
        self._data += data
        if self._enough_at is None:
            end = self._data.find(_END, searched)
            self._enough_at = None if end < 0 else _enough_at(bytes(self._data[: end + len(_END)]))

    @property
    def stage(self) -> Stage:
        """How much is there."""
        if self._enough_at is None:
            return Stage.HEAD if len(self._data) <= MAX_HEAD_BYTES else Stage.TOO_LONG
        return Stage.ENOUGH if len(self._data) >= self._enough_at else Stage.BODY

    def take(self) -> bytes:
        """Everything, for the parser."""
        return bytes(self._data)


def _enough_at(head: bytes) -> int:
    announced = _LENGTH.search(head)
    length = int(announced[1]) if announced else 0
    return len(head) + (length if length <= SHORT_BODY_BYTES else 0)
