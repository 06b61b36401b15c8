"""How like photos are to their own label and to others: cosines to the mean directions of labels, source by source.

Each source of a label has one vote in its mean, however many photos it has. A source is compared with what others say:
its own photos are left out of the means that it is compared with, but where a label is its own, for it founded it or
nobody else has photos of it. Of such a label each photo is compared with the source's others.

In memory are a sum for each pair of label and source that has rows (pairs, d), the means (classes, d), and comparisons
(k, classes) of a bounded number of rows; the embeddings may be mapped from a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cloud.training.sources import pairs_of

CHUNK_CELLS = 1 << 23
"""So many numbers are worked on at a time."""

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


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
        for here in _chunks(np.arange(len(labels)), embeddings.shape[1]):
            with np.errstate(over="ignore", invalid="ignore"):
                lengths = np.sqrt(np.square(embeddings[here], dtype=np.float64).sum(axis=1))
            usable = np.isfinite(lengths) & (lengths > np.finfo(np.float32).tiny)
            scales[here[usable]] = 1 / lengths[usable]
        return cls(embeddings, labels, sources, chronology, classes, scales)

    def directions(self, rows: Integers) -> Floats:
        """Return some rows (k, d) at length 1; those without a direction are zeros."""
        scales = self.scales[rows]
        chosen = np.where((scales > 0)[:, None], self.embeddings[rows], np.float32(0))
        directions: Floats = chosen * scales[:, None]
        return directions


@dataclass(frozen=True, slots=True, eq=False)
class PairSums:
    """Sums of directions for each pair of label and source that has rows."""

    pairs: Integers
    """(pairs,), ascending: label * `sources` + source."""
    sources: int
    sums: Floats
    """(pairs, d)."""
    counts: Integers
    """(pairs,): rows."""

    @classmethod
    def of(cls, rows: Rows, counting: Flags) -> PairSums:
        """Sum up the rows that count (n,)."""
        sources = int(rows.sources.max(initial=0)) + 1
        keys = pairs_of(rows.labels, rows.sources)
        chosen = np.flatnonzero(counting)
        chosen = chosen[np.argsort(keys[chosen], kind="stable")]
        pairs, places, counts = np.unique(keys[chosen], return_inverse=True, return_counts=True)
        sums = np.zeros((len(pairs), rows.embeddings.shape[1]), np.float32)
        for here in _chunks(np.arange(len(chosen)), sums.shape[1]):
            _add(sums, places[here], rows.directions(chosen[here]))
        return cls(pairs, sources, sums, counts)

    def of_source(self, source: int) -> tuple[Integers, Integers]:
        """Return the places (k,) of a source's pairs, and their labels."""
        places = np.flatnonzero(self.pairs % self.sources == source)
        return places, self.pairs[places] // self.sources

    def without(self, directions: Floats, labels: Integers, source: int, *, counted: Flags) -> tuple[Floats, Integers]:
        """Return the sums (k, d) of a source's rows for each label (k,), and of how many: each but for one row.

        Args:
            directions: (k, d): those rows.
            labels: (k,).
            source: whose they are.
            counted: (k,): which of those rows are in the sums.
        """
        keys = labels * self.sources + source
        places = np.minimum(np.searchsorted(self.pairs, keys), len(self.pairs) - 1)
        there = self.pairs[places] == keys
        itself = there & counted
        sums: Floats = np.where(there[:, None], self.sums[places] - directions * itself[:, None], np.float32(0))
        return sums, np.where(there, self.counts[places] - itself, 0)


@dataclass(frozen=True, slots=True, eq=False)
class LabelMeans:
    """What sources together say of each label."""

    totals: Floats
    """(classes, d): sums of the sources' mean directions."""
    supporters: Integers
    """(classes,): sources with rows of the label."""
    photos: Integers
    """(classes,): rows of the label."""
    founders: Integers
    """(classes,): the source of the label's first row; -1 without rows."""

    @classmethod
    def of(cls, rows: Rows, counting: Flags, sums: PairSums) -> LabelMeans:
        """Put the sums of the rows that count (n,) together."""
        labels = sums.pairs // sums.sources
        totals = np.zeros((rows.classes, sums.sums.shape[1]), np.float32)
        _add(totals, labels, unit(sums.sums))
        return cls(
            totals=totals,
            supporters=np.bincount(labels, minlength=rows.classes),
            photos=np.bincount(rows.labels[counting], minlength=rows.classes),
            founders=_founders(rows, np.flatnonzero(counting)),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """Cosines of all n rows. Those that were not compared have NaN and -1."""

    own: Floats
    """(n,): with its own label; NaN where there is nothing else to compare it with."""
    beside: Integers
    """(n,): with so many photos."""
    founding: Flags
    """(n,): whether its own source founded its label."""
    other: Floats
    """(n,): with the nearest other label; 0 where there is none."""
    nearest: Integers
    """(n,): that label; -1 where there is none."""
    older: Floats
    """(n,): with the nearest label of a lower index; 0 where there is none."""
    nearest_older: Integers
    """(n,): that label; -1 where there is none."""


def compare(rows: Rows, *, counting: Flags, usable: PairSums, chosen: Integers) -> Likeness:
    """Compare the chosen rows, each as its source may be compared.

    Args:
        rows: all rows.
        counting: (n,): which count.
        usable: the sums of all rows, for labels of which a source has no other photo that counts.
        chosen: (k,): rows with a direction.
    """
    comparison = _Comparison.of(rows, counting, usable)
    order = chosen[np.argsort(rows.sources[chosen], kind="stable")]
    for ours in np.split(order, np.flatnonzero(np.diff(rows.sources[order])) + 1):
        if len(ours):
            comparison.compare_source(ours)
    return comparison.found


@dataclass(frozen=True, slots=True, eq=False)
class _Comparison:
    rows: Rows
    counting: Flags
    sums: PairSums
    usable: PairSums
    means: LabelMeans
    columns: Floats
    """(classes, d): the means' directions; while a source is compared, those of its labels are what others say."""
    found: Likeness
    """Filled in."""

    @classmethod
    def of(cls, rows: Rows, counting: Flags, usable: PairSums) -> _Comparison:
        sums = PairSums.of(rows, counting)
        means = LabelMeans.of(rows, counting, sums)
        count = len(rows.labels)
        found = Likeness(
            own=np.full(count, np.nan, np.float32),
            beside=np.zeros(count, np.int64),
            founding=means.founders[rows.labels] == rows.sources,
            other=np.zeros(count, np.float32),
            nearest=np.full(count, -1),
            older=np.zeros(count, np.float32),
            nearest_older=np.full(count, -1),
        )
        return cls(rows, counting, sums, usable, means, unit(means.totals), found)

    def compare_source(self, ours: Integers) -> None:
        """Compare rows (k,) of one source."""
        means, source = self.means, int(self.rows.sources[ours[0]])
        places, labels = self.sums.of_source(source)
        its_own = (means.supporters[labels] == 1) | (means.founders[labels] == source)
        of_others = means.totals[labels] - unit(self.sums.sums[places])
        before = self.columns[labels]
        self.columns[labels] = unit(np.where(its_own[:, None], means.totals[labels], of_others))
        photos_of_others = means.photos.copy()
        photos_of_others[labels] -= self.sums.counts[places]
        photos_of_others[labels[its_own]] = 0
        for here in _chunks(ours, self.rows.classes):
            self._compare_chunk(here, source, photos_of_others[self.rows.labels[here]])
        self.columns[labels] = before

    def _compare_chunk(self, here: Integers, source: int, photos_of_others: Integers) -> None:
        found, labels, directions = self.found, self.rows.labels[here], self.rows.directions(here)
        cosines = directions @ self.columns.T
        its_label = np.arange(len(here)), labels
        alone, photos = self._with_own_photos(here, source, directions)
        found.own[here] = np.where(photos_of_others > 0, cosines[its_label], alone)
        found.beside[here] = np.where(photos_of_others > 0, photos_of_others, photos)
        cosines[:, self.means.supporters == 0] = -np.inf
        cosines[its_label] = -np.inf
        found.other[here], found.nearest[here] = _highest(cosines)
        cosines[np.arange(self.rows.classes) > labels[:, None]] = -np.inf
        found.older[here], found.nearest_older[here] = _highest(cosines)

    def _with_own_photos(self, here: Integers, source: int, directions: Floats) -> tuple[Floats, Integers]:
        """Return the cosine of each row with its source's other photos of its label, NaN without, and how many."""
        labels, everywhere = self.rows.labels[here], np.ones(len(here), np.bool_)
        sums, photos = self.usable.without(directions, labels, source, counted=everywhere)
        if len(self.sums.pairs):
            counting, count = self.sums.without(directions, labels, source, counted=self.counting[here])
            sums[count > 0], photos = counting[count > 0], np.where(count > 0, count, photos)
        cosines: Floats = np.where(photos > 0, np.einsum("nd,nd->n", unit(sums), directions), np.float32(np.nan))
        return cosines, photos


def _highest(cosines: Floats) -> tuple[Floats, Integers]:
    """Return the highest of each row, and where it is; 0 and -1 where all are masked."""
    places = cosines.argmax(axis=1)
    highest = cosines[np.arange(len(cosines)), places]
    there = highest > -np.inf
    return np.where(there, highest, np.float32(0)), np.where(there, places, -1)


def _founders(rows: Rows, chosen: Integers) -> Integers:
    founders = np.full(rows.classes, -1)
    order = chosen[np.lexsort((rows.chronology[chosen], rows.labels[chosen]))]
    labels, first = np.unique(rows.labels[order], return_index=True)
    founders[labels] = rows.sources[order[first]]
    return founders


def _add(sums: Floats, places: Integers, values: Floats) -> None:
    """Add values (k, d) to the sums at their places (k,), which ascend."""
    if len(places):
        starts = np.flatnonzero(np.diff(places, prepend=-1))
        sums[places[starts]] += np.add.reduceat(values, starts, axis=0)


def unit(vectors: Floats) -> Floats:
    """Bring vectors (k, d) to length 1; zeros stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    directions: Floats = vectors / np.maximum(lengths, np.float32(1e-6))
    return directions


def _chunks(rows: Integers, width: int) -> Iterator[Integers]:
    """Yield rows as many at a time as fit a chunk with `width` numbers each."""
    size = max(CHUNK_CELLS // max(width, 1), 1)
    for begin in range(0, len(rows), size):
        yield rows[begin : begin + size]
