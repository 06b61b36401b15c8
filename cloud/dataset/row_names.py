"""Names of rows: what a row's feature is, for good, wherever the row lies by now. Pure.

::

    32 bytes    the sha256 of what the row came in: an upload, or a bundle's base.tensors
    16          the sample's id, or the row's number there
    4           the row's revision, or 0

An upload's hash says what is in it, and of a sample that an upload has twice in one revision a ledger takes the first
row. So a name stands for one feature, also after shards were put together or written anew, samples were erased, and
their device has sent them again.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.samples import SAMPLE_ID_BYTES

SHA256_BYTES, REVISION_BYTES = 32, 4
NAME_BYTES = SHA256_BYTES + SAMPLE_ID_BYTES + REVISION_BYTES
NAME: np.dtype[np.bytes_] = np.dtype(f"S{NAME_BYTES}")
"""Of one length, so that they compare as their bytes do."""

Bytes = NDArray[np.uint8]
Names = NDArray[np.bytes_]
"""Of dtype `NAME`."""


def make_names(origins: Bytes, sample_ids: Bytes, revisions: NDArray[np.integer[Any]]) -> Names:
    """Return the names of rows (n,), given hashes (n, 32), ids (n, 16) and revisions (n,)."""
    joined = np.empty((len(sample_ids), NAME_BYTES), np.uint8)
    joined[:, :SHA256_BYTES] = origins
    joined[:, SHA256_BYTES:-REVISION_BYTES] = sample_ids
    joined[:, -REVISION_BYTES:] = revisions.astype(">u4").reshape(-1, 1).view(np.uint8)
    return parse_names(joined)


def base_names(sha256: str, count: int) -> Names:
    """Return the names of a bundle's base samples (count,), given the hash of their file."""
    numbers = np.zeros((count, SAMPLE_ID_BYTES), np.uint8)
    numbers[:, -8:] = np.arange(count, dtype=">u8").reshape(-1, 1).view(np.uint8)
    origin = np.frombuffer(bytes.fromhex(sha256), np.uint8)
    return make_names(np.broadcast_to(origin, (count, SHA256_BYTES)), numbers, np.zeros(count, np.int64))


def no_names() -> Names:
    """Return the names of no rows."""
    return np.zeros(0, NAME)


def parse_names(joined: Bytes) -> Names:
    """Return names (n,) by their bytes (n, 52)."""
    return np.ascontiguousarray(joined).view(NAME).ravel()


def bytes_of(names: Names) -> Bytes:
    """Return the bytes (n, 52) of names."""
    return np.ascontiguousarray(names).view(np.uint8).reshape(-1, NAME_BYTES)
