"""The golden inputs of the golden bundles: a small drawn photo as PNG, and a tensor as NPY, nothing deflated."""

import struct
import zlib

import numpy as np

from contract.inputs import ModelInput, TensorInput
from tests.contract.drawn import Pixels, draw
from tests.contract.golden_faces import SMALL_PHOTO


def golden_input(model_input: ModelInput) -> bytes:
    """The file that goes into a bundle."""
    if isinstance(model_input, TensorInput):
        return npy(np.arange(np.prod(model_input.shape)).reshape(model_input.shape).astype(model_input.dtype))
    return png(draw(*SMALL_PHOTO))


def png(pixels: Pixels) -> bytes:
    """A photo, uint8 (height, width, 3), whose bytes hang on no implementation of deflate."""
    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows, 0)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(name, data) for name, data in parts)


def chunk(name: bytes, data: bytes) -> bytes:
    """Length, name, data, CRC."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def npy(tensor: np.ndarray) -> bytes:  # type: ignore[type-arg]  # of the input's dtype
    """A tensor as numpy.save writes it, version 1.0."""
    facts = {"descr": tensor.dtype.newbyteorder("<").str, "fortran_order": False, "shape": tensor.shape}
    header = repr(facts).replace("}", ", }").encode()
    header += b" " * (-(10 + len(header) + 1) % 64) + b"\n"
    return (
        b"\x93NUMPY\x01\x00"
        + struct.pack("<H", len(header))
        + header
        + tensor.astype(tensor.dtype.newbyteorder("<")).tobytes()
    )
