"""Moments: near-duplicate photos of one label and one device, which count as one. Pure.

A burst is one look at a person, whether it has three photos or three hundred. A photo belongs to the moment of the
earliest photo before it, of its device and label, that is nearly the same; only the last few hundred before it are
looked at. The base has no moments: its maker chose each of its photos.

A moment counts once in the split, too: where some of it trains, its held-out photos judge nothing, for the head has as
good as seen them.

The bound is measured. Frames that one photo was jittered to (1 pixel, 2 % of brightness) have a cosine of 0.99, nine of
ten of them more than 0.98; at 2 pixels, 1.5 degrees and 4 % half of them do. Of different photos 0.1 % (lfw65), 3.5 %
(orl) and 45 % (faces94, filmed in one sitting) count as the moment of another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cloud.training.directions import Rows
from cloud.training.executors.arrays import Flags, Floats, Integers
from cloud.training.sources import BASE

NEAR_DUPLICATE = 0.98
"""Photos with a higher cosine are of one moment."""
LOOK_BACK = 512
BLOCK = 512


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Which rows are of one moment."""

    moments: Integers
    """(n,): the row that the moment began with; rows alone have their own."""

    def shares(self, counting: Flags) -> Floats:
        """Return what each row (n,) counts for: its share of its moment among the rows that count, 0 for the others."""
        sizes = np.bincount(self.moments[counting], minlength=len(self.moments))
        shares: Floats = np.where(counting, 1 / np.maximum(sizes[self.moments], 1), 0).astype(np.float32)
        return shares

    def split_shares(self, counting: Flags, *, trained: int) -> Floats:
        """Return what each row counts for, where the first `trained` train and the others judge: a moment does one."""
        training = np.arange(len(self.moments)) < trained
        seen = np.bincount(self.moments[counting & training], minlength=len(self.moments)) > 0
        return self.shares(counting & (training | ~seen[self.moments]))


def find_moments(
    embeddings: Floats,
    labels: Integers,
    sources: Integers,
    *,
    chronology: Integers,
    bound: float = NEAR_DUPLICATE,
    look_back: int = LOOK_BACK,
) -> Moments:
    """Find the moments of rows (n,), as `cloud.training.vetting.vet` takes them; one without a direction is alone."""
    classes = int(labels.max(initial=-1)) + 1
    rows = Rows.of(embeddings, labels, sources, chronology=chronology, classes=classes)
    chosen = np.flatnonzero(rows.sources != BASE)
    order = chosen[np.lexsort((rows.chronology[chosen], rows.sources[chosen], rows.labels[chosen]))]
    groups = np.cumsum(_changes(rows.labels[order]) | _changes(rows.sources[order]))
    begins = np.searchsorted(groups, groups, side="left")
    earliest = np.arange(len(order))
    for begin in range(0, len(order), BLOCK):
        here = np.arange(begin, min(begin + BLOCK, len(order)))
        before = np.arange(max(begin - look_back, int(begins[begin])), here[-1] + 1)
        near = rows.directions(order[here]) @ rows.directions(order[before]).T > bound
        near &= groups[here, None] == groups[before]
        near &= (before < here[:, None]) & (before >= here[:, None] - look_back)
        first = before[near.argmax(axis=1)]
        earliest[here] = np.where(near.any(axis=1), first, here)
    moments = np.arange(len(rows.labels))
    moments[order] = order[_roots(earliest)]
    return Moments(moments)


def _changes(values: Integers) -> Flags:
    changes: Flags = np.diff(values, prepend=-1) != 0
    return changes


def _roots(earlier: Integers) -> Integers:
    """Follow each to the first of its chain."""
    while not np.array_equal(further := earlier[earlier], earlier):
        earlier = further
    return earlier
