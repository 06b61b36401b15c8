"""The values of an overview: plain numbers, times and names, frozen; nothing here reads or decides.

Times are Unix seconds. A name of a person, a label, is in them: an overview is for operators only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cloud.overview.heartbeats import Heartbeat
from cloud.store.keys import Pool


@dataclass(frozen=True, slots=True)
class QueueView:
    """The uploads of a pool that wait to be merged."""

    uploads: int = 0
    size: int = 0
    """In bytes."""
    oldest: float | None = None
    """When the oldest of them arrived; None where none waits."""
    is_exact: bool = True
    """Whether all were counted; there are more otherwise."""


@dataclass(frozen=True, slots=True)
class PointView:
    """What a head says at one point of "unknown"."""

    name: str
    """Strict, balanced or friendly."""
    known: float
    """The share of known photos that is answered with its own label."""
    strangers: float
    """The share of strangers' photos that is answered with a label."""


@dataclass(frozen=True, slots=True)
class CurveView:
    """How far a trial was at one time."""

    epochs: float
    """That it had trained."""
    loss: float
    """Of what it trained on since the point before."""
    right: float | None
    """The share of held-out photos whose most probable label is their own; None where nobody looked."""


@dataclass(frozen=True, slots=True)
class TrialView:
    """One trial of a training cycle."""

    name: str
    ending: str
    seconds: float
    cause: str = ""
    right: float | None = None
    """The share of known photos that were left out whose most probable label is their own."""
    said: float | None = None
    """The share that is answered with its own label, and not with "unknown"."""
    loss: float | None = None
    fine_tuned: bool = False
    points: tuple[PointView, ...] = ()
    """In the order of strangers that are let in; by cross-validation."""
    was_chosen: bool = False
    """Whether it is the challenger."""
    curve: tuple[CurveView, ...] = ()
    """How it learned, in order; nothing of releases' trials, but of the last cycle's."""
    is_one_step: bool = False
    """Whether it has no curve because it is made in one step."""


@dataclass(frozen=True, slots=True)
class GateView:
    """What the gate said of a challenger."""

    passes: bool
    reason: str
    before: float | None = None
    """The mean share of a known label that best said."""
    after: float | None = None
    """That of the challenger."""
    judged: int = 0
    """By so many samples."""


@dataclass(frozen=True, slots=True)
class DecisionView:
    """What an operator decided."""

    what: str
    by: str
    why: str
    at: int


@dataclass(frozen=True, slots=True)
class ReleaseView:
    """One release."""

    channel: str
    serial: int
    release: str
    """Its name, a sha256."""
    issued: int
    expires: int
    labels: int
    accuracy: float | None
    held_out: int
    share: int
    """For how many of 10,000 devices it is."""
    point: str | None
    """Of "unknown": strict, balanced or friendly."""
    has_head: bool
    """False: the bundle's head serves."""
    is_withdrawn: bool = False
    has_files: bool = True
    """Whether its head is kept; otherwise nobody can promote it."""
    gate: GateView | None = None
    trials: tuple[TrialView, ...] = ()
    set_aside: Mapping[str, int] = field(default_factory=dict)
    """Samples that were left out, by reason."""
    in_doubt: int = 0
    labels_alone: int = 0
    """Labels that wait for a second device or an operator, and are not in it."""
    trained: int | None = None
    """Samples."""
    cycle: str | None = None
    decisions: tuple[DecisionView, ...] = ()
    """Of operators, the oldest first."""


@dataclass(frozen=True, slots=True)
class LabelView:
    """One label of a pool."""

    label: str
    samples: int
    held_out: int
    devices: int


@dataclass(frozen=True, slots=True)
class DeviceView:
    """One device in a pool."""

    device: str
    uploads: int
    """Merged."""
    samples: int
    waiting: int
    """Uploads."""
    last_word: float | None
    """When its newest upload was merged, or arrived if it waits."""
    setup: str
    """What computed its features, as it said last."""
    cosine: str
    """Of its last self-test."""
    is_excluded: bool = False
    """Whether its samples are left out of what is trained on."""
    is_revoked: bool = False
    """As far as somebody looked (`OverviewReader.mark_revoked`)."""


@dataclass(frozen=True, slots=True)
class DayView:
    """What was merged on one day (UTC)."""

    day: str
    """As 2026-01-31."""
    uploads: int
    rows: int
    """New samples and corrections."""


@dataclass(frozen=True, slots=True)
class RejectedView:
    """An upload that was set aside, as it could not be read."""

    device: str
    upload: str
    at: float
    reason: str


@dataclass(frozen=True, slots=True)
class FailureView:
    """Training cycles in a row that published nothing."""

    times: int
    at: int
    reason: str
    next: int | None = None
    """When the next one is tried; None: as soon as the worker looks."""


@dataclass(frozen=True, slots=True)
class PoolView:
    """One pool: a group's samples in one space."""

    pool: Pool
    is_retired: bool = False
    samples: int = 0
    rows: int = 0
    uploads: int = 0
    size: int = 0
    """Of all shards, in bytes."""
    untrained_rows: int = 0
    """Merged since the last training cycle."""
    queue: QueueView = field(default_factory=QueueView)
    current: Mapping[str, ReleaseView] = field(default_factory=dict)
    """By channel."""
    history: tuple[ReleaseView, ...] = ()
    """Of all channels, the newest first."""
    pin: DecisionView | None = None
    """Who holds best still; None: it moves by itself."""
    failure: FailureView | None = None
    last_trials: tuple[TrialView, ...] = ()
    """Of the newest cycle, published or not."""
    last_cycle: str | None = None
    labels: tuple[LabelView, ...] = ()
    """Those with most samples first; of devices' samples alone, not the bundle's."""
    devices: tuple[DeviceView, ...] = ()
    """Those that were heard of last first."""
    days: tuple[DayView, ...] = ()
    """Without gaps, the last one today."""
    rejected: int = 0
    """Uploads."""
    recent_rejected: tuple[RejectedView, ...] = ()
    unread_shards: int = 0
    """Older ones that labels, devices and days leave out."""
    faults: tuple[str, ...] = ()
    """What could not be read, and why."""


@dataclass(frozen=True, slots=True)
class ErasureView:
    """An erasure that was asked for and is not carried out yet."""

    id: str
    group: str
    what: str
    """Of what, without the name of a person."""
    by: str
    asked: int


@dataclass(frozen=True, slots=True)
class ErasuresView:
    """The erasures that wait."""

    waiting: tuple[ErasureView, ...] = ()
    """The oldest first."""
    is_exact: bool = True
    """Whether all were read; there may be more otherwise."""

    def of(self, group: str) -> ErasuresView:
        """Return those of one group."""
        return ErasuresView(tuple(one for one in self.waiting if one.group == group), self.is_exact)


@dataclass(frozen=True, slots=True)
class SpaceView:
    """A registered training bundle."""

    space: str
    cut: str
    labels: int
    least_cosine: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that an operator should know."""

    is_urgent: bool
    where: str
    what: str
    advice: str


@dataclass(frozen=True, slots=True)
class Overview:
    """What there is to see of a service at one time."""

    at: int
    spaces: tuple[SpaceView, ...]
    pools: tuple[PoolView, ...]
    workers: tuple[Heartbeat, ...]
    """The latest first."""
    enrolled: int
    """Devices."""
    has_key: bool
    """Whether a worker left the key without which no device can enrol."""
    erasures: ErasuresView = field(default_factory=ErasuresView)
    more_pools: bool = False
    """There are more than were read."""
    faults: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    """The urgent ones first."""
