"""Where objects are kept: one interface, a directory or S3 behind it, and the check that either can be relied on.

``store`` states the interface, ``directory`` and ``s3`` are the two homes, ``probe`` refuses others.
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
from cloud.objects.address import open_store
from cloud.objects.probe import probe
from cloud.objects.store import MAX_LISTED, ByteRange, Meta, ObjectStore, Stored, check_key

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
