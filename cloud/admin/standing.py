"""What stands in a pool's registry, for an operator: looked at, and signed anew as it was decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

from cloud import audit
from cloud.audit import AuditEvent
from cloud.errors import Damaged, NothingToDo
from cloud.releases import registry, stored
from cloud.releases.current import CurrentRelease
from cloud.releases.decisions import Decided, Decision, adding, without_decisions
from cloud.releases.publish import time_of_issue
from cloud.releases.registry import Registry
from cloud.releases.signing import SigningKey
from cloud.releases.stored import Release
from cloud.store import keys
from cloud.store.documents import reading
from cloud.store.keys import Pool
from cloud.store.store import ObjectStore
from contract.documents import Json, encode_json, parse_document
from contract.manifest import MAX_ENVELOPE_BYTES, Channel, Manifest
from contract.unknown import point_of, threshold_at

WITHDRAWS = "withdraws"
"""In the report of a withdrawal, and of no other release: the name of what it withdraws."""
PROMOTES = "promotes"
"""In the report of a release that an operator made best: the name of the one whose head it has."""


_EVENTS = {
    Decided.SHARED: AuditEvent.RELEASE_SHARED,
    Decided.WITHDRAWN: AuditEvent.RELEASE_WITHDRAWN,
    Decided.PROMOTED: AuditEvent.RELEASE_PROMOTED,
    Decided.PINNED: AuditEvent.RELEASE_PINNED,
    Decided.UNPINNED: AuditEvent.RELEASE_UNPINNED,
    Decided.RESTORED: AuditEvent.RELEASE_RESTORED,
}


@dataclass(frozen=True, slots=True)
class StandingReleases:
    """Reads what stands, and signs what takes its place."""

    store: ObjectStore
    key: SigningKey
    life_s: float
    """For how long a manifest counts as news."""

    def current(self, pool: Pool, channel: Channel) -> tuple[Registry, CurrentRelease]:
        """Return a pool's registry, and what stands in one of its channels.

        Raises:
            NothingToDo: nothing was released there.
            Damaged: it was not signed by this worker, who will not sign it now either.
        """
        previous = registry.read(self.store, pool)
        current = previous.channels.get(channel)
        if current is None:
            raise NothingToDo(f"{pool.path} {channel}: expected a release, got none yet")
        self.check_signed(pool, current)
        return previous, current

    def check_signed(self, pool: Pool, current: CurrentRelease) -> None:
        """Raise `Damaged` where this worker has never signed what stands, nor a key before its own."""
        if not self.key.vouches_for(current.envelope):
            where = f"{keys.registry_pointer(pool)}: release {current.release}"
            raise Damaged(f"{where}: expected a signature of this worker's key, got none that fits")

    def sign(
        self,
        pool: Pool,
        previous: Registry,
        document: dict[str, Json],
        release: Release,
        *,
        what: Sequence[Decided],
        decision: Decision,
    ) -> Manifest:
        """Let a release stand, as its document says, with the next serial and new times.

        Args:
            pool: whose release.
            previous: the registry that it follows, with the pin that is to hold.
            document: the manifest's, with its channel.
            release: what is kept with the payload.
            what: what was decided of it.
            decision: by whom, why, and when it is issued.

        Raises:
            NothingToDo: its files are gone.
            LostRace: the registry has moved; nothing has changed.
        """
        if not previous.keeps(release):
            raise NothingToDo(f"{pool.path}: expected a release that has its files, got one whose files are gone")
        channel = Channel(str(document["channel"]))
        issued = time_of_issue(pool, previous, decision.at)
        signed = document | {
            "serial": previous.next_serial(channel),
            "issued": issued,
            "expires": issued + int(self.life_s),
        }
        payload = encode_json(signed)
        with reading(f"{pool.path} {channel}"):
            manifest = Manifest.parse(payload)
        report = reduce(lambda report, one: adding(report, one, decision), what, release.report)
        stored.put_release(self.store, pool, replace(release, payload=payload, report=report))
        registry.repoint(self.store, pool, previous=previous, envelopes={channel: self.key.sign(payload)})
        for one in what:
            audit.note(_EVENTS[one], by=decision.by, pool=pool.path, channel=channel.value, serial=manifest.serial)
        return manifest


def check_stands(pool: Pool, manifest: Manifest, serial: int) -> None:
    """Refuse to decide of another release than the operator looked at."""
    where = f"{pool.path} {manifest.channel}"
    if serial in manifest.withdraws:
        raise NothingToDo(f"{where}: release {serial} is withdrawn already, {manifest.serial} stands")
    if serial != manifest.serial:
        raise NothingToDo(f"{where}: expected {manifest.serial}, the release that stands, got {serial}")


def chosen_threshold(head: Manifest, stood: Manifest) -> float:
    """Return a head's threshold at the point that the operator has chosen, as the release shows that stood."""
    choice = point_of(stood.threshold, stood.points)
    return threshold_at(choice, threshold=head.threshold, points=head.points)


def own_report(release: Release) -> dict[str, Json]:
    """Return what a report says of a head, without what became of the release."""
    own = without_decisions(release.report)
    return {key: value for key, value in own.items() if key not in (WITHDRAWS, PROMOTES)}


def document_of(current: CurrentRelease) -> dict[str, Json]:
    """Return the signed document of a release, with what a later version has put into it."""
    return parsed(current.envelope.payload)


def parsed(payload: bytes) -> dict[str, Json]:
    """Read the document of a payload."""
    with reading("a release"):
        return dict(parse_document(payload, where="manifest", max_bytes=MAX_ENVELOPE_BYTES).as_json())
