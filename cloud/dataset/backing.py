"""Backing: who stands for a label, and which labels wait until somebody else does. Pure: who said what in, flags out.

A label is *backed* by the bundle that has it, by two devices with samples of it, or by an operator's word. One that is
not is one device's *alone*. Of these each device may bring so many, its oldest; the others wait for a second device or
an operator: names in bulk, which take answers from people whom others know. What was released once does not wait, but
counts. Where one device alone has sent anything, nothing waits: it harms nobody but itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cloud.label_limit import LabelLimit
from contract.labels import label_key

PHOTOS_OF_A_CLASS = 2
"""Of a label train, before a head can know it."""

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class LabelStanding:
    """What is known of L labels, oldest first."""

    backed: Flags
    """(L,): the bundle has them, or an operator has allowed them."""
    released: Flags
    """(L,): devices know them from a release."""
    ready: Flags
    """(L,): there is enough to train on, or they are released; of others nothing is decided yet."""

    @classmethod
    def of(
        cls,
        labels: Sequence[str],
        photos: Integers,
        *,
        bundle: Set[str],
        released: Set[str],
        allows: Callable[[str], bool],
    ) -> LabelStanding:
        """Tell it of labels of which so many photos (L,) train.

        Args:
            labels: the labels, oldest first.
            photos: (L,), how many photos of each train and count.
            bundle: the keys of the bundle's labels.
            released: the keys of labels that devices know.
            allows: whether an operator has allowed a label.
        """
        is_released = _flags(label_key(label) in released for label in labels)
        backed = _flags(label_key(label) in bundle or allows(label) for label in labels)
        return cls(backed, is_released, is_released | (photos >= PHOTOS_OF_A_CLASS))


def find_waiting(labels: Integers, devices: Integers, standing: LabelStanding, limit: LabelLimit) -> Flags:
    """Return which labels (L,) wait for a second device or an operator.

    Args:
        labels: (n,), the label of each sample that counts.
        devices: (n,), which device it is of.
        standing: of the labels.
        limit: the most that one device may bring alone.
    """
    waiting = np.zeros(len(standing.backed), np.bool_)
    pairs = np.unique(np.stack([labels, devices]), axis=1)
    if len(np.unique(pairs[1])) < 2:
        return waiting
    voices = np.bincount(pairs[0], minlength=len(waiting))
    backed = standing.backed | (voices >= 2)
    alone = (~backed & standing.ready & (voices > 0))[pairs[0]]
    names, owners = pairs[:, alone]
    order = np.lexsort((names, ~standing.released[names], owners))
    names, owners = names[order], owners[order]
    rank = np.arange(len(owners)) - np.searchsorted(owners, owners)
    waiting[names[rank >= limit.of(int(backed.sum()))]] = True
    return waiting & ~standing.released


def _flags(each: Iterable[bool]) -> Flags:
    return np.fromiter(each, np.bool_)
