"""Stored documents: JSON that this service wrote into its store, and what is said when one cannot be read.

A later version may add keys at every level of every document. An older one ignores what it does not know where it reads
them (`contract.documents.Fields`). Pointers alone are written back: what the older version does not know stays there,
unless it belongs to something that is written anew. A change that an older version must not ignore comes with another
`format`, which that version refuses.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from cloud.errors import Damaged, NotFound
from cloud.store.store import ObjectStore
from contract.documents import Json, parse_document
from contract.errors import ContractError

READ_AT_ONCE = 8

Read = TypeVar("Read")


@contextlib.contextmanager
def reading(key: str) -> Iterator[None]:
    """Turn what the contract refuses in the block into `Damaged`, with the key of the object that is being read.

    Raises:
        Damaged: the object is not what this service writes there.
    """
    try:
        yield
    except ContractError as error:
        raise Damaged(str(error) if error.where.startswith(key) else f"{key}: {error}") from error


def read_json(store: ObjectStore, key: str, *, max_bytes: int) -> Json:
    """Read a document that is for people to look at.

    Raises:
        NotFound: there is none.
        Damaged: it is no JSON.
    """
    body = store.get(key).body
    with reading(key):
        return parse_document(body, where=key, max_bytes=max_bytes).as_json()


def read_each(
    names: Iterable[str], read: Callable[[str], Read | None], *, damaged: Callable[[Damaged], None]
) -> Iterator[Read]:
    """Read records in the order of their names, some at a time; one that is gone meanwhile is passed over.

    `damaged` is told of each that cannot be read, which is in nobody else's way. Raises a `StoreError`.
    """

    def attempt(name: str) -> Read | Damaged | None:
        try:
            return read(name)
        except NotFound:
            return None
        except Damaged as error:
            return error

    left = iter(names)
    with ThreadPoolExecutor(READ_AT_ONCE) as threads:
        while batch := list(islice(left, READ_AT_ONCE)):
            for found in threads.map(attempt, batch):
                if isinstance(found, Damaged):
                    damaged(found)
                elif found is not None:
                    yield found


def keep_added(present: Json, document: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return `present` if it says all that `document` says, with what a later version added; otherwise `document`."""
    return present if isinstance(present, Mapping) and _says(present, document) else document


def _says(present: Json, document: Json) -> bool:
    if isinstance(present, Mapping) and isinstance(document, Mapping):
        return all(key in present and _says(present[key], value) for key, value in document.items())
    if isinstance(present, list) and isinstance(document, list):
        return len(present) == len(document) and all(map(_says, present, document))
    return present == document
