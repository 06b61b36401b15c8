"""Decides of releases that stand, for an operator: for how many devices one is, and that one is withdrawn.

Each is a new manifest, signed by the worker's key: a higher serial, so that no device takes it for a replay, that names
objects that are there already.

::

    share       the same manifest, for another share; it takes the release's own place in its channel's chain
    withdraw    the manifest of an older release, or one without heads, for which the bundle's head serves; for all
                devices, with the lowest serial that must not serve any more; its parent is what it withdraws

Devices that are off follow when they ask next; nothing reaches them before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from cloud.errors import Damaged, NothingToDo
from cloud.releases import registry
from cloud.releases.publish import time_of_issue
from cloud.releases.registry import CurrentRelease, Registry, Release
from cloud.releases.signing import SigningKey
from cloud.store import keys
from cloud.store.documents import reading
from cloud.store.keys import Pool
from cloud.store.store import ObjectStore
from contract.bundle_files import (
    BUNDLE_FILE,
    LABELS_FILE,
    BundleFacts,
    parse_bundle_document,
    parse_bundle_labels,
    parse_labels_reference,
)
from contract.documents import Json, encode_json, parse_document
from contract.files import FileRef
from contract.manifest import MAX_ENVELOPE_BYTES, Channel, Manifest
from contract.rollout import PARTS
from contract.training_bundle import KIND


@dataclass(frozen=True, slots=True)
class ReleaseOperator:
    """Signs what an operator decides."""

    store: ObjectStore
    key: SigningKey
    life_s: float
    """For how long a manifest counts as news."""

    def share(self, pool: Pool, channel: Channel, *, share: int, now: float) -> Manifest:
        """Let a release be for another share of all devices, in parts of `PARTS`.

        Raises:
            NothingToDo: there is no release, or it names no roll-out, as one that says that the bundle's head serves.
            Damaged: what stands there was not signed by this key.
            LostRace: the registry has moved; nothing has changed.
        """
        previous, current = self._current(pool, channel)
        manifest = current.manifest
        if manifest.rollout is None:
            raise NothingToDo(f"{pool.path} {channel}: expected a release of a trained head, got one that is for all")
        document = _document(current) | {"rollout": {**manifest.rollout.document(), "share": share}}
        release = registry.get_release(self.store, pool, current.release)
        return self._sign(pool, previous, document, release, now=now)

    def withdraw(self, pool: Pool, channel: Channel, *, to_bundle: bool, now: float) -> Manifest:
        """Return all devices to the release before, or where there is none, or `to_bundle`, to the bundle's head.

        Raises:
            NothingToDo: nothing was released, or the bundle's head serves already.
            Damaged: what stands there was not signed by this key, or is not what was kept.
            LostRace: the registry has moved; nothing has changed.
        """
        previous, current = self._current(pool, channel)
        if not current.manifest.heads:
            raise NothingToDo(f"{pool.path} {channel}: expected a release of a trained head, got that of the bundle's")
        target = None if to_bundle else self._before(pool, current)
        if target is None:
            document, release = self._of_bundle(pool, current)
            withdrawn = 1
        else:
            document, release = _parsed(target.payload), target
            withdrawn = Manifest.parse(target.payload).serial + 1
        rollout = document.get("rollout")
        for_all = {**rollout, "share": PARTS} if isinstance(rollout, dict) else None
        document |= {"parent": current.release, "withdraws": withdrawn, "rollout": for_all}
        report: dict[str, Json] = {**release.report, "withdraws": current.release}
        return self._sign(pool, previous, document, replace(release, parent=current.release, report=report), now=now)

    def _current(self, pool: Pool, channel: Channel) -> tuple[Registry, CurrentRelease]:
        previous = registry.read(self.store, pool)
        current = previous.channels.get(channel)
        if current is None:
            raise NothingToDo(f"{pool.path} {channel}: expected a release, got none yet")
        if not self.key.vouches_for(current.envelope):
            where = f"{keys.registry_pointer(pool)}: release {current.release}"
            raise Damaged(f"{where}: expected a signature of this worker's key, got none that fits")
        return previous, current

    def _before(self, pool: Pool, current: CurrentRelease) -> Release | None:
        """Find the newest release of another head that no one has withdrawn; None where there is none."""
        lowest = current.manifest.withdraws or current.manifest.serial
        for release in self._ancestors(pool, current):
            manifest = Manifest.parse(release.payload)
            if manifest.serial < lowest and manifest.heads and manifest.heads != current.manifest.heads:
                return release
            lowest = min(lowest, manifest.withdraws or lowest)
        return None

    def _ancestors(self, pool: Pool, current: CurrentRelease) -> Iterator[Release]:
        parent = registry.get_release(self.store, pool, current.release).parent
        while parent is not None:
            release = registry.get_release(self.store, pool, parent)
            yield release
            parent = release.parent

    def _of_bundle(self, pool: Pool, current: CurrentRelease) -> tuple[dict[str, Json], Release]:
        """Say that the bundle's head serves, with its labels, temperature and threshold, and the space's own facts."""
        where = keys.space_file(pool.space, "")
        labels = self.store.get(keys.space_file(pool.space, LABELS_FILE)).body
        with reading(where):
            fields = parse_bundle_document(self.store.get(keys.space_file(pool.space, BUNDLE_FILE)).body, kind=KIND)
            facts = BundleFacts.parse(fields)
            reference: FileRef = parse_labels_reference(fields)
            reference.check(labels, where=LABELS_FILE)
            count = len(parse_bundle_labels(labels))
        document = _document(current) | {
            "labels": {**reference.document(), "count": count},
            "heads": {},
            "temperature": facts.temperature,
            "threshold": facts.threshold,
            "validation": {"accuracy": None, "samples": 0},
            "rollout": None,
        }
        return document, Release(b"", None, {}, None, 0)

    def _sign(
        self, pool: Pool, previous: Registry, document: dict[str, Json], release: Release, *, now: float
    ) -> Manifest:
        channel = Channel(str(document["channel"]))
        issued = time_of_issue(pool, previous, int(now))
        signed = document | {
            "serial": previous.next_serial(channel),
            "issued": issued,
            "expires": issued + int(self.life_s),
        }
        payload = encode_json(signed)
        with reading(f"{pool.path} {channel}"):
            manifest = Manifest.parse(payload)
        registry.put_release(self.store, pool, replace(release, payload=payload))
        registry.renew(self.store, pool, previous=previous, envelopes={channel: self.key.sign(payload)})
        return manifest


def _document(current: CurrentRelease) -> dict[str, Json]:
    """Return the signed document of a release, with what a later version has put into it."""
    return _parsed(current.envelope.payload)


def _parsed(payload: bytes) -> dict[str, Json]:
    with reading("a release"):
        return dict(parse_document(payload, where="manifest", max_bytes=MAX_ENVELOPE_BYTES).as_json())
