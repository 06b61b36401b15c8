"""How like photos are to their own label and to others: cosines to the mean directions of labels, source by source.

Each source of a label has one vote in its mean, however many photos it has. A source is compared with what others say:
its own photos are left out of the means that it is compared with, but where a label is its own, for it founded it or
nobody else has photos of it. Of such a label each photo is compared with the source's others.

In memory are the means (classes, d), and of a bounded number of rows at a time the sums of their pairs of label and
source, and comparisons (k, classes); the embeddings may be mapped from a file. Sources with few rows are compared
together: one product of all their rows and all means, and a small one of each with the labels that it uses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cloud.training.directions import PairSums, Rows, add, chunks, rows_at_once, unit
from cloud.training.executors.arrays import Flags, Floats, Integers
from cloud.training.threads import side_by_side


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
    def of(cls, rows: Rows, counting: Flags) -> LabelMeans:
        """Put together what sources say of the rows that count (n,)."""
        totals = np.zeros((rows.classes, rows.embeddings.shape[1]), np.float32)
        supporters = np.zeros(rows.classes, np.int64)
        for ours in rows.by_source(most=rows_at_once(totals.shape[1])):
            of_ours = PairSums.of(rows, ours[counting[ours]])
            labels = of_ours.pairs % rows.classes
            order = np.argsort(labels, kind="stable")
            add(totals, labels[order], unit(of_ours.sums)[order])
            supporters += np.bincount(labels, minlength=rows.classes)
        return cls(
            totals=totals,
            supporters=supporters,
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


def compare(rows: Rows, *, counting: Flags, usable: Flags, chosen: Integers) -> Likeness:
    """Compare the chosen rows, each as its source may be compared.

    Args:
        rows: all rows.
        counting: (n,): which count.
        usable: (n,): which may stand beside a photo whose source has no other one of that label that counts.
        chosen: (k,): rows with a direction.
    """
    comparison = _Comparison.of(rows, counting, usable, chosen)
    most = rows_at_once(max(rows.classes, rows.embeddings.shape[1]))
    for _ in side_by_side(comparison.compare_sources, rows.by_source(most=most)):
        pass
    return comparison.found


@dataclass(frozen=True, slots=True, eq=False)
class _Views:
    """What some sources see: for each of their pairs, what it is compared with instead of the label's mean."""

    pairs: PairSums
    """Of the rows that count."""
    labels: Integers
    """(pairs,)."""
    columns: Floats
    """(pairs, d): the direction of what others say, or of what all say of a label that is the source's own."""
    others: Integers
    """(pairs,): photos of others that it is compared with."""

    @classmethod
    def of(cls, means: LabelMeans, pairs: PairSums, classes: int) -> _Views:
        labels, sources = pairs.pairs % classes, pairs.pairs // classes
        its_own = (means.supporters[labels] == 1) | (means.founders[labels] == sources)
        totals = means.totals[labels]
        columns = unit(np.where(its_own[:, None], totals, totals - unit(pairs.sums)))
        return cls(pairs, labels, columns, np.where(its_own, 0, means.photos[labels] - pairs.counts))


@dataclass(frozen=True, slots=True, eq=False)
class _Comparison:
    rows: Rows
    counting: Flags
    usable: Flags
    chosen: Flags
    means: LabelMeans
    columns: Floats
    """(classes, d): the means' directions."""
    found: Likeness
    """Filled in."""

    @classmethod
    def of(cls, rows: Rows, counting: Flags, usable: Flags, chosen: Integers) -> _Comparison:
        means, count = LabelMeans.of(rows, counting), len(rows.labels)
        found = Likeness(
            own=np.full(count, np.nan, np.float32),
            beside=np.zeros(count, np.int64),
            founding=means.founders[rows.labels] == rows.sources,
            other=np.zeros(count, np.float32),
            nearest=np.full(count, -1),
            older=np.zeros(count, np.float32),
            nearest_older=np.full(count, -1),
        )
        flags = np.zeros(count, np.bool_)
        flags[chosen] = True
        return cls(rows, counting, usable, flags, means, unit(means.totals), found)

    def compare_sources(self, ours: Integers) -> None:
        """Compare those rows that are chosen among all rows (k,) of some sources, which come pair by pair."""
        here = ours[self.chosen[ours]]
        if not len(here):
            return
        views = _Views.of(self.means, PairSums.of(self.rows, ours[self.counting[ours]]), self.rows.classes)
        if self.rows.sources[ours[0]] == self.rows.sources[ours[-1]]:
            columns = self.columns.copy()
            columns[views.labels] = views.columns
            for some in chunks(here, self.rows.classes):
                directions = self.rows.directions(some)
                self._note(some, ours, directions, directions @ columns.T, views)
            return
        directions = self.rows.directions(here)
        cosines = directions @ self.columns.T
        for rows, pairs in _by_source(self.rows, here, views.pairs):
            cosines[rows, views.labels[pairs]] = directions[rows] @ views.columns[pairs].T
        self._note(here, ours, directions, cosines, views)

    def _note(self, here: Integers, ours: Integers, directions: Floats, cosines: Floats, views: _Views) -> None:
        """Note what the cosines (k, classes) of rows say, which are among all rows of their sources.

        The memory of the cosines is used.
        """
        found, labels = self.found, self.rows.labels[here]
        its_label = np.arange(len(here)), labels
        places, there = views.pairs.find(self.rows.pairs(here))
        beside = self.means.photos[labels]
        beside[there] = views.others[places[there]]
        found.own[here], found.beside[here] = cosines[its_label], beside
        alone = np.flatnonzero(beside == 0)
        if len(alone):
            own = self._with_own_photos(here[alone], ours, directions[alone], views.pairs)
            found.own[here[alone]], found.beside[here[alone]] = own
        cosines[:, self.means.supporters == 0] = -np.inf
        cosines[its_label] = -np.inf
        found.other[here], found.nearest[here] = _highest(cosines, cosines.argmax(axis=1))
        older = [row[:label].argmax() if label else 0 for row, label in zip(cosines, labels.tolist(), strict=True)]
        found.older[here], found.nearest_older[here] = _highest(cosines, np.array(older, np.int64))

    def _with_own_photos(
        self, here: Integers, ours: Integers, directions: Floats, counted: PairSums
    ) -> tuple[Floats, Integers]:
        """Return the cosine of each row with its source's other photos of its label, NaN without, and how many."""
        pairs, everywhere = self.rows.pairs(here), np.ones(len(here), np.bool_)
        usable = PairSums.of(self.rows, ours[self.usable[ours] & np.isin(self.rows.pairs(ours), pairs)])
        sums, photos = usable.without(directions, pairs, counted=everywhere)
        counting, count = counted.without(directions, pairs, counted=self.counting[here])
        sums[count > 0], photos = counting[count > 0], np.where(count > 0, count, photos)
        cosines: Floats = np.where(photos > 0, np.einsum("nd,nd->n", unit(sums), directions), np.float32(np.nan))
        return cosines, photos


def _by_source(rows: Rows, here: Integers, pairs: PairSums) -> Iterator[tuple[slice, slice]]:
    """Yield where the rows of each source are among some (k,), and its pairs among theirs; both come source by source.

    A source none of whose rows counts has no pairs.
    """
    sources, begins = np.unique(rows.sources[here], return_index=True)
    of_pairs = pairs.pairs // rows.classes
    firsts: Integers = np.asarray(np.searchsorted(of_pairs, sources, side="left"))
    lasts: Integers = np.asarray(np.searchsorted(of_pairs, sources, side="right"))
    for begin, end, first, last in zip(begins, [*begins[1:], len(here)], firsts, lasts, strict=True):
        if first < last:
            yield slice(begin, end), slice(first, last)


def _highest(cosines: Floats, places: Integers) -> tuple[Floats, Integers]:
    """Return the cosine of each row at its place, and the place; 0 and -1 where it is masked."""
    highest = cosines[np.arange(len(cosines)), places]
    there = highest > -np.inf
    return np.where(there, highest, np.float32(0)), np.where(there, places, -1)


def _founders(rows: Rows, chosen: Integers) -> Integers:
    founders = np.full(rows.classes, -1)
    order = chosen[np.lexsort((rows.chronology[chosen], rows.labels[chosen]))]
    labels, first = np.unique(rows.labels[order], return_index=True)
    founders[labels] = rows.sources[order[first]]
    return founders
