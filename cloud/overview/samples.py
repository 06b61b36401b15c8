"""What the columns of a pool's shards say of its labels, its devices and its days. Pure: columns in, values out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloud.dataset.ledger import spell
from cloud.dataset.reader import choose_rows, number_devices
from cloud.dataset.shards import Columns
from cloud.overview.values import DayView, DeviceView, LabelView
from cloud.store.keys import InboxUpload
from contract.labels import label_key
from contract.self_test import SelfTest, as_cosine

DAYS = 30


@dataclass(frozen=True, slots=True, eq=False)
class MergedShard:
    """A shard's columns, and when it was written."""

    columns: Columns
    merged: float
    """Unix seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class WaitingUpload:
    """An upload in the inbox."""

    upload: InboxUpload
    arrived: float
    """Unix seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class _Resolved:
    """Each sample once, with what was said of it last."""

    labels: tuple[str, ...]
    label_index: NDArray[np.int64]
    held_out: NDArray[np.bool_]
    devices: tuple[str, ...]
    device_index: NDArray[np.int64]


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


def summarise(shards: Sequence[MergedShard]) -> SampleSummary:
    """Count samples by label, those with most first, and what came of each device."""
    resolved = _resolve(shards)
    return SampleSummary(_count_labels(resolved), _summarise_devices(shards, resolved))


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


def count_days(shards: Sequence[MergedShard], *, now: float) -> tuple[DayView, ...]:
    """Count what was merged on each of the last `DAYS` days."""
    today = day_of(now)
    uploads: Counter[date] = Counter()
    rows: Counter[date] = Counter()
    for shard in shards:
        uploads[day_of(shard.merged)] += len(shard.columns.uploads)
        rows[day_of(shard.merged)] += len(shard.columns)
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    return tuple(DayView(day.isoformat(), uploads[day], rows[day]) for day in days)


def day_of(at: float) -> date:
    """Return the day, in UTC, of a time in Unix seconds."""
    return datetime.fromtimestamp(at, UTC).date()


def _count_labels(resolved: _Resolved) -> tuple[LabelView, ...]:
    count = len(resolved.labels)
    samples = np.bincount(resolved.label_index, minlength=count)
    held_out = np.bincount(resolved.label_index[resolved.held_out], minlength=count)
    pairs = np.unique(np.stack([resolved.label_index, resolved.device_index], axis=1), axis=0)
    devices = np.bincount(pairs[:, 0], minlength=count)
    views = (
        LabelView(label, int(samples[place]), int(held_out[place]), int(devices[place]))
        for place, label in enumerate(resolved.labels)
        if samples[place]
    )
    return tuple(sorted(views, key=lambda one: (-one.samples, label_key(one.label))))


def _summarise_devices(shards: Sequence[MergedShard], resolved: _Resolved) -> dict[str, DeviceSummary]:
    counted = np.bincount(resolved.device_index, minlength=len(resolved.devices)).tolist()
    samples = dict(zip(resolved.devices, counted, strict=True))
    uploads: Counter[str] = Counter()
    last: dict[str, float] = {}
    self_tests: dict[str, SelfTest] = {}
    for shard in shards:
        for name, place in zip(shard.columns.uploads, shard.columns.upload_self_tests, strict=True):
            device = _device_of(name)
            uploads[device] += 1
            last[device] = max(last.get(device, 0.0), shard.merged)
            self_tests[device] = shard.columns.self_tests[place]
    return {
        device: DeviceSummary(samples.get(device, 0), count, last[device], self_tests[device])
        for device, count in uploads.items()
    }


def _resolve(shards: Sequence[MergedShard]) -> _Resolved:
    columns = [one.columns for one in shards]
    spellings = spell([label for one in columns for label in one.labels])
    classes = {name: place for place, name in enumerate(spellings)}
    names, numbers = number_devices(columns)
    first, best, _ = choose_rows(columns, numbers)
    labels = _join([_classes(one, classes)[one.label_index] for one in columns])
    splits = _join([one.splits for one in columns])
    return _Resolved(tuple(spellings.values()), labels[best], splits[first] == 1, names, numbers[first])


def _classes(columns: Columns, classes: Mapping[str, int]) -> NDArray[np.int64]:
    return np.array([classes[label_key(label)] for label in columns.labels], np.int64)


def _join(parts: Sequence[NDArray[Any]]) -> NDArray[np.int64]:
    joined: NDArray[np.int64] = np.concatenate([np.zeros(0, np.int64), *parts]).astype(np.int64)
    return joined


def _device_of(arrival: str) -> str:
    """Return the device of "<device>.<generation>/<sha256>"."""
    return arrival.partition("/")[0].rpartition(".")[0]
