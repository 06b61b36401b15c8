"""Generations: a device's is raised when its samples are erased, so that what it sent before counts no more."""

from __future__ import annotations

from cloud.errors import PreconditionFailed, Unavailable
from cloud.identity.devices import ATTEMPTS, MAX_DOCUMENT_BYTES
from cloud.store import keys
from cloud.store.documents import reading
from cloud.store.store import ObjectStore
from contract.documents import encode_json, parse_document


def raise_generation(store: ObjectStore, device_id: str, *, above: int) -> None:
    """Let uploads of a device count only where their generation is above one that is over. Idempotent.

    Raises:
        NotFound: no device has this id.
        Damaged: its document cannot be read.
        Unavailable: others kept changing the device.
    """
    key = keys.device(device_id)
    for _ in range(ATTEMPTS):
        stored = store.get(key)
        with reading(key):
            fields = parse_document(stored.body, where=key, max_bytes=MAX_DOCUMENT_BYTES)
            if fields.integer("generation") > above:
                return
        try:
            store.put_if_match(key, encode_json({**fields.as_json(), "generation": above + 1}), etag=stored.etag)
        except PreconditionFailed:
            continue
        return
    raise Unavailable(key, "others kept changing it")
