"""Log lines: one JSON object a line on standard error, with no secret in it.

::

    {"time": "2026-01-31T12:00:00.123Z", "level": "info", "logger": "cloud.web.app", "message": "request",
     "request": "5f0c2a...", "status": 201}

What is logged while a request is answered has the request's id.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TextIO

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Of the request that this thread or greenlet answers; empty outside of any."""

SAID_AGAIN_AFTER_S = 3600.0
MAX_SAID = 1_000

QUIET = ("boto3", "botocore", "urllib3", "s3transfer", "werkzeug")

_ENCODER = json.JSONEncoder(ensure_ascii=False, default=str)


def configure_logging(stream: TextIO | None = None, *, level: int = logging.INFO) -> None:
    """Send every log line of the process to one stream. Called once, by the command line."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(LineFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # No line says which of these: looking for them would cost more than the line.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # how logging's documentation turns off looking for the caller
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def fields(**values: object) -> dict[str, dict[str, object]]:
    """Name what a line says besides its message: `logger.info("request", extra=fields(status=201))`."""
    return {"fields": values}


@dataclass(slots=True)
class Seldom:
    """Tells which lines to write, of those that are found again at every look: each once an hour. For one thread."""

    clock: Callable[[], float] = time.monotonic
    _said: dict[str, float] = field(default_factory=dict)

    def is_due(self, line: str) -> bool:
        """Tell whether to write a line now."""
        now = self.clock()
        if now < self._said.get(line, now):
            return False
        if len(self._said) >= MAX_SAID:
            self._said.clear()
        self._said[line] = now + SAID_AGAIN_AFTER_S
        return True


class LineFormatter(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a traceback is a string in it."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line: dict[str, object] = {
            "time": time,
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **({"request": request_id.get()} if request_id.get() else {}),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return _ENCODER.encode(line)
