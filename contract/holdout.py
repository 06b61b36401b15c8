"""The split: which samples train a head and which only judge it. Pure, and the same everywhere."""

from enum import StrEnum

FIRST_PHOTOS_THAT_TRAIN = 3
HELD_OUT_ONE_IN = 5


class Split(StrEnum):
    """The part of a dataset that a sample belongs to, decided once and kept."""

    TRAIN = "train"
    HELD_OUT = "held-out"

    @property
    def code(self) -> int:
        """How files keep the split: 0 trains, 1 is held out."""
        return SPLITS.index(self)


SPLITS = (Split.TRAIN, Split.HELD_OUT)
"""The splits by their codes."""


def assign_split(sample_id: bytes, photos_before: int) -> Split:
    """Decide the split of a sample whose label had `photos_before` photos in its pool already.

    The first three photos of a label train. Of later ones a fifth is held out: those whose id, read as a big-endian
    fraction of 2**128, lies below 1/5. Nothing but the id and the count matters: an id that a device may have chosen is
    not given, but what a secret makes of it.
    """
    if photos_before < FIRST_PHOTOS_THAT_TRAIN:
        return Split.TRAIN
    fraction = int.from_bytes(sample_id, "big") * HELD_OUT_ONE_IN
    return Split.HELD_OUT if fraction < 1 << (8 * len(sample_id)) else Split.TRAIN
