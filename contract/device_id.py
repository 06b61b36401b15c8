"""Device ids: a device is named by a secret of its own, so that it can show that it is the same one.

::

    id = the first 32 hex digits of SHA-256("fedex-device-1" + secret + group)

Who knows an id does not know its secret; and the ids of one device in two groups do not tell that it is one.
"""

import hashlib

DEVICE_SECRET_BYTES = 32
_PURPOSE = b"fedex-device-1"
_ID_DIGITS = 32


def device_id(secret: bytes, *, group: str) -> str:
    """Name the device that has this secret, 32 bytes, in a group."""
    return hashlib.sha256(_PURPOSE + secret + group.encode()).hexdigest()[:_ID_DIGITS]
