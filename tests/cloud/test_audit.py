"""The audit log."""

import json
import logging

import pytest

from cloud.audit import LOGGER, AuditEvent, note
from cloud.logs import LineFormatter


def test_an_event_is_one_line_that_says_who_did_what(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger=LOGGER)
    note(AuditEvent.DEVICE_REVOKED, by="ada", group="demo", device="d" * 32)
    [record] = caplog.records
    line = json.loads(LineFormatter().format(record))
    assert line.items() >= {"logger": LOGGER, "message": "device revoked", "by": "ada", "group": "demo"}.items()
