"""What the columns of a pool's shards say of its labels, its devices and its days. Pure: columns in, values out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

from cloud.dataset.columns import Columns
from cloud.dataset.said import Said, what_was_said
from cloud.overview.values import DayView, DeviceView, LabelView
from cloud.store.keys import InboxUpload
from contract.labels import label_key
from contract.self_test import SelfTest, as_cosine

DAYS = 30


@dataclass(frozen=True, slots=True, eq=False)
class WaitingUpload:
    """An upload in the inbox."""

    upload: InboxUpload
    arrived: float
    """Unix seconds."""


@dataclass(frozen=True, slots=True)
class DeviceSummary:
    """What was merged of one device."""

    samples: int
    uploads: int
    last: float
    """When the newest of them was merged."""
    self_test: SelfTest | None
    """What it said last of itself."""


_NOTHING = DeviceSummary(samples=0, uploads=0, last=0.0, self_test=None)


@dataclass(frozen=True, slots=True)
class SampleSummary:
    """What the shards of a pool say: the same for the same shards, so that it need not be counted again."""

    labels: tuple[LabelView, ...]
    devices: Mapping[str, DeviceSummary]


def summarise(shards: Sequence[Columns]) -> SampleSummary:
    """Count samples by label, those with most first, and what came of each device."""
    said = what_was_said(shards)
    return SampleSummary(_count_labels(said), _summarise_devices(shards, said))


def describe_devices(
    summary: SampleSummary, waiting: Sequence[WaitingUpload], *, excluded: Set[str] = frozenset()
) -> tuple[DeviceView, ...]:
    """Describe each device that has sent something, the one that was heard of last first."""
    queued = Counter(one.upload.device for one in waiting)
    arrived: dict[str, float] = {}
    for one in waiting:
        arrived[one.upload.device] = max(arrived.get(one.upload.device, 0.0), one.arrived)
    views = []
    for device in {**summary.devices, **arrived}:
        merged = summary.devices.get(device, _NOTHING)
        outcome = merged.self_test
        views.append(
            DeviceView(
                device=device,
                uploads=merged.uploads,
                samples=merged.samples,
                waiting=queued[device],
                last_word=max(merged.last, arrived.get(device, 0.0)),
                setup=str(outcome.setup) if outcome else "",
                cosine=as_cosine(outcome.cosine_ppm) if outcome else "",
                is_excluded=device in excluded,
            )
        )
    return tuple(sorted(views, key=lambda one: (-(one.last_word or 0.0), one.device)))


def count_days(shards: Sequence[Columns], *, now: float) -> tuple[DayView, ...]:
    """Count what was merged on each of the last `DAYS` days."""
    today = day_of(now)
    uploads: Counter[date] = Counter()
    rows: Counter[date] = Counter()
    for shard in shards:
        for counted, merged in ((uploads, shard.arrivals.merged), (rows, shard.merged)):
            times, counts = np.unique(merged, return_counts=True)
            for at, count in zip(times.tolist(), counts.tolist(), strict=True):
                counted[day_of(at)] += count
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    return tuple(DayView(day.isoformat(), uploads[day], rows[day]) for day in days)


def day_of(at: float) -> date:
    """Return the day, in UTC, of a time in Unix seconds."""
    return datetime.fromtimestamp(at, UTC).date()


def _count_labels(said: Said) -> tuple[LabelView, ...]:
    count = len(said.labels)
    samples = np.bincount(said.label_index, minlength=count)
    held_out = np.bincount(said.label_index[said.held_out], minlength=count)
    pairs = np.unique(np.stack([said.label_index, said.device_index], axis=1), axis=0)
    devices = np.bincount(pairs[:, 0], minlength=count)
    views = (
        LabelView(label, int(samples[place]), int(held_out[place]), int(devices[place]))
        for place, label in enumerate(said.labels)
        if samples[place]
    )
    return tuple(sorted(views, key=lambda one: (-one.samples, label_key(one.label))))


def _summarise_devices(shards: Sequence[Columns], said: Said) -> dict[str, DeviceSummary]:
    counted = np.bincount(said.device_index, minlength=len(said.devices)).tolist()
    samples = dict(zip(said.devices, counted, strict=True))
    uploads: Counter[str] = Counter()
    last: dict[str, float] = {}
    self_tests: dict[str, SelfTest] = {}
    for shard in shards:
        arrivals = shard.arrivals
        places = zip(
            arrivals.device_index.tolist(), arrivals.self_test_index.tolist(), arrivals.merged.tolist(), strict=True
        )
        for number, place, merged in places:
            device = shard.devices[number]
            uploads[device] += 1
            last[device] = max(last.get(device, 0.0), merged)
            self_tests[device] = shard.self_tests[place]
    return {
        device: DeviceSummary(samples.get(device, 0), count, last[device], self_tests[device])
        for device, count in uploads.items()
    }
