"""A pool's registry: which releases are current, how they came about, and what was trained on.

::

    registry/<pool>/HEAD                 pointer: {"format": 1, "commit": ..., "ancestors": [...],
      "channels": {"best":   {"release": "<sha256 of the payload>", "envelope": {...}},
                   "latest": {...}},                                 one read serves a device
      "serials":  {"best": n, "latest": n},                          the last one used
      "trained":  {"dataset": "<commit>", "rows": n, "cycle": "...", "admission": "..."},   or null
      "failed":   {"dataset": "<commit>", "times": n, "at": unix s, "reason": "..."},    or null
      "pin":      {"by": ..., "why": ..., "at": unix s},                or null: best moves by itself
      "erasure":  "<id>",                               the last one that took samples out, or null
      "publications": ["<16 hex>", ...],                those whose files are kept, the oldest first
      "fence":    n}                                    the highest that it was written under
    registry/<pool>/releases/<sha256>    one release (`cloud.releases.stored`), immutable

A release is named by the sha256 of its payload. Its parent is the release before it in its channel, so that each
channel's history is a chain; a release that was signed anew, as in a renewal, for another share or for a pin, takes its
own place in it; a withdrawal follows what it withdraws, and what is promoted what was best.
A publication that the pointer does not name any more is never named again: who decides of releases swaps the pointer
that it has read.
Objects are written first, the pointer last; but before the first release a pointer says that there is none. So where
there are releases and no pointer, it was lost. A worker that holds the pool (`cloud.store.lease`) writes under its
fence, and is refused where that is lower than the pointer's: another one has followed. Others write under none.

What a later version adds to the pointer is ignored by this one and stays when this one writes: other keys, other
channels with their serials, and keys inside an object that says what it said. A channel that is released anew, and what
was trained or failed anew, are written as this version knows them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from cloud.errors import Damaged, LostRace
from cloud.releases.current import CurrentRelease
from cloud.releases.decisions import Decision
from cloud.releases.failures import FailedCycles
from cloud.releases.stored import Release
from cloud.store import keys, pointer
from cloud.store.documents import keep_added, reading
from cloud.store.keys import Pool
from cloud.store.pointer import Pointer
from cloud.store.store import ObjectStore
from contract.documents import Fields, Json
from contract.envelope import Envelope
from contract.files import sha256_hex
from contract.manifest import Channel

REGISTRY_FORMAT = 1
MAX_PUBLICATIONS = 1 << 20
"""Of which files are kept: they are swept now and then, so there are some more than are to be kept."""


@dataclass(frozen=True, slots=True)
class TrainedDataset:
    """What the last training cycle was trained on that published, or had nothing to."""

    commit: str
    """Of the dataset."""
    rows: int
    cycle: str
    admission: str = ""
    """Says what operators had decided about devices and labels (`cloud.dataset.admission`)."""

    @classmethod
    def parse(cls, fields: Fields) -> TrainedDataset:
        """Read what `document` wrote. Raises a `ContractError`."""
        admission = fields.text("admission") if "admission" in fields else ""
        return cls(fields.text("dataset"), fields.integer("rows"), fields.text("cycle"), admission)

    def document(self) -> dict[str, Json]:
        """Write it as part of the registry's pointer."""
        return {"dataset": self.commit, "rows": self.rows, "cycle": self.cycle, "admission": self.admission}


@dataclass(frozen=True, slots=True)
class Registry:
    """What a pool's registry says; an empty one where nothing was released yet."""

    channels: Mapping[Channel, CurrentRelease] = field(default_factory=dict)
    serials: Mapping[Channel, int] = field(default_factory=dict)
    trained: TrainedDataset | None = None
    failed: FailedCycles | None = None
    pin: Decision | None = None
    """The operator's word that holds best still while latest goes on."""
    erasure: str | None = None
    """The last one that took samples out of the dataset; no release from before it is here."""
    publications: tuple[str, ...] = ()
    """Those whose files are kept, the oldest first."""
    fence: int = 0
    """The highest that it was written under."""
    pointer: Pointer | None = field(default=None, repr=False)
    """What the next write follows."""

    def next_serial(self, channel: Channel) -> int:
        """Return the serial of a channel's next release."""
        return self.serials.get(channel, 0) + 1

    def keeps(self, release: Release) -> bool:
        """Tell whether the files of a release are kept; of the bundle's head there are none to be kept."""
        return release.publication is None or release.publication in self.publications

    @property
    def newest_issue(self) -> int:
        """When the newest current release was issued, Unix seconds; 0 without one."""
        return max((current.manifest.issued for current in self.channels.values()), default=0)


def read(store: ObjectStore, pool: Pool) -> Registry:
    """Read the registry as it is now.

    Raises:
        Damaged: its pointer is not that of a registry, or it was lost.
    """
    key = keys.registry_pointer(pool)
    current = pointer.read(store, key)
    if current is None and store.list(keys.pool_releases(pool), limit=1):
        current = pointer.read(store, key)  # the first release may have been written in between
        if current is None:
            expected = f"{key}: expected the pointer of a registry, got none, though there are releases"
            raise Damaged(f"{expected}: it is lost; `fedex-cloud fsck` says more")
    return _parse(current) if current else Registry()


def begin(store: ObjectStore, pool: Pool, *, fence: int = 0) -> Registry:
    """Write the pointer of a registry without releases, so that where there is none none was lost.

    Raises as `publish` does.
    """
    return _swap(store, pool, Registry(), fence)


def raise_fence(store: ObjectStore, pool: Pool, fence: int) -> None:
    """Let nobody write under a lower fence than this, who may have read the registry before, or found none.

    The pool is to have a dataset: a registry says that there is one. Raises as `publish` does.
    """
    current = read(store, pool)
    if current.pointer is None or current.fence != fence:
        _swap(store, pool, current, fence)


def publish(
    store: ObjectStore,
    pool: Pool,
    *,
    previous: Registry,
    envelopes: Mapping[Channel, Envelope],
    trained: TrainedDataset,
    publication: str | None = None,
    fence: int = 0,
) -> Registry:
    """Point channels at releases whose objects are all written already, by a publication whose files are kept with it.

    Raises:
        ValueError: a serial that does not follow the channel's last one, which is a bug in the calling code.
        LostRace: the registry moved meanwhile, or was written under a higher fence; nothing of this is there.
        Unavailable, Uncertain: as for `pointer.swap`.
    """
    moved = _point(previous, envelopes)
    publications = (*previous.publications, publication) if publication else previous.publications
    return _swap(store, pool, replace(moved, trained=trained, failed=None, publications=publications), fence)


def repoint(store: ObjectStore, pool: Pool, *, previous: Registry, envelopes: Mapping[Channel, Envelope]) -> Registry:
    """Point channels at other releases, of heads that are there already; what was trained or failed stays.

    They are the same ones signed anew, for another share, or older ones that another is withdrawn for; with them the
    pin may be another than was read. Raises as `publish` does.
    """
    return _swap(store, pool, _point(previous, envelopes))


def erase(
    store: ObjectStore,
    pool: Pool,
    *,
    previous: Registry,
    envelopes: Mapping[Channel, Envelope],
    erasure: str,
    fence: int = 0,
) -> Registry:
    """Point every channel at a release without heads, and forget what was trained, failed, pinned or kept.

    Raises as `publish` does.
    """
    moved = _point(previous, envelopes)
    forgotten = replace(moved, trained=None, failed=None, pin=None, publications=())
    return _swap(store, pool, replace(forgotten, erasure=erasure), fence)


def note_trained(
    store: ObjectStore, pool: Pool, *, previous: Registry, trained: TrainedDataset, fence: int = 0
) -> Registry:
    """Remember that a dataset holds nothing that can be trained on yet. Raises as `publish` does."""
    return _swap(store, pool, replace(previous, trained=trained, failed=None), fence)


def raise_serials(store: ObjectStore, pool: Pool, *, previous: Registry, to: int) -> Registry:
    """Let the next release of each channel have a serial above `to`, if it has not anyway. Raises as `publish` does."""
    serials = {channel: max(to, previous.serials.get(channel, 0)) for channel in Channel}
    return _swap(store, pool, replace(previous, serials=serials))


def settle(
    store: ObjectStore,
    pool: Pool,
    *,
    previous: Registry,
    publications: Sequence[str],
    serials: Mapping[Channel, int],
    fence: int,
) -> Registry:
    """Keep the files of these publications only, of those that were kept, and pass these serials.

    Whoever has read the registry before cannot write it any more: what no pointer names now, nobody will name.
    Raises as `publish` does.
    """
    kept = tuple(one for one in previous.publications if one in publications)
    passed = {**previous.serials, **{name: max(n, previous.serials.get(name, 0)) for name, n in serials.items()}}
    return _swap(store, pool, replace(previous, publications=kept, serials=passed), fence)


def forget_trained(store: ObjectStore, pool: Pool, *, previous: Registry) -> Registry:
    """Forget what was trained and what failed, so that the pool is trained again. Raises as `publish` does."""
    return _swap(store, pool, replace(previous, trained=None, failed=None))


def note_failure(
    store: ObjectStore, pool: Pool, *, previous: Registry, failed: FailedCycles, fence: int = 0
) -> Registry:
    """Remember that a cycle published nothing. Raises as `publish` does."""
    return _swap(store, pool, replace(previous, failed=failed), fence)


def _point(previous: Registry, envelopes: Mapping[Channel, Envelope]) -> Registry:
    current = {channel: CurrentRelease(sha256_hex(one.payload), one) for channel, one in envelopes.items()}
    for channel, one in current.items():
        if one.manifest.serial < previous.next_serial(channel):
            raise ValueError(f"{channel}: expected serial {previous.next_serial(channel)}, got {one.manifest.serial}")
    return replace(
        previous,
        channels={**previous.channels, **current},
        serials={**previous.serials, **{channel: one.manifest.serial for channel, one in current.items()}},
    )


def _swap(store: ObjectStore, pool: Pool, registry: Registry, fence: int = 0) -> Registry:
    """Write the pointer; a fence of 0 is that of somebody who holds no pool."""
    key = keys.registry_pointer(pool)
    if 0 < fence < registry.fence:
        raise LostRace(
            f"{key}: expected fence {fence} or a lower one, got {registry.fence}: another worker has followed"
        )
    registry = replace(registry, fence=max(fence, registry.fence))
    swapped = pointer.swap(store, key, previous=registry.pointer, document=_document(registry))
    return replace(registry, pointer=swapped)


def _document(registry: Registry) -> dict[str, Json]:
    """Write the pointer's document; what a later version added to the one before stays."""
    before = registry.pointer.document if registry.pointer else {}
    channels, serials = _object(before, "channels"), _object(before, "serials")
    current = {name.value: keep_added(channels.get(name), one.document()) for name, one in registry.channels.items()}
    trained, failed, pin = registry.trained, registry.failed, registry.pin
    return {
        "format": REGISTRY_FORMAT,
        "channels": {**channels, **current},
        "serials": {**serials, **{name.value: serial for name, serial in registry.serials.items()}},
        "trained": keep_added(before.get("trained"), trained.document()) if trained else None,
        "failed": keep_added(before.get("failed"), failed.document()) if failed else None,
        "pin": keep_added(before.get("pin"), pin.document()) if pin else None,
        "erasure": registry.erasure,
        "publications": registry.publications,
        "fence": registry.fence,
    }


def _object(document: Mapping[str, Json], key: str) -> Mapping[str, Json]:
    value = document.get(key)
    return value if isinstance(value, Mapping) else {}


def _parse(current: Pointer) -> Registry:
    fields = current.fields
    with reading(current.key):
        fields.check_format(REGISTRY_FORMAT)
        channels, serials = fields.document("channels"), fields.document("serials")
        return Registry(
            channels={
                channel: CurrentRelease.parse(channels.document(channel)) for channel in Channel if channel in channels
            },
            serials={channel: serials.integer(channel) for channel in Channel if channel in serials},
            trained=TrainedDataset.parse(fields.document("trained")) if "trained" in fields else None,
            failed=FailedCycles.parse(fields.document("failed")) if "failed" in fields else None,
            pin=Decision.parse(fields.document("pin")) if "pin" in fields else None,
            erasure=fields.text("erasure") if "erasure" in fields else None,
            publications=_parse_publications(fields) if "publications" in fields else (),
            fence=fields.integer("fence") if "fence" in fields else 0,
            pointer=current,
        )


def _parse_publications(fields: Fields) -> tuple[str, ...]:
    return fields.texts("publications", max_items=MAX_PUBLICATIONS)
