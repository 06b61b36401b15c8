"""Objects by key, in a directory or S3 behind one interface; the layout of keys; pointers moved by compare-and-swap.

Nothing here knows what an object means: the package that writes it knows.

May import `cloud.errors` and `contract`.
"""

from cloud.store.address import folder_of, open_store
from cloud.store.probe import probe
from cloud.store.store import MAX_LISTED, ByteRange, ListedObject, ObjectStat, ObjectStore, StoredObject

__all__ = [
    "MAX_LISTED",
    "ByteRange",
    "ListedObject",
    "ObjectStat",
    "ObjectStore",
    "StoredObject",
    "folder_of",
    "open_store",
    "probe",
]
