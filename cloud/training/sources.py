"""Sources: who says of a row what its label is; the bundle's base is one, each device is one. Pure."""

from __future__ import annotations

import numpy as np

from cloud.training.executors.arrays import Flags, Integers

BASE = 0
"""The source of the bundle's base; devices are 1 and up."""


def pairs_of(labels: Integers, sources: Integers) -> Integers:
    """Return the number (n,) of each row's pair of label and source; those of smaller labels are smaller."""
    pairs: Integers = labels * (int(sources.max(initial=0)) + 1) + sources
    return pairs


def vouched_for(labels: Integers, sources: Integers, *, counting: Flags, classes: int) -> Flags:
    """Tell which rows (n,) others vouch for: the base's, and of labels without base those that two devices use."""
    pairs = np.unique(pairs_of(labels, sources)[counting])
    of_labels, of_sources = np.divmod(pairs, int(sources.max(initial=0)) + 1)
    voices = np.bincount(of_labels, minlength=classes)
    has_base = np.bincount(of_labels[of_sources == BASE], minlength=classes) > 0
    vouched: Flags = np.where(has_base[labels], sources == BASE, (voices >= 2)[labels])
    return vouched
