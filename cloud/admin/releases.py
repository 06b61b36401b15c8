"""Decides of releases that stand, for an operator: for how many devices one is, and that one is withdrawn.

Each is a new manifest, signed by the worker's key: a higher serial, so that no device takes it for a replay, that names
objects that are there already.

::

    share       the same manifest, for another share; it takes the release's own place in its channel's chain
    withdraw    the manifest of an older release that was for all devices, or one without heads, for which the bundle's
                head serves; for all devices, with the serials that must not serve any more, those that were withdrawn
                before included; its parent is what it withdraws. The threshold is that of the older head's point that
                the operator has chosen, as the release shows that stood

Devices that are off follow when they ask next; nothing reaches them before. What is published later goes on naming what
was withdrawn, for those that were off until then.
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
from contract.unknown import point_of, points_document, threshold_at

WITHDRAWS = "withdraws"
"""In the report of a withdrawal, and of no other release: the name of what it withdraws."""


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
            NothingToDo: there is no release, or it is a withdrawal, which is for all: whoever it is not for would go on
                with what it withdraws.
            Damaged: what stands there was not signed by this key.
            LostRace: the registry has moved; nothing has changed.
        """
        previous, current = self._current(pool, channel)
        manifest = current.manifest
        release = registry.get_release(self.store, pool, current.release)
        if manifest.rollout is None or WITHDRAWS in release.report:
            raise NothingToDo(
                f"{pool.path} {channel}: expected a release of a new head, got a withdrawal, which is for all"
            )
        document = _document(current) | {"rollout": {**manifest.rollout.document(), "share": share}}
        return self._sign(pool, previous, document, release, now=now)

    def withdraw(self, pool: Pool, channel: Channel, *, serial: int, to_bundle: bool, now: float) -> Manifest:
        """Return all devices to the release before, or where there is none, or `to_bundle`, to the bundle's head.

        The release before is the newest that was for all devices and was not withdrawn; what came between, which was
        for some, is withdrawn too.

        Args:
            pool: whose devices.
            channel: the channel that they follow.
            serial: of the release that is withdrawn, which must be the newest one: a command that is repeated, as its
                end was not seen, does not withdraw the next.
            to_bundle: whether the bundle's head serves, whatever was released before.
            now: Unix seconds.

        Raises:
            NothingToDo: nothing was released, `serial` is not what stands, or the bundle's head serves already.
            Damaged: what stands there was not signed by this key, or is not what was kept.
            LostRace: the registry has moved; nothing has changed.
        """
        previous, current = self._current(pool, channel)
        manifest = current.manifest
        if serial in manifest.withdraws:
            raise NothingToDo(f"{pool.path} {channel}: release {serial} is withdrawn already, {manifest.serial} stands")
        if serial != manifest.serial:
            raise NothingToDo(
                f"{pool.path} {channel}: expected {manifest.serial}, the release that stands, got {serial}"
            )
        if not manifest.heads:
            raise NothingToDo(f"{pool.path} {channel}: expected a release of a trained head, got that of the bundle's")
        target = None if to_bundle else self._before(pool, current)
        if target is None:
            document, release = self._of_bundle(pool, current)
            first = 1
        else:
            older = Manifest.parse(target.payload)
            choice = point_of(manifest.threshold, manifest.points)
            threshold = threshold_at(choice, threshold=older.threshold, points=older.points)
            document, release = _parsed(target.payload) | {"threshold": threshold}, target
            first = older.serial + 1
        withdraws = manifest.withdraws.adding(first, manifest.serial)
        document |= {"parent": current.release, "withdraws": withdraws.document()}
        report: dict[str, Json] = {**release.report, WITHDRAWS: current.release}
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
        """Find the newest release of another head that was for all and was not withdrawn; None where there is none."""
        for release in self._ancestors(pool, current):
            manifest = Manifest.parse(release.payload)
            was_for_all = manifest.rollout is None or manifest.rollout.share == PARTS
            is_another = bool(manifest.heads) and manifest.heads != current.manifest.heads
            if was_for_all and is_another and manifest.serial not in current.manifest.withdraws:
                return release
        return None

    def _ancestors(self, pool: Pool, current: CurrentRelease) -> Iterator[Release]:
        parent = registry.get_release(self.store, pool, current.release).parent
        while parent is not None:
            release = registry.get_release(self.store, pool, parent)
            yield release
            parent = release.parent

    def _of_bundle(self, pool: Pool, current: CurrentRelease) -> tuple[dict[str, Json], Release]:
        """Say that the bundle's head serves, with its labels, temperature and points, and the space's own facts."""
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
            "points": points_document(facts.points),
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
        registry.repoint(self.store, pool, previous=previous, envelopes={channel: self.key.sign(payload)})
        return manifest


def _document(current: CurrentRelease) -> dict[str, Json]:
    """Return the signed document of a release, with what a later version has put into it."""
    return _parsed(current.envelope.payload)


def _parsed(payload: bytes) -> dict[str, Json]:
    with reading("a release"):
        return dict(parse_document(payload, where="manifest", max_bytes=MAX_ENVELOPE_BYTES).as_json())
