"""Sample ids: what makes two photos, two faces or two tensors of one device the same sample.

Each is the first 16 bytes of an HMAC-SHA256 under a secret that only the device has, so that nobody else can connect it
with what it names. A file, a frame or a tensor is read once, from its beginning to its end.
"""

import hashlib
import hmac
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.boxes import Box
from contract.errors import Impossible
from contract.inputs import MAX_INPUT_RANK, TensorType

SAMPLE_ID_BYTES = 16
MIN_SECRET_BYTES = 16
SHA256_BYTES = 32
_FILE_PURPOSE = b"fedex-file-1"
_FRAME_PURPOSE = b"fedex-frame-1"
_FACE_PURPOSE = b"fedex-face-1"
_TENSOR_PURPOSE = b"fedex-tensor-1"


def photo_sample_id(secret: bytes, file_sha256: bytes) -> bytes:
    """Name a photo by its file: HMAC of "fedex-file-1" + the sha256 (32 bytes) of the file's bytes.

    Raises:
        Impossible: no sha256, or a secret under 16 bytes.
    """
    if len(file_sha256) != SHA256_BYTES:
        raise Impossible("sha256", expected=f"{SHA256_BYTES} bytes", got=f"{len(file_sha256)} bytes")
    return _named(secret, _FILE_PURPOSE + file_sha256)


def frame_sample_id(secret: bytes, pixels: NDArray[np.uint8]) -> bytes:
    """Name a photo that was never a file, as a camera's frame: HMAC of "fedex-frame-1" + width + height + pixels.

    `pixels` is uint8 [height, width, 3], RGB, row by row; sizes are uint32 little-endian.

    Raises:
        Impossible: pixels of another dtype or shape, or a secret under 16 bytes.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or not pixels.size:
        raise Impossible("pixels", expected="uint8 [height, width, 3]", got=f"{pixels.dtype} {list(pixels.shape)}")
    height, width, _ = pixels.shape
    return _named(secret, _FRAME_PURPOSE + struct.pack("<II", width, height), pixels)


def face_sample_id(secret: bytes, photo: bytes, box: Box) -> bytes:
    """Name a face of a photo: HMAC of "fedex-face-1" + the photo's id + left + top + right + bottom, as int32.

    `box` is that of the first time: a device that sees the photo again matches boxes before it names a new one.

    Raises:
        Impossible: no sample id, numbers beyond int32, or a secret under 16 bytes.
    """
    if len(photo) != SAMPLE_ID_BYTES:
        raise Impossible("photo", expected=f"{SAMPLE_ID_BYTES} bytes", got=f"{len(photo)} bytes")
    try:
        place = struct.pack("<4i", *box)
    except struct.error as error:
        raise Impossible("box", expected="four integers of 32 bits", got=str(box)) from error
    return _named(secret, _FACE_PURPOSE + photo + place)


def tensor_sample_id(secret: bytes, tensor: NDArray[Any]) -> bytes:
    """Name a tensor by its dtype, shape and values, as `frame_sample_id` names a frame.

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


def _named(secret: bytes, head: bytes, values: NDArray[Any] | None = None) -> bytes:
    if len(secret) < MIN_SECRET_BYTES:
        raise Impossible("secret", expected=f"at least {MIN_SECRET_BYTES} bytes", got=f"{len(secret)} bytes")
    digest = hmac.new(secret, head, hashlib.sha256)
    if values is not None:
        digest.update(np.ascontiguousarray(values).data)
    return digest.digest()[:SAMPLE_ID_BYTES]
