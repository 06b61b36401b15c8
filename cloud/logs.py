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
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Of the request that this thread or greenlet answers; empty outside of any."""

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
