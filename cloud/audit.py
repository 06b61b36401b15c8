"""The audit log: who was let in or refused, and what operators did. One line each, of a logger of its own.

No line holds a secret, a label or a feature.
"""

from __future__ import annotations

import logging
from enum import StrEnum

from cloud.logs import fields

LOGGER = "fedex.audit"


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
