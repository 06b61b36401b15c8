"""Rows as directions: embeddings at length 1, source by source, and the sums of those of one source and label. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cloud.training.executors.arrays import Flags, Floats, Integers

CHUNK_CELLS = 1 << 23
"""So many numbers are worked on at a time."""
FEW = 8


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What there is to compare: n rows."""

    embeddings: Floats
    """(n, d), perhaps mapped from a file."""
    labels: Integers
    """(n,): class indices."""
    sources: Integers
    """(n,)."""
    chronology: Integers
    """(n,): places in time."""
    classes: int
    scales: Floats
    """(n,): what makes a row a direction; 0 for a row that has none."""

    @classmethod
    def of(cls, embeddings: Floats, labels: Integers, sources: Integers, *, chronology: Integers, classes: int) -> Rows:
        """Measure the rows."""
        scales = np.zeros(len(labels), np.float32)
        for here in chunks(np.arange(len(labels)), embeddings.shape[1]):
            with np.errstate(over="ignore", invalid="ignore"):
                chosen = embeddings[here].astype(np.float64)
                lengths = np.sqrt(np.einsum("nd,nd->n", chosen, chosen))
            usable = np.isfinite(lengths) & (lengths > np.finfo(np.float32).tiny)
            scales[here[usable]] = 1 / lengths[usable]
        return cls(embeddings, labels, sources, chronology, classes, scales)

    def directions(self, rows: Integers) -> Floats:
        """Return some rows (k, d) at length 1; those without a direction are zeros."""
        scales = self.scales[rows]
        chosen = np.where((scales > 0)[:, None], self.embeddings[rows], np.float32(0))
        directions: Floats = chosen * scales[:, None]
        return directions

    def pairs(self, rows: Integers) -> Integers:
        """Return the number of each row's pair of source and label; those of a source are neighbours."""
        pairs: Integers = self.sources[rows] * self.classes + self.labels[rows]
        return pairs

    def by_source(self, *, most: int) -> Iterator[Integers]:
        """Yield all rows pair by pair, whole sources together: at most so many rows, or those of one larger source."""
        order = np.lexsort((self.labels, self.sources))
        ends = np.append(np.flatnonzero(np.diff(self.sources[order])) + 1, len(order))
        begin = 0
        while begin < len(order):
            place = max(int(np.searchsorted(ends, begin + most, side="right")) - 1, 0)
            end = int(ends[place] if ends[place] > begin else ends[place + 1])
            yield order[begin:end]
            begin = end


@dataclass(frozen=True, slots=True, eq=False)
class PairSums:
    """Sums of directions for each pair of source and label that has rows."""

    pairs: Integers
    """(pairs,), ascending: source * `classes` + label."""
    sums: Floats
    """(pairs, d)."""
    counts: Integers
    """(pairs,): rows."""

    @classmethod
    def of(cls, rows: Rows, chosen: Integers) -> PairSums:
        """Sum up some rows, which come pair by pair."""
        pairs, places, counts = np.unique(rows.pairs(chosen), return_inverse=True, return_counts=True)
        sums = np.zeros((len(pairs), rows.embeddings.shape[1]), np.float32)
        for here in chunks(np.arange(len(chosen)), sums.shape[1]):
            add(sums, places[here], rows.directions(chosen[here]))
        return cls(pairs, sums, counts)

    def find(self, pairs: Integers) -> tuple[Integers, Flags]:
        """Return where some pairs (k,) are, and which of them are here; the others are anywhere."""
        if not len(self.pairs):
            return np.zeros(len(pairs), np.int64), np.zeros(len(pairs), np.bool_)
        places = np.minimum(np.searchsorted(self.pairs, pairs), len(self.pairs) - 1)
        return places, self.pairs[places] == pairs

    def without(self, directions: Floats, pairs: Integers, *, counted: Flags) -> tuple[Floats, Integers]:
        """Return the sums (k, d) of pairs (k,), and of how many: each but for one row.

        Args:
            directions: (k, d): those rows.
            pairs: (k,): theirs.
            counted: (k,): which of those rows are in the sums.
        """
        places, there = self.find(pairs)
        if not there.any():
            return np.zeros_like(directions), np.zeros(len(pairs), np.int64)
        itself = there & counted
        sums: Floats = np.where(there[:, None], self.sums[places] - directions * itself[:, None], np.float32(0))
        return sums, np.where(there, self.counts[places] - itself, 0)


def add(sums: Floats, places: Integers, values: Floats) -> None:
    """Add values (k, d) to the sums at their places (k,), which ascend."""
    if not len(places):
        return
    starts = np.flatnonzero(np.diff(places, prepend=-1))
    sizes = np.diff(starts, append=len(places))
    if len(places) > FEW * len(starts):
        sums[places[starts]] += np.add.reduceat(values, starts, axis=0)
        return
    for number in range(int(sizes.max())):  # `reduceat` takes as long for a place with one value as for ten
        these = starts[sizes > number]
        sums[places[these]] += values[these + number]


def unit(vectors: Floats) -> Floats:
    """Bring vectors (k, d) to length 1; zeros stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    directions: Floats = vectors / np.maximum(lengths, np.float32(1e-6))
    return directions


def chunks(rows: Integers, width: int) -> Iterator[Integers]:
    """Yield rows as many at a time as fit a chunk with `width` numbers each."""
    size = rows_at_once(width)
    for begin in range(0, len(rows), size):
        yield rows[begin : begin + size]


def rows_at_once(width: int) -> int:
    """Return how many rows with `width` numbers each are a chunk."""
    return max(CHUNK_CELLS // max(width, 1), 1)
