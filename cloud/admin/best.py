"""Decides which release is best, for an operator, and holds it still.

::

    promote     the manifest of a release of either channel, an older one or one that the gate refused, as best, for all
                devices; its parent is what was best. Nothing is withdrawn: who is off goes on with what it has
    pin, unpin  the same manifest, in its own place; the registry's pointer says whether best is held still

While a pin holds, the worker publishes to latest alone. What an operator decides of best counts all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from cloud.admin.standing import (
    PROMOTES,
    StandingReleases,
    check_stands,
    chosen_threshold,
    document_of,
    own_report,
    parsed,
)
from cloud.errors import NothingToDo
from cloud.releases import stored
from cloud.releases.current import CurrentRelease
from cloud.releases.decisions import Decided, Decision
from cloud.releases.history import PastRelease, chain, find
from cloud.releases.publish import rollout_id
from cloud.releases.registry import Registry
from cloud.store.keys import Pool
from contract.documents import Json
from contract.manifest import Channel, Manifest
from contract.rollout import PARTS, Rollout

_AND_PINNED = [Decided.PROMOTED, Decided.PINNED]


@dataclass(frozen=True, slots=True)
class BestOperator(StandingReleases):
    """Signs what an operator decides of best."""

    def promote(self, pool: Pool, channel: Channel, *, serial: int, decision: Decision, pin: bool = False) -> Manifest:
        """Let the head of a release be best from now on, for all devices: an older one, or one that the gate refused.

        Args:
            pool: whose devices.
            channel: the channel that the release is of.
            serial: the release's.
            decision: who promotes it, and why.
            pin: whether best is to be held still with it; a pin that holds stays in any case.

        Raises:
            NothingToDo: no release has this serial, it has no head or best has this one already, it was withdrawn, or
                its files are gone.
            Damaged: what stands there was not signed by this key, or is not what was kept.
            LostRace: the registry has moved; nothing has changed.
        """
        previous, current = self.current(pool, channel)
        target = find(self.store, pool, current, serial=serial)
        self._check_promotes(pool, target, previous)
        best = previous.channels.get(Channel.BEST)
        if best is not None:
            self.check_signed(pool, best)
        parent = best.release if best else None
        report: dict[str, Json] = {**own_report(target.release), PROMOTES: target.sha256}
        release = replace(target.release, parent=parent, report=report)
        document = _as_best(target, best.manifest if best else None) | {"parent": parent}
        previous, what = (replace(previous, pin=decision), _AND_PINNED) if pin else (previous, [Decided.PROMOTED])
        return self.sign(pool, previous, document, release, what=what, decision=decision)

    def pin(self, pool: Pool, *, serial: int, decision: Decision) -> Manifest:
        """Hold best still: the worker publishes to latest alone, until `unpin`.

        Args:
            pool: whose best.
            serial: of the release that stands, so that it is not another one that is held.
            decision: who pins it, and why.

        Raises:
            NothingToDo: nothing was released, `serial` is not what stands, or a pin holds already.
            Damaged, LostRace: as for `promote`.
        """
        previous, current = self.current(pool, Channel.BEST)
        if previous.pin is not None:
            raise NothingToDo(f"{pool.path} best: is pinned already, by {previous.pin.by}: {previous.pin.why}")
        check_stands(pool, current.manifest, serial)
        return self._mark(pool, replace(previous, pin=decision), current, Decided.PINNED, decision)

    def unpin(self, pool: Pool, *, decision: Decision) -> Manifest:
        """Let best go on: the next head that passes the gate becomes it.

        Raises:
            NothingToDo: no pin holds.
            Damaged, LostRace: as for `promote`.
        """
        previous, current = self.current(pool, Channel.BEST)
        if previous.pin is None:
            raise NothingToDo(f"{pool.path} best: expected a pin, got none")
        return self._mark(pool, replace(previous, pin=None), current, Decided.UNPINNED, decision)

    def _mark(
        self, pool: Pool, previous: Registry, current: CurrentRelease, what: Decided, decision: Decision
    ) -> Manifest:
        """Sign a release anew, in its own place, so that its history says what was decided of it."""
        release = stored.get_release(self.store, pool, current.release)
        return self.sign(pool, previous, document_of(current), release, what=[what], decision=decision)

    def _check_promotes(self, pool: Pool, target: PastRelease, previous: Registry) -> None:
        """Refuse a head that is best already, and one that was withdrawn, from whichever channel."""
        where, manifest = f"{pool.path} {target.manifest.channel} {target.manifest.serial}", target.manifest
        if not manifest.heads:
            raise NothingToDo(f"{where}: expected a release of a trained head, got that of the bundle's")
        if not previous.keeps(target.release):
            raise NothingToDo(f"{where}: expected a release that has its files, got one whose files are gone")
        best = previous.channels.get(Channel.BEST)
        if best is not None and best.manifest.heads == manifest.heads:
            raise NothingToDo(f"{where}: best {best.manifest.serial} has this head already")
        for current in previous.channels.values():
            withdrawn = current.manifest.withdraws
            for past in chain(self.store, pool, current) if withdrawn.ranges else ():
                if past.manifest.serial in withdrawn and past.manifest.heads == manifest.heads:
                    other = f"{past.manifest.channel} {past.manifest.serial}"
                    raise NothingToDo(
                        f"{where}: expected a head that was not withdrawn, got that of {other}, which was"
                    )


def _as_best(target: PastRelease, best: Manifest | None) -> dict[str, Json]:
    """Write the manifest of a release as best, for all devices, at the chosen point; what best withdrew stays so."""
    manifest = target.manifest
    named = manifest.rollout.id if manifest.rollout else rollout_id(manifest.labels, manifest.heads)
    return parsed(target.release.payload) | {
        "channel": Channel.BEST.value,
        "threshold": chosen_threshold(manifest, best or manifest),
        "rollout": Rollout(named, PARTS).document(),
        "withdraws": (best.withdraws.document() if best else None) or None,
    }
