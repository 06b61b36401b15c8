"""Log lines: one JSON object a line, whatever is in the record."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cloud.logs import LineFormatter, fields


@pytest.fixture
def stream() -> io.StringIO:
    """Return what `logger` writes to."""
    return io.StringIO()


@pytest.fixture
def logger(stream: io.StringIO) -> Iterator[logging.Logger]:
    """Return a logger whose lines the formatter writes."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LineFormatter())
    logger = logging.getLogger("cloud.here")
    propagate, level = logger.propagate, logger.level
    logger.addHandler(handler)
    logger.propagate = False
    logger.setLevel(logging.INFO)
    yield logger
    logger.removeHandler(handler)
    logger.propagate = propagate
    logger.setLevel(level)


def only_line(stream: io.StringIO) -> dict[str, Any]:
    [line] = stream.getvalue().splitlines()
    parsed: dict[str, Any] = json.loads(line)
    return parsed


def test_a_line_has_time_level_logger_message_and_fields() -> None:
    record = logging.makeLogRecord(
        {"created": 1769860800.1234, "levelname": "INFO", "name": "cloud.web.app", "msg": "request %s", "args": ("a",)}
        | fields(status=201, path=Path("/here"))
    )
    assert json.loads(LineFormatter().format(record)) == {
        "time": "2026-01-31T12:00:00.123Z",
        "level": "info",
        "logger": "cloud.web.app",
        "message": "request a",
        "status": 201,
        "path": "/here",
    }


def test_a_traceback_is_a_string_in_the_same_line(logger: logging.Logger, stream: io.StringIO) -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError:
        logger.exception("failed", extra=fields(pool="a/b"))
    line = only_line(stream)
    assert (line["level"], line["message"], line["pool"]) == ("error", "failed", "a/b")
    assert line["traceback"].startswith("Traceback (most recent call last):\n")
    assert line["traceback"].endswith("ValueError: two\nlines")


def test_a_line_without_an_exception_has_no_traceback(logger: logging.Logger, stream: io.StringIO) -> None:
    logger.info("done")
    assert sorted(only_line(stream)) == ["level", "logger", "message", "time"]


def test_other_letters_stay_as_they_are_and_line_breaks_do_not(logger: logging.Logger, stream: io.StringIO) -> None:
    logger.info("Zoë\n李", extra=fields(label="Ærøskøbing"))
    assert "Zoë\\n李" in stream.getvalue()
    assert only_line(stream)["label"] == "Ærøskøbing"
