"""The only home of a pool's registry: which releases are current, how they came about, and what was trained on.

::

    registry/<pool>/HEAD                 pointer: {"format": 1, "commit": ..., "ancestors": [...],
      "channels": {"best":   {"release": "<sha256 of the payload>", "envelope": {...}},
                   "latest": {...}},                                 one read serves a device
      "serials":  {"best": n, "latest": n},                          the last one used
      "trained":  {"dataset": "<commit>", "rows": n, "cycle": "..."},   or null
      "failed":   {"dataset": "<commit>", "times": n, "at": unix s}}    or null
    registry/<pool>/releases/<sha256>    {"parent", "payload", "report", "weights", "samples"}, immutable

A release is named by the sha256 of its payload. Its parent is the release before it in its channel, so that each
channel's history is a chain. Objects are written first, the pointer last.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from heapq import merge
from itertools import islice
from typing import Any

from cloud.errors import Damaged
from cloud.store import keys, pointer
from cloud.store.keys import Pool
from cloud.store.store import ObjectStore
from contract.documents import Fields, Json, encode_base64, encode_json, parse_json
from contract.envelope import Envelope
from contract.errors import ContractError
from contract.files import FileRef, sha256_hex
from contract.history import DEFAULT_HISTORY, ReleaseSummary
from contract.manifest import MAX_ENVELOPE_BYTES, Channel, Manifest

REGISTRY_FORMAT = 1
MAX_RELEASE_BYTES = 16 << 20
MAX_WEIGHTS_BYTES = 4 << 30


@dataclass(frozen=True, slots=True)
class Current:
    """What a channel points at."""

    release: str
    envelope: Envelope

    @property
    def manifest(self) -> Manifest:
        """The signed payload, parsed. It is the worker's own, so no signature is checked."""
        return Manifest.parse(self.envelope.payload)


@dataclass(frozen=True, slots=True)
class Trained:
    """The last training cycle that published, or had nothing to."""

    dataset: str
    """The dataset's commit."""
    rows: int
    cycle: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Training cycles on one dataset that published nothing."""

    dataset: str
    times: int
    at: int
    """Unix seconds of the last one."""


@dataclass(frozen=True, slots=True)
class Registry:
    """What a pool's registry says; an empty one where nothing was released yet."""

    channels: Mapping[Channel, Current] = field(default_factory=dict)
    serials: Mapping[Channel, int] = field(default_factory=dict)
    trained: Trained | None = None
    failed: Failed | None = None
    head: pointer.Pointer | None = field(default=None, repr=False)
    """What the next write follows."""

    def next_serial(self, channel: Channel) -> int:
        """The serial of a channel's next release."""
        return self.serials.get(channel, 0) + 1

    @property
    def newest_issue(self) -> int:
        """When the newest current release was issued, Unix seconds; 0 without one."""
        return max((current.manifest.issued for current in self.channels.values()), default=0)


@dataclass(frozen=True, slots=True)
class Release:
    """A release as the registry keeps it."""

    payload: bytes
    parent: str | None
    report: Mapping[str, Json]
    weights: FileRef
    """The trained weights, an object of the group (``cloud.training.weights``)."""
    samples: int
    """It was trained on the pool's first so many samples, in the order of ``Dataset``, or was judged on them."""

    @property
    def sha256(self) -> str:
        """The release's name."""
        return sha256_hex(self.payload)


def read(store: ObjectStore, pool: Pool) -> Registry:
    """The registry as it is now.

    Raises:
        Damaged: its pointer is not one of a registry.
    """
    key = keys.registry_pointer(pool)
    head = pointer.read(store, key)
    if head is None:
        return Registry()
    try:
        return _parse(head)
    except (ContractError, KeyError, TypeError, ValueError) as error:
        raise Damaged(f"{key}: expected a registry's pointer, got one with {error!r}") from error


def put_release(store: ObjectStore, pool: Pool, release: Release) -> None:
    """Keep a release; nothing points at it yet. Idempotent."""
    document = {
        "parent": release.parent,
        "payload": encode_base64(release.payload),
        "report": release.report,
        "weights": release.weights.document(),
        "samples": release.samples,
    }
    store.put(keys.release(pool, release.sha256), encode_json(document))


def get_release(store: ObjectStore, pool: Pool, sha256: str) -> Release:
    """A release by its name.

    Raises:
        NotFound: there is none.
        Damaged: it is not what was kept.
    """
    key = keys.release(pool, sha256)
    try:
        document: Any = parse_json(store.get(key).body, where=key, max_bytes=MAX_RELEASE_BYTES)
        fields = Fields(document, where=key)
        payload = fields.binary("payload", max_bytes=MAX_ENVELOPE_BYTES)
        weights = FileRef.parse(fields.document("weights"), max_bytes=MAX_WEIGHTS_BYTES)
        return Release(payload, document["parent"], document["report"], weights, fields.integer("samples"))
    except (ContractError, KeyError, TypeError) as error:
        raise Damaged(f"{key}: expected a release, got one with {error!r}") from error


def publish(
    store: ObjectStore, pool: Pool, *, previous: Registry, envelopes: Mapping[Channel, Envelope], trained: Trained
) -> Registry:
    """Point channels at releases whose objects are all kept already.

    Raises:
        ValueError: a serial that does not follow the channel's last one, which is a bug in the calling code.
        LostRace: the registry moved meanwhile; nothing of this is there.
        Unavailable, Uncertain: as for ``pointer.swap``.
    """
    current = {channel: Current(sha256_hex(one.payload), one) for channel, one in envelopes.items()}
    for channel, one in current.items():
        if one.manifest.serial < previous.next_serial(channel):
            raise ValueError(f"{channel}: expected serial {previous.next_serial(channel)}, got {one.manifest.serial}")
    grown = replace(
        previous,
        channels={**previous.channels, **current},
        serials={**previous.serials, **{channel: one.manifest.serial for channel, one in current.items()}},
        trained=trained,
        failed=None,
    )
    return _swap(store, pool, grown)


def note_trained(store: ObjectStore, pool: Pool, *, previous: Registry, trained: Trained) -> Registry:
    """Remember that a dataset holds nothing that can be trained on yet. Raises as `publish` does."""
    return _swap(store, pool, replace(previous, trained=trained, failed=None))


def note_failure(store: ObjectStore, pool: Pool, *, previous: Registry, failed: Failed) -> Registry:
    """Remember that a cycle published nothing. Raises as `publish` does."""
    return _swap(store, pool, replace(previous, failed=failed))


def history(store: ObjectStore, pool: Pool, *, limit: int = DEFAULT_HISTORY) -> tuple[ReleaseSummary, ...]:
    """The releases of both channels, newest first: as many reads as releases, and one or two more."""
    chains = (_chain(store, pool, current.release) for current in read(store, pool).channels.values())
    newest_first = merge(*chains, key=lambda summary: (summary.issued, summary.serial), reverse=True)
    return tuple(islice(newest_first, limit))


def _chain(store: ObjectStore, pool: Pool, sha256: str | None) -> Iterator[ReleaseSummary]:
    while sha256 is not None:
        release = get_release(store, pool, sha256)
        manifest = Manifest.parse(release.payload)
        yield ReleaseSummary.of(manifest, release=sha256, report=release.report)
        sha256 = release.parent


def _swap(store: ObjectStore, pool: Pool, registry: Registry) -> Registry:
    swapped = pointer.swap(store, keys.registry_pointer(pool), previous=registry.head, document=_document(registry))
    return replace(registry, head=swapped)


def _document(registry: Registry) -> dict[str, Any]:
    return {
        "format": REGISTRY_FORMAT,
        "channels": {channel.value: _current_document(one) for channel, one in registry.channels.items()},
        "serials": {channel.value: serial for channel, serial in registry.serials.items()},
        "trained": asdict(registry.trained) if registry.trained else None,
        "failed": asdict(registry.failed) if registry.failed else None,
    }


def _current_document(current: Current) -> dict[str, Any]:
    return {"release": current.release, "envelope": json.loads(current.envelope.encode())}


def _parse(head: pointer.Pointer) -> Registry:
    document = head.document
    if document["format"] != REGISTRY_FORMAT:
        raise ValueError(f"format {document['format']} rather than {REGISTRY_FORMAT}")
    return Registry(
        channels={Channel(name): _parse_current(one) for name, one in document["channels"].items()},
        serials={Channel(name): int(serial) for name, serial in document["serials"].items()},
        trained=Trained(**document["trained"]) if document["trained"] else None,
        failed=Failed(**document["failed"]) if document["failed"] else None,
        head=head,
    )


def _parse_current(document: Mapping[str, Any]) -> Current:
    return Current(str(document["release"]), Envelope.parse(encode_json(document["envelope"])))
