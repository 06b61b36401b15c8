"""Objects by key: one interface, a directory or S3 behind it, and pointers moved by compare-and-swap.

Nothing here knows what an object means. May import `cloud.errors` and `contract`.
"""

from cloud.errors import (
    AlreadyExists,
    NotFound,
    OutOfRange,
    PreconditionFailed,
    StoreError,
    StoreFull,
    StoreRefused,
    Unavailable,
    Uncertain,
)
from cloud.store.address import open_store
from cloud.store.probe import probe
from cloud.store.store import MAX_LISTED, ByteRange, Meta, ObjectStore, Stored, check_key

__all__ = [
    "MAX_LISTED",
    "AlreadyExists",
    "ByteRange",
    "Meta",
    "NotFound",
    "ObjectStore",
    "OutOfRange",
    "PreconditionFailed",
    "StoreError",
    "StoreFull",
    "StoreRefused",
    "Stored",
    "Unavailable",
    "Uncertain",
    "check_key",
    "open_store",
    "probe",
]
