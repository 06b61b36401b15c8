"""An overview as lines for a terminal: what needs somebody first, then workers, spaces and pools. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from cloud.overview.heartbeats import Doing, Heartbeat
from cloud.overview.values import ErasuresView, FailureView, Finding, Overview, PoolView, ReleaseView
from cloud.overview.words import age, percent, several, size
from contract.rollout import PARTS

LABELS = 5


def report(overview: Overview) -> Iterator[str]:
    """Say all of an overview that fits a terminal."""
    yield from (_finding(one) for one in overview.findings)
    yield from (_worker(one, now=overview.at) for one in overview.workers)
    yield from (f"space {one.space} ({one.cut}, {several(one.labels, 'label', 'labels')})" for one in overview.spaces)
    yield f"{several(overview.enrolled, 'device', 'devices')} enrolled"
    if overview.erasures.waiting:
        yield f"erasures: {describe_erasures(overview.erasures, now=overview.at)}"
    for view in overview.pools:
        yield from _pool(view, now=overview.at)
    if overview.more_pools:
        yield "and further pools, which were not read"


def _finding(finding: Finding) -> str:
    return f"{'!!' if finding.is_urgent else '--'} {finding.where}: {finding.what} ({finding.advice})"


def _worker(one: Heartbeat, *, now: float) -> str:
    return f"worker {one.worker} on {one.host}: {describe_worker(one, now=now)}"


def describe_worker(one: Heartbeat, *, now: float) -> str:
    """Say in a few words what a worker does."""
    if one.doing is Doing.STOPPED:
        return f"stopped {age(now - one.seen)} ago"
    if one.is_silent(now):
        return f"silent for {age(now - one.seen)}"
    pool = f" {one.pool}" if one.pool else ""
    step = f" ({one.step})" if one.step else ""
    return f"{one.doing}{pool}{step} for {age(now - one.since)}, seen {age(now - one.seen)} ago"


def _pool(view: PoolView, *, now: float) -> Iterator[str]:
    retired = " (retired)" if view.is_retired else ""
    released = ", ".join(name_release(one) for one in view.current.values()) or "none"
    yield (
        f"pool {view.pool.path}{retired}: {view.samples} samples, {describe_queue(view, now=now)}, releases: {released}"
    )
    if view.uploads:
        devices, labels = several(len(view.devices), "device", "devices"), several(len(view.labels), "label", "labels")
        untrained = f", {view.untrained_rows:,} not trained on yet" if view.untrained_rows else ""
        uploads = several(view.uploads, "upload", "uploads")
        yield f"  {uploads} of {devices}, {labels}, {size(view.size)}{untrained}"
    if view.pin is not None:
        yield f"  best is pinned by {view.pin.by}, {age(now - view.pin.at)} ago: {view.pin.why}"
    for channel, one in view.current.items():
        yield f"  {channel} {one.serial}: {describe_release(one, now=now)}"
    if view.labels:
        most = ", ".join(f"{one.label} {one.samples}" for one in view.labels[:LABELS])
        more = f" and {len(view.labels) - LABELS} more" if len(view.labels) > LABELS else ""
        yield f"  samples: {most}{more}"


def describe_queue(view: PoolView, *, now: float) -> str:
    """Say what waits, and for how long."""
    queue = view.queue
    if not queue.uploads:
        return "no uploads waiting"
    more = "" if queue.is_exact else " or more"
    since = f" (the oldest for {age(now - queue.oldest)})" if queue.oldest is not None else ""
    return f"{several(queue.uploads, 'upload', 'uploads')}{more} waiting{since}"


def describe_erasures(view: ErasuresView, *, now: float) -> str:
    """Say how many erasures wait, and for how long."""
    if not view.waiting:
        return "none waits"
    count, asked = len(view.waiting), age(now - view.waiting[0].asked)
    more = "" if view.is_exact else " or more"
    return f"1 waits, for {asked}" if count == 1 else f"{count}{more} wait, the oldest for {asked}"


def next_try(failure: FailureView, *, now: float) -> str:
    """Say when a cycle that failed is tried again, to go behind words that say that it is."""
    return ", at its next look" if failure.next is None else f", in {age(failure.next - now)}"


def name_release(release: ReleaseView) -> str:
    """Name a release and its point of "unknown", and say for whom it is where that is not everybody."""
    named = f"{release.channel} {release.serial}"
    if not release.has_head:
        return f"{named} (withdrawn: the bundle's head)"
    said = [
        *([release.point] if release.point else []),
        *([f"for {release.share} of {PARTS}"] if release.share != PARTS else []),
    ]
    return f"{named} ({', '.join(said)})" if said else named


def describe_release(release: ReleaseView, *, now: float) -> str:
    """Say what a release knows and how it was judged."""
    parts = [f"{age(now - release.issued)} old", several(release.labels, "label", "labels")]
    if release.accuracy is not None:
        parts.append(f"{percent(release.accuracy)} of {release.held_out} held out are right")
    if release.gate is not None:
        parts.append(f"gate {'passed' if release.gate.passes else 'refused'}: {release.gate.reason}")
    left_out = sum(release.set_aside.values()) + release.in_doubt
    if left_out:
        reasons = {**release.set_aside, **({"in doubt": release.in_doubt} if release.in_doubt else {})}
        parts.append(f"{left_out} left out ({', '.join(f'{count} {reason}' for reason, count in reasons.items())})")
    if release.labels_alone:
        named = several(release.labels_alone, "label of one device waits", "labels of one device each wait")
        parts.append(f"{named} (labels list --waiting)")
    return "; ".join(parts)
