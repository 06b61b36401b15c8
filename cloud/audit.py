"""The audit log: who was let in or refused, and what operators did. One line each, of a logger of its own.

The lines are among all others on standard error, and with `FEDEX_AUDIT` in a file that holds nothing else. Any number
of processes of one user append to it; one that was moved away, as logrotate does, is begun anew. No line holds a
secret, a label or a feature.
"""

from __future__ import annotations

import logging
import os
from enum import StrEnum
from pathlib import Path

from cloud.errors import SettingError
from cloud.logs import LineFormatter, fields

LOGGER = "fedex.audit"

logger = logging.getLogger(__name__)


class AuditEvent(StrEnum):
    """What happened."""

    ENROLLED = "enrolled"
    IDENTITY_REFUSED = "identity refused"
    CODE_ADDED = "code added"
    CODE_WITHDRAWN = "code withdrawn"
    OPERATOR_ADDED = "operator added"
    OPERATOR_REMOVED = "operator removed"
    DEVICE_REVOKED = "device revoked"
    DEVICE_EXCLUDED = "device excluded"
    DEVICE_READMITTED = "device readmitted"
    LABEL_ALLOWED = "label allowed"
    LABEL_DISALLOWED = "label disallowed"
    BUNDLE_REGISTERED = "bundle registered"
    BUNDLE_REPLACED = "bundle replaced"
    SPACE_RETIRED = "space retired"
    SPACE_RESTORED = "space restored"
    STORE_COPIED = "store copied"
    STORE_RESTORED = "store restored"
    STORE_MENDED = "store mended"
    ERASURE_ASKED = "erasure asked"
    ERASED = "erased"
    EXPORTED = "exported"
    RELEASE_SHARED = "release shared"
    RELEASE_PROMOTED = "release promoted"
    RELEASE_WITHDRAWN = "release withdrawn"
    RELEASE_PINNED = "release pinned"
    RELEASE_UNPINNED = "release unpinned"
    RELEASE_RESTORED = "release restored"
    KEY_ROTATED = "key rotated"
    KEY_EXPORTED = "key exported"
    KEY_IMPORTED = "key imported"


def note(event: AuditEvent, *, by: str, **facts: object) -> None:
    """Write a line.

    Args:
        event: what happened.
        by: who did it, such as a device's id or an operator's name.
        facts: what else there is to say, such as group, pool, device and serial.
    """
    logging.getLogger(LOGGER).info(event, extra=fields(by=by, **facts))


def keep_in(path: Path) -> None:
    """Append every line to a file from now on, too; it is made for this user's eyes alone. Idempotent.

    Raises:
        SettingError: it cannot be written.
    """
    log = logging.getLogger(LOGGER)
    if any(isinstance(handler, _AuditFile) and handler.path == path for handler in log.handlers):
        return
    try:
        _append(path, b"")
    except OSError as error:
        raise SettingError(f"FEDEX_AUDIT: expected a file that can be written, got {path}: {error.strerror}") from error
    log.addHandler(_AuditFile(path))
    log.setLevel(logging.INFO)


class _AuditFile(logging.Handler):
    """A file that is opened for each line. One that takes none, as on a full disk, fails no request."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.setFormatter(LineFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        """Append a line, whole or not at all as far as the disk allows."""
        try:
            _append(self.path, f"{self.format(record)}\n".encode(errors="replace"))
        except OSError as error:  # the line is on standard error
            logger.error("FEDEX_AUDIT: a line was not kept in %s: %s", self.path, error.strerror)


def _append(path: Path, line: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, line)
    finally:
        os.close(descriptor)
