"""Decides of releases that stand, for an operator: for how many devices, and that one is withdrawn.

Each is a new manifest, signed by the worker's key: a higher serial, so that no device takes it for a replay, that names
objects that are there already. Its report says who decided, and why.

::

    share       the same manifest, for another share; it takes the release's own place in its channel's chain
    withdraw    the manifest of an older release that was for all devices and has its files (`cloud.releases.kept`), or
                one without heads, for which the bundle's head serves; for all devices, with the serials that must not
                serve any more, those that were withdrawn before included; its parent is what it withdraws. The
                threshold is that of the older head's point that the operator has chosen, as the release shows that
                stood

Devices that are off follow when they ask next; nothing reaches them before. What is published later goes on naming what
was withdrawn, for those that were off until then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from cloud.admin.standing import (
    WITHDRAWS,
    StandingReleases,
    check_stands,
    chosen_threshold,
    document_of,
    own_report,
    parsed,
)
from cloud.errors import NothingToDo
from cloud.releases import stored
from cloud.releases.bundle_head import describe_bundle_head
from cloud.releases.current import CurrentRelease
from cloud.releases.decisions import Decided, Decision
from cloud.releases.history import PastRelease, links, read_past
from cloud.releases.kept import returns_to
from cloud.releases.registry import Registry
from cloud.releases.stored import Release
from cloud.store.keys import Pool
from contract.documents import Json
from contract.manifest import Channel, Manifest


@dataclass(frozen=True, slots=True)
class ReleaseOperator(StandingReleases):
    """Signs what an operator decides of what stands."""

    def share(self, pool: Pool, channel: Channel, *, share: int, decision: Decision) -> Manifest:
        """Let a release be for another share of all devices, in parts of `PARTS`.

        Raises:
            NothingToDo: there is no release, or it is a withdrawal, which is for all: whoever it is not for would go on
                with what it withdraws.
            Damaged: what stands there was not signed by this key.
            LostRace: the registry has moved; nothing has changed.
        """
        previous, current = self.current(pool, channel)
        manifest = current.manifest
        release = stored.get_release(self.store, pool, current.release)
        if manifest.rollout is None or WITHDRAWS in release.report:
            raise NothingToDo(
                f"{pool.path} {channel}: expected a release of a new head, got a withdrawal, which is for all"
            )
        document = document_of(current) | {"rollout": {**manifest.rollout.document(), "share": share}}
        return self.sign(pool, previous, document, release, what=[Decided.SHARED], decision=decision)

    def withdraw(self, pool: Pool, channel: Channel, *, serial: int, to_bundle: bool, decision: Decision) -> Manifest:
        """Return all devices to the release before, or where there is none, or `to_bundle`, to the bundle's head.

        The release before is the newest that was for all devices, was not withdrawn and has its files; what came
        between, which was for some, is withdrawn too.

        Args:
            pool: whose devices.
            channel: the channel that they follow.
            serial: of the release that is withdrawn, which must be the newest one: a command that is repeated, as its
                end was not seen, does not withdraw the next.
            to_bundle: whether the bundle's head serves, whatever was released before.
            decision: who withdraws it, and why.

        Raises:
            NothingToDo: nothing was released, `serial` is not what stands, or the bundle's head serves already.
            Damaged: what stands there was not signed by this key, or is not what was kept.
            LostRace: the registry has moved; nothing has changed.
        """
        previous, current = self.current(pool, channel)
        manifest = current.manifest
        check_stands(pool, manifest, serial)
        if not manifest.heads:
            raise NothingToDo(f"{pool.path} {channel}: expected a release of a trained head, got that of the bundle's")
        target = None if to_bundle else self._before(pool, previous, current)
        if target is None:
            document, release = self._of_bundle(pool, current)
            first = 1
        else:
            threshold = chosen_threshold(target.manifest, manifest)
            document, release = parsed(target.release.payload) | {"threshold": threshold}, target.release
            first = target.manifest.serial + 1
        withdraws = manifest.withdraws.adding(first, manifest.serial)
        document |= {"parent": current.release, "withdraws": withdraws.document()}
        report: dict[str, Json] = {**own_report(release), WITHDRAWS: current.release}
        back = replace(release, parent=current.release, report=report)
        return self.sign(pool, previous, document, back, what=[Decided.WITHDRAWN], decision=decision)

    def _before(self, pool: Pool, previous: Registry, current: CurrentRelease) -> PastRelease | None:
        """Find the release that a withdrawal returns to; None where there is none whose files are kept."""
        withdrawn = current.manifest.withdraws
        chain = links(self.store, pool, current)
        target = returns_to(chain, withdrawn=withdrawn, publications=previous.publications)
        return read_past(self.store, pool, target.sha256) if target else None

    def _of_bundle(self, pool: Pool, current: CurrentRelease) -> tuple[dict[str, Json], Release]:
        """Say that the bundle's head serves, with its labels, temperature and points, and the space's own facts."""
        document = document_of(current) | describe_bundle_head(self.store, pool.space)
        return document, Release(b"", None, {}, None, 0)
