"""The files of releases: heads, label lists and weights, written under keys of their own and found by their hash.

::

    objects/<group>/<sha256>/<space>.<publication>    the copy that one publication of one pool has written

A device asks for a hash, and whichever copy of it is there is the right one. But no key is written twice: a copy that
nothing names any more is nobody's for ever, so whoever deletes it takes nothing away from one who writes the same bytes
at that moment, for another release or another pool of the group (ADR 28).
"""

from __future__ import annotations

import contextlib

from cloud.errors import NotFound
from cloud.store import keys
from cloud.store.keys import Pool
from cloud.store.store import ListedObject, ObjectStore
from contract.files import FileRef

ATTEMPTS = 4
"""At a copy that is deleted between being found and being read: another one is there, or was."""


def put(store: ObjectStore, pool: Pool, content: bytes, *, publication: str) -> FileRef:
    """Write a publication's copy. Idempotent. Raises `StoreError`."""
    reference = FileRef.of(content)
    store.put(keys.object_copy(pool, reference.sha256, publication), content)
    return reference


def find(store: ObjectStore, group: str, sha256: str) -> ListedObject:
    """Find a copy, by one LIST.

    Raises:
        NotFound: there is none.
        StoreError: the store failed.
    """
    prefix = keys.shared_object(group, sha256)
    found = store.entries(prefix, limit=1) or store.entries(prefix)  # one that goes as it is listed hides others
    if not found:
        raise NotFound(prefix.removesuffix("/"))
    return found[0]


def read(store: ObjectStore, group: str, sha256: str) -> bytes:
    """Read a file from one of its copies. Raises as `find` does."""
    for _ in range(ATTEMPTS):
        found = find(store, group, sha256)
        with contextlib.suppress(NotFound):
            return store.get(found.key).body
    raise NotFound(found.key)
