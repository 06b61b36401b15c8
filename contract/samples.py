"""Sample ids: what makes two photos of one device the same sample."""

import hashlib
import hmac
import struct

import numpy as np
from numpy.typing import NDArray

from contract.errors import Impossible

SAMPLE_ID_BYTES = 16
MIN_SECRET_BYTES = 16
_PURPOSE = b"fedex-sample-1"


def sample_id(secret: bytes, pixels: NDArray[np.uint8]) -> bytes:
    """Name a photo by its pixels, in 16 bytes that only the holder of `secret` can connect with it.

    `pixels` is the decoded and oriented photo before any crop or resize, uint8 [height, width, 3], RGB. The id is
    the first 16 bytes of HMAC-SHA256(secret, "fedex-sample-1" + width + height + pixels), sizes as uint32
    little-endian, pixels row by row.

    Raises:
        Impossible: pixels of another dtype or shape, or a secret under 16 bytes.
    """
    if len(secret) < MIN_SECRET_BYTES:
        raise Impossible("secret", expected=f"at least {MIN_SECRET_BYTES} bytes", got=f"{len(secret)} bytes")
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or not pixels.size:
        raise Impossible("pixels", expected="uint8 [height, width, 3]", got=f"{pixels.dtype} {list(pixels.shape)}")
    height, width, _ = pixels.shape
    digest = hmac.new(secret, _PURPOSE + struct.pack("<II", width, height), hashlib.sha256)
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.digest()[:SAMPLE_ID_BYTES]
