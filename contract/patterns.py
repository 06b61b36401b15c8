"""Patterns: what names and ids look like. Each is meant for `fullmatch`."""

import re

from contract.errors import Malformed, shown

HEX64_PATTERN = re.compile(r"[0-9a-f]{64}")
"""A sha256: of a space, an upload, an object, a release."""

KEY_ID_PATTERN = re.compile(r"[0-9a-f]{16}")
"""The id of a verification key."""

FINGERPRINT_PATTERN = re.compile(r"[0-9a-f]{32}")
"""What people compare of a verification key."""

GROUP_PATTERN = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
"""A group's name; safe as a path segment and as part of a storage key."""

DEVICE_PATTERN = re.compile(r"[a-z0-9][a-z0-9-]{7,63}")
"""A device's id, chosen by the service at enrolment."""

CODE_PATTERN = re.compile(r"[\x21-\x7e]{1,128}")
"""An enrolment code."""

TOKEN_PATTERN = re.compile(r"[A-Za-z0-9._~+/=-]{16,256}")
"""A bearer token: what RFC 6750 lets into an Authorization header."""

REQUEST_ID_PATTERN = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""What a client, or a proxy, may call a request in the service's log."""

NAME_PATTERN = re.compile(r"[\x20-\x7e]{1,128}")
"""A name within software (cut, layer, mode of quantisation, runtime with its version): printable ASCII."""


def check_name(name: str, pattern: re.Pattern[str], *, where: str) -> str:
    """Return `name` if it matches the whole of `pattern`.

    Raises:
        Malformed: it does not.
    """
    if not pattern.fullmatch(name):
        raise Malformed(where, expected=f"text like {pattern.pattern}", got=shown(name))
    return name
