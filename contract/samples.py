"""Sample ids: what makes two photos, or two tensors, of one device the same sample."""

import hashlib
import hmac
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.errors import Impossible
from contract.inputs import MAX_INPUT_RANK, TensorType

SAMPLE_ID_BYTES = 16
MIN_SECRET_BYTES = 16
_PHOTO_PURPOSE = b"fedex-sample-1"
_TENSOR_PURPOSE = b"fedex-tensor-1"


def sample_id(secret: bytes, pixels: NDArray[np.uint8]) -> bytes:
    """Name a photo by its pixels, in 16 bytes that only the holder of `secret` can connect with it.

    `pixels` is the decoded and oriented photo before any crop or resize, uint8 [height, width, 3], RGB. The id is
    the first 16 bytes of HMAC-SHA256(secret, "fedex-sample-1" + width + height + pixels), sizes as uint32
    little-endian, pixels row by row.

    Raises:
        Impossible: pixels of another dtype or shape, or a secret under 16 bytes.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or not pixels.size:
        raise Impossible("pixels", expected="uint8 [height, width, 3]", got=f"{pixels.dtype} {list(pixels.shape)}")
    height, width, _ = pixels.shape
    return _named(secret, _PHOTO_PURPOSE + struct.pack("<II", width, height), pixels)


def tensor_sample_id(secret: bytes, tensor: NDArray[Any]) -> bytes:
    """Name a tensor by its dtype, shape and values, as `sample_id` names a photo.

    The id is the first 16 bytes of HMAC-SHA256(secret, "fedex-tensor-1" + dtype + rank + shape + values): the dtype's
    name in ASCII, filled up with NUL to 8 bytes; rank and sizes as uint32 little-endian; values little-endian, C order.

    Raises:
        Impossible: a dtype that the contract has not, no or more than six sizes, no value, a secret under 16 bytes.
    """
    if tensor.dtype.name not in list(TensorType) or not 1 <= tensor.ndim <= MAX_INPUT_RANK or not tensor.size:
        raise Impossible(
            "tensor", expected=f"{', '.join(TensorType)} [sizes]", got=f"{tensor.dtype} {list(tensor.shape)}"
        )
    head = tensor.dtype.name.encode().ljust(8, b"\0") + struct.pack(f"<{1 + tensor.ndim}I", tensor.ndim, *tensor.shape)
    return _named(secret, _TENSOR_PURPOSE + head, tensor.astype(tensor.dtype.newbyteorder("<"), copy=False))


def _named(secret: bytes, head: bytes, values: NDArray[Any]) -> bytes:
    if len(secret) < MIN_SECRET_BYTES:
        raise Impossible("secret", expected=f"at least {MIN_SECRET_BYTES} bytes", got=f"{len(secret)} bytes")
    digest = hmac.new(secret, head, hashlib.sha256)
    digest.update(np.ascontiguousarray(values).data)
    return digest.digest()[:SAMPLE_ID_BYTES]
