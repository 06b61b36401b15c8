"""What an operator should know, of an overview: what needs somebody, and what to do about it. Pure.

Urgent is what keeps devices from sending or from getting better heads. The rest is worth a look some day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cloud.overview.heartbeats import Doing, Heartbeat
from cloud.overview.report import describe_erasures, next_try
from cloud.overview.values import ErasuresView, Finding, Overview, PoolView
from cloud.overview.words import age

WAITS_LONG_S = 600.0
"""An upload that was not merged by then."""
ERASURE_WAITS_LONG_S, ERASURE_WAITS_TOO_LONG_S = 3600.0, 86_400.0
"""A training cycle goes before an erasure, and may take an hour; a day is no cycle."""
TROUBLE_COUNTS_S = 3600.0


def find(overview: Overview) -> tuple[Finding, ...]:
    """Return what an operator should know, the urgent first."""
    found = [
        *_of_store(overview),
        *_of_workers(overview.workers, now=overview.at),
        *_of_erasures(overview.erasures, now=overview.at),
        *(finding for pool in overview.pools for finding in _of_pool(pool, now=overview.at)),
    ]
    return tuple(sorted(found, key=lambda one: not one.is_urgent))


def _of_store(overview: Overview) -> Iterator[Finding]:
    for fault in overview.faults:
        yield Finding(True, "store", fault, "look into the object; nothing is written over it")
    if not overview.spaces:
        advice = "register a training bundle: fedex-cloud bundle add DIRECTORY"
        yield Finding(True, "spaces", "no space is registered, so no device can upload", advice)
    if not overview.has_key:
        advice = "start a worker: it makes the key at its first start"
        yield Finding(True, "key", "no signing key is given out, so no device can enrol", advice)


def _of_workers(workers: Sequence[Heartbeat], *, now: float) -> Iterator[Finding]:
    if not any(one.is_at_work(now) for one in workers):
        yield _no_worker(workers, now)
        return
    for one in workers:
        where = f"worker on {one.host}"
        if one.clock_set_s and not one.is_silent(now):
            what = f"its clock was set by {age(abs(one.clock_set_s))}, and nothing is erased for its age any more"
            yield Finding(True, where, what, "see that its clock is right, and restart it")
        if one.is_silent(now):
            advice = "another worker is at work; start this one again, or forget it in a day"
            yield Finding(False, where, f"silent for {age(now - one.seen)}", advice)
        elif one.outages:
            advice = "see whether the store answers; the worker tries again by itself"
            yield Finding(True, where, f"the store did not answer {one.outages} times in a row", advice)
        elif one.trouble is not None and now - one.trouble.at < TROUBLE_COUNTS_S:
            pool = f"{one.trouble.pool}: " if one.trouble.pool else ""
            what = f"{age(now - one.trouble.at)} ago: {pool}{one.trouble.what}"
            yield Finding(False, where, what, "its log tells more; it tries again by itself")


def _no_worker(workers: Sequence[Heartbeat], now: float) -> Finding:
    advice = "start it: fedex-cloud worker; uploads are kept meanwhile"
    if not workers:
        return Finding(True, "worker", "none has said a word: nothing is merged or trained", advice)
    last = workers[0]
    where = f"worker on {last.host}"
    if last.doing is Doing.STOPPED:
        return Finding(True, where, f"stopped {age(now - last.seen)} ago, and no other is at work", advice)
    if last.is_silent(now):
        return Finding(True, where, f"silent for {age(now - last.seen)}, and no other is at work", advice)
    return Finding(True, where, f"alive, but it has done nothing for {age(last.seen - last.looked)}", "restart it")


def _of_erasures(view: ErasuresView, *, now: float) -> Iterator[Finding]:
    if view.waiting and (waited := now - view.waiting[0].asked) > ERASURE_WAITS_LONG_S:
        advice = "the worker erases between training cycles; see what it does, and its log"
        yield Finding(waited > ERASURE_WAITS_TOO_LONG_S, "erasures", describe_erasures(view, now=now), advice)


def _of_pool(view: PoolView, *, now: float) -> Iterator[Finding]:
    where = f"pool {view.pool.path}"
    for fault in view.faults:
        yield Finding(True, where, fault, "look into the object; nothing is written over it")
    if view.queue.oldest is not None and now - view.queue.oldest > WAITS_LONG_S:
        advice = "see what the worker does, and its log"
        yield Finding(True, where, f"the oldest upload has waited for {age(now - view.queue.oldest)}", advice)
    if view.failure is not None:
        times = "the last cycle" if view.failure.times == 1 else f"the last {view.failure.times} cycles in a row"
        what = f"{times} published nothing, {age(now - view.failure.at)} ago: {view.failure.reason or 'see the log'}"
        yield Finding(True, where, what, f"the worker tries again by itself{next_try(view.failure, now=now)}")
    yield from _of_releases(view, where, now=now)
    if view.rejected:
        what = f"{view.rejected} uploads were set aside, as they could not be read"
        yield Finding(False, where, what, "they are under rejected/ in the store, each with its reason")


def _of_releases(view: PoolView, where: str, *, now: float) -> Iterator[Finding]:
    for channel, release in view.current.items():
        if release.expires <= now and not view.is_retired:
            what = f"{channel} {release.serial} expired {age(now - release.expires)} ago: devices take no news"
            yield Finding(True, where, what, "the worker signs it anew at half its life: is it at work?")
    latest = view.current.get("latest")
    if latest is not None and latest.gate is not None and not latest.gate.passes:
        what = f"the gate refused latest {latest.serial}: {latest.gate.reason}"
        yield Finding(False, where, what, "best stays; what arrives next is judged anew")
