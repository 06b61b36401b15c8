"""Stored documents: JSON that this service wrote into its store, and what is said when one cannot be read.

A later version may add keys at every level of every document. An older one ignores what it does not know where it reads
them (`contract.documents.Fields`). Pointers alone are written back: what the older version does not know stays there,
unless it belongs to something that is written anew. A change that an older version must not ignore comes with another
`format`, which that version refuses.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

from cloud.errors import Damaged
from contract.documents import Json
from contract.errors import ContractError


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


def keep_added(present: Json, document: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return `present` if it says all that `document` says, with what a later version added; otherwise `document`."""
    return present if isinstance(present, Mapping) and _says(present, document) else document


def _says(present: Json, document: Json) -> bool:
    if isinstance(present, Mapping) and isinstance(document, Mapping):
        return all(key in present and _says(present[key], value) for key, value in document.items())
    if isinstance(present, list) and isinstance(document, list):
        return len(present) == len(document) and all(map(_says, present, document))
    return present == document
