"""The paper's Figure 2 with today's numbers: what each of its boxes and arrows says of an overview. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from cloud.overview.heartbeats import Doing
from cloud.overview.report import describe_worker, next_try
from cloud.overview.values import Overview, PoolView, ReleaseView
from cloud.overview.words import age, percent, several, size
from contract.rollout import PARTS

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Words:
    """What a box or an arrow says: a number or two that matter, and a line of explanation below."""

    main: str
    more: str = ""
    is_bad: bool = False
    """Whether it needs somebody."""


@dataclass(frozen=True, slots=True)
class Figure:
    """The numbers of the figure."""

    phones: Words
    upload: Words
    """From phones to the service."""
    queue: Words
    """From the service to storage."""
    storage: Words
    training_set: Words
    """From storage to training."""
    training: Words
    best: Words
    """From training to releases."""
    back: Words
    """From releases to phones."""


def draw(overview: Overview) -> Figure:
    """Return the numbers of all pools of an overview."""
    pools, now = overview.pools, overview.at
    labels = sum(len(one.labels) for one in pools)
    return Figure(
        phones=_phones(overview),
        upload=_upload(pools),
        queue=_queue(pools, now=now),
        storage=Words(
            several(sum(one.samples for one in pools), "sample", "samples"),
            f"{several(labels, 'label', 'labels')}, {size(sum(one.size for one in pools))}",
        ),
        training_set=_training_set(pools),
        training=_training(overview),
        best=_best(pools, now=now),
        back=_back(pools),
    )


def _phones(overview: Overview) -> Words:
    heard = {
        device.device
        for view in overview.pools
        for device in view.devices
        if device.last_word is not None and overview.at - device.last_word < DAY_S
    }
    return Words(several(overview.enrolled, "phone", "phones"), f"{len(heard):,} heard of in 24 hours")


def _upload(pools: tuple[PoolView, ...]) -> Words:
    days = [view.days[-1] for view in pools if view.days]
    waiting = sum(view.queue.uploads for view in pools)
    uploads, rows = sum(day.uploads for day in days) + waiting, sum(day.rows for day in days)
    return Words(f"{several(uploads, 'upload', 'uploads')} today", f"{several(rows, 'new sample', 'new samples')}")


def _queue(pools: tuple[PoolView, ...], *, now: float) -> Words:
    waiting = sum(view.queue.uploads for view in pools)
    oldest = min((view.queue.oldest for view in pools if view.queue.oldest is not None), default=None)
    if oldest is None:
        return Words("nothing waits", "all is merged")
    return Words(
        f"{waiting:,} {'waits' if waiting == 1 else 'wait'}", f"the oldest for {age(now - oldest)}", now - oldest > 600
    )


def _training_set(pools: tuple[PoolView, ...]) -> Words:
    fresh = sum(view.untrained_rows for view in pools)
    trained = sum(one.trained for view in pools for one in [view.current.get("latest")] if one and one.trained)
    return Words(f"{fresh:,} new" if fresh else "nothing new", f"{trained:,} trained on last")


def _training(overview: Overview) -> Words:
    failures = [view.failure for view in overview.pools if view.failure is not None]
    at_work = [one for one in overview.workers if one.is_at_work(overview.at)]
    if not at_work:
        return Words(
            "no worker", describe_worker(overview.workers[0], now=overview.at) if overview.workers else "", True
        )
    busy = next((one for one in at_work if one.doing is not Doing.WAITING), at_work[0])
    if failures:
        soonest = min(failures, key=lambda one: one.next or 0)
        return Words(
            f"{sum(one.times for one in failures)} failed", f"tried again{next_try(soonest, now=overview.at)}", True
        )
    doing = {Doing.TRAINING: "training", Doing.WORKING: "merging"}.get(busy.doing, "worker waits")
    return Words(doing, busy.step or f"for {age(overview.at - busy.since)}")


def _best(pools: tuple[PoolView, ...], *, now: float) -> Words:
    best = _newest(pools, "best")
    if best is None:
        return Words("none yet", "the bundle's head serves")
    latest = _newest(pools, "latest")
    refused = latest is not None and latest.gate is not None and not latest.gate.passes and latest.issued > best.issued
    said = f"best is {percent(best.accuracy)}" if best.accuracy is not None else f"best {best.serial}"
    return Words(said, "the gate refused the latest" if refused else f"{age(now - best.issued)} old")


def _back(pools: tuple[PoolView, ...]) -> Words:
    best = _newest(pools, "best")
    if best is None:
        return Words("no head yet", "")
    share = "all phones" if best.share == PARTS else f"{100 * best.share / PARTS:g} % of phones"
    more = (
        "the bundle's head, by withdrawal"
        if not best.has_head
        else f"{several(best.labels, 'label', 'labels')}, for {share}"
    )
    return Words(f"best {best.serial}", more)


def _newest(pools: tuple[PoolView, ...], channel: str) -> ReleaseView | None:
    found = [view.current[channel] for view in pools if channel in view.current]
    return max(found, key=lambda one: one.issued, default=None)
