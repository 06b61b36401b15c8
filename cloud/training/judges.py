"""The judges: which rows heads are asked about, so that the gate can compare what they say. Pure.

All rows that are held out judge. Rows that all heads were trained on say little beside these, but where a label has no
other, or lost most of what was said of it; so of a large pool some of each label are enough. Answering is a product of
all that are asked with all classes, as often as there are trials.
"""

from __future__ import annotations

import numpy as np

from cloud.training.executors.arrays import Flags, Integers

MOST_ANSWERS = 1 << 30
"""Rows times classes, up to which all rows are asked."""
FEWEST_OF_A_LABEL = 8
"""Rows that train: three must be lost, and most of them, for a label to be in doubt (`cloud.training.gate`)."""


def choose_judges(labels: Integers, *, counting: Flags, trained: int, classes: int) -> Flags:
    """Tell which rows (n,) are asked.

    Args:
        labels: (n,), class indices.
        counting: (n,), which rows count at all; where all are asked, the others are, too.
        trained: so many rows from the first on train.
        classes: how many there are.
    """
    if len(labels) * classes <= MOST_ANSWERS:
        return np.ones(len(labels), np.bool_)
    trains = np.arange(len(labels)) < trained
    judges = counting & ~trains
    room = MOST_ANSWERS // classes - int(judges.sum())
    judges[_some_of_each(labels, counting & trains, each=max(room // classes, FEWEST_OF_A_LABEL))] = True
    return judges


def _some_of_each(labels: Integers, rows: Flags, *, each: int) -> Integers:
    """Choose so many rows of each label, from all over them, or all where it has fewer."""
    chosen = np.flatnonzero(rows)
    chosen = chosen[np.argsort(labels[chosen], kind="stable")]
    _, first, counts = np.unique(labels[chosen], return_index=True, return_counts=True)
    place, photos = np.arange(len(chosen)) - np.repeat(first, counts), np.repeat(counts, counts)
    some: Integers = chosen[(place * each) % photos < each]
    return some
