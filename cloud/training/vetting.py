"""Vetting: which rows of devices count when a head is trained and judged. Pure: embeddings in, reasons out.

Nobody decides about their own photos. A photo is compared with what other sources say of its label and of all others
(the base is one source, each device is one); only the founder of a label, the source of its first photo that counts,
is compared with its own other photos (`cloud.training.likeness`). A photo is set aside if it

1. is much closer to another label than to its own;
2. is far from its label, where it is also nearer to another one, or no nearer to its own than photos usually are to a
   label that is not theirs;
3. came under a second name: most photos that its source has under that label are as near to one older label as if
   they were its own, and hardly nearer to each other; where labels lie among each other, as with a network that hardly
   knows its people, nothing tells a second name;
4. is of a device most of whose photos fail by 1 or 2, or are nearer to another label at all, four photos at least.

How much "much closer", "far" and "as near" are is learned from the base, whose photos (a sample of them) are compared
with each other; or from the founders, where the base is too small. What is set aside changes what others are compared
with, so all of this is done again, until it stays (of many rows: but for one in 1,000), or has been done four times.

Stated outcomes. A row that is not finite, all zeros, or so long that means would be it alone, is far. With fewer than
20 photos to learn from, nothing else is set aside. With equal embeddings nothing is. A label's only photo can only be
set aside by 3 and 4. With two classes "another" is the other one; with one class only 2 can apply. One device that
founds all labels, a household's, is compared with itself. Where there is no base, the first device with a label is
believed over the second.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from cloud.training.directions import Rows
from cloud.training.executors.arrays import Flags, Floats, Integers
from cloud.training.likeness import Likeness, compare
from cloud.training.sources import BASE, pairs_of

REFERENCE_ROWS = 4096
FEWEST_REFERENCE_ROWS = 20
FEWEST_OF_A_DEVICE = 4
FEWEST_BESIDE = 2
"""Photos are far from so many others, not from a single one."""
LEAST_GAP = 0.05
"""Labels whose cosines differ by less are not told apart."""
MOST_TIMES_AS_LONG = 4
"""As base rows usually are. What vetting compares are directions, but means and centre are of whole embeddings."""
ROUNDING = 1e-4
MOST = 0.5
MOST_OF_A_NAME = 0.6
STANDARD_ERRORS = 3
ROUNDS = 4
SETTLED_ROWS, SETTLED_ONE_IN = 16_384, 1_000
"""Of so many rows none may have changed in the last round; of further ones, one in so many."""
FOUNDERS_ROUNDS = 2
"""So often the bounds are learned from founders: oftener, and what is set aside would tighten them without end."""


class Reason(StrEnum):
    """Why a row is set aside."""

    CLOSER_TO_ANOTHER = "closer to another label"
    FAR = "far from its label"
    SECOND_NAME = "second name of an older label"
    DEVICE = "most of its device's samples fail"


REASONS = tuple(Reason)
_CLOSER, _FAR, _SECOND_NAME, _DEVICE = range(1, 5)

Codes = NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class Vetted:
    """Which of n rows count."""

    codes: Codes
    """(n,): 0 where a row counts, else 1 + the place of its reason in `REASONS`."""
    rounds: int = 0
    """How often all photos of devices were compared."""

    @property
    def counting(self) -> Flags:
        """Which rows count (n,)."""
        counting: Flags = self.codes == 0
        return counting

    def where(self, reason: Reason) -> Flags:
        """Which rows are set aside for a reason (n,)."""
        chosen: Flags = self.codes == 1 + REASONS.index(reason)
        return chosen

    def counts(self) -> dict[Reason, int]:
        """How many rows are set aside for each reason."""
        return {reason: int(self.where(reason).sum()) for reason in REASONS}


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the cosines of photos that are believed keep to."""

    closer: float
    """Hardly one is so much nearer to another label than to its own."""
    far: float
    """Hardly one is below this with its own."""
    stranger: float
    """The usual cosine with the nearest other label."""
    same: float
    """Most are at or above this with their own, and hardly one with another."""
    gap: float
    """How much higher the usual cosine with the own label is than that with the nearest other."""
    nearer_another: float
    """The share of photos that are nearer to another label."""

    @classmethod
    def of(cls, own: Floats, other: Floats) -> Bounds | None:
        """Learn them from the cosines of photos (k,), or return None where those are too few."""
        if len(own) < FEWEST_REFERENCE_ROWS:
            return None
        stranger = float(np.median(other))
        gap = float(np.median(own)) - stranger
        return cls(
            closer=max(float(np.quantile(other - own, 0.99)), LEAST_GAP),
            far=min(float(np.quantile(own, 0.005)), stranger + gap / 2) - ROUNDING,
            stranger=stranger,
            same=_same(own, other),
            gap=gap,
            nearer_another=float((other > own).mean()),
        )

    def most(self, photos: Integers) -> NDArray[np.float64]:
        """Return how many of so many photos are most of them: more than chance makes of photos that are believed."""
        expected, share = self.nearer_another * photos, self.nearer_another
        return np.maximum(MOST * photos, expected + STANDARD_ERRORS * np.sqrt(expected * (1 - share)))


def _same(own: Floats, other: Floats) -> float:
    """Return at and above what cosine a photo is surely of a label: infinity where labels overlap."""
    low, middle = (float(quantile) for quantile in np.quantile(own, [0.1, 0.25]))
    stranger = float(np.quantile(other, 0.995))
    return max(stranger, low) if stranger <= middle else math.inf


def vet(embeddings: Floats, labels: Integers, sources: Integers, *, chronology: Integers, classes: int) -> Vetted:
    """Decide which rows count; the same rows have the same outcome.

    Args:
        embeddings: (n, d), perhaps mapped from a file.
        labels: (n,) class indices, older labels first.
        sources: (n,): 0 for the base, which is not vetted, and 1 and up for devices.
        chronology: (n,): places in time, at which rows got their labels; the base lies before all devices.
        classes: how many labels there are.
    """
    rows = Rows.of(embeddings, labels, sources, chronology=chronology, classes=classes)
    vetted = _unusable(rows)
    devices = np.flatnonzero(vetted.counting & (sources != BASE))
    of_base = bounds = _bounds_of_base(rows)
    usable = vetted.counting
    for number in range(ROUNDS):
        likeness = compare(rows, counting=vetted.counting, usable=usable, chosen=devices)
        if of_base is None and number < FOUNDERS_ROUNDS:
            bounds = _bounds_of_founders(likeness, vetted.counting)
        judged = _judge(rows, likeness, bounds) if bounds else _unusable(rows)
        changed = int((judged.codes != vetted.codes).sum())
        if changed <= max(len(labels) - SETTLED_ROWS, 0) // SETTLED_ONE_IN:
            return replace(judged if changed else vetted, rounds=number + 1)
        vetted = judged
    return replace(vetted, rounds=ROUNDS)


def _unusable(rows: Rows) -> Vetted:
    """Set aside what has no direction, and what is so long that means would be it alone."""
    usable = rows.scales > 0
    base = usable & (rows.sources == BASE)
    lengths = 1 / rows.scales[usable]
    usual = float(np.median(1 / rows.scales[base] if base.any() else lengths)) if len(lengths) else 0.0
    usable[usable] = (lengths <= MOST_TIMES_AS_LONG * usual) | (rows.sources[usable] == BASE)
    return Vetted(np.where(usable, 0, _FAR).astype(np.int8))


def _bounds_of_base(rows: Rows) -> Bounds | None:
    base = (rows.sources == BASE) & (rows.scales > 0)
    chosen = np.flatnonzero(base)
    if len(chosen) == 0:
        return None
    sample = chosen[np.unique(np.linspace(0, len(chosen) - 1, REFERENCE_ROWS).astype(np.int64))]
    likeness = compare(rows, counting=base, usable=base, chosen=sample)
    known = ~np.isnan(likeness.own)
    return Bounds.of(likeness.own[known], likeness.other[known])


def _bounds_of_founders(likeness: Likeness, counting: Flags) -> Bounds | None:
    known = counting & likeness.founding & ~np.isnan(likeness.own)
    return Bounds.of(likeness.own[known], likeness.other[known])


def _judge(rows: Rows, likeness: Likeness, bounds: Bounds) -> Vetted:
    codes = _unusable(rows).codes
    codes[_far(likeness, bounds)] = _FAR
    codes[_closer(likeness, bounds)] = _CLOSER
    codes[_second_names(rows, likeness, bounds)] = _SECOND_NAME
    nearer = (likeness.other > likeness.own) & _tells(likeness, bounds)
    failing = np.isin(codes, (_CLOSER, _FAR)) | ((codes == 0) & nearer)
    codes[(codes == 0) & _of_failing_devices(rows, failing, bounds)] = _DEVICE
    return Vetted(codes)


def _closer(likeness: Likeness, bounds: Bounds) -> Flags:
    """Return which rows (n,) are much closer to another label."""
    closer: Flags = (likeness.nearest >= 0) & (likeness.other - likeness.own > bounds.closer)
    return closer & _tells(likeness, bounds)


def _tells(likeness: Likeness, bounds: Bounds) -> Flags:
    """Return of which rows (n,) it says something that another label is nearer.

    One other photo of a person is a poor mean: beside fewer than two a row must look like a photo of that other label.
    """
    tells: Flags = (likeness.beside >= FEWEST_BESIDE) | (likeness.other >= bounds.same)
    return tells


def _far(likeness: Likeness, bounds: Bounds) -> Flags:
    """Return which rows (n,) are far from their label."""
    far = (likeness.own < bounds.far) & (likeness.beside >= FEWEST_BESIDE)
    lost: Flags = (likeness.other >= likeness.own) | (likeness.own < bounds.stranger)
    return far & lost


def _second_names(rows: Rows, likeness: Likeness, bounds: Bounds) -> Flags:
    """Return which rows (n,) came under a second name; a label with base has none."""
    with_base = np.bincount(rows.labels[rows.sources == BASE], minlength=rows.classes) > 0
    candidates = np.flatnonzero((likeness.nearest_older >= 0) & ~with_base[rows.labels])
    second = np.zeros(len(rows.labels), np.bool_)
    if bounds.gap < LEAST_GAP:
        return second
    keys = pairs_of(rows.labels, rows.sources)[candidates]
    _, pairs, photos = np.unique(keys, return_inverse=True, return_counts=True)
    older, nearer = likeness.nearest_older[candidates], likeness.own[candidates] - likeness.older[candidates]
    alike = likeness.older[candidates] >= bounds.same
    names, counts = np.unique(pairs[alike] * rows.classes + older[alike], return_counts=True)
    named = np.zeros(len(photos), np.bool_)
    of_pairs = names // rows.classes
    named[of_pairs[counts > MOST_OF_A_NAME * photos[of_pairs]]] = True
    named &= np.bincount(pairs, weights=np.nan_to_num(nearer)) < photos * bounds.gap / 3
    second[candidates] = named[pairs]
    return second


def _of_failing_devices(rows: Rows, failing: Flags, bounds: Bounds) -> Flags:
    """Return which rows (n,) are of devices most of whose rows fail."""
    photos = np.bincount(rows.sources)
    fails = np.bincount(rows.sources[failing], minlength=len(photos))
    of_failing = (photos >= FEWEST_OF_A_DEVICE) & (fails > bounds.most(photos))
    of_failing[BASE] = False
    return of_failing[rows.sources]
