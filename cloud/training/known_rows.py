"""Known rows: of which rows of a cycle embeddings through a body were kept, and which are new to it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from cloud.training.executors.arrays import Array, Flags, Floats, Integers
from cloud.training.executors.task_data import TaskData

ROWS_AT_ONCE = 4096


@dataclass(frozen=True, slots=True, eq=False)
class KnownRows:
    """What is known of rows (n,) through one body."""

    places: Integers
    """(n,): of each row its place in the pieces, one after another; -1: it is new."""
    pieces: tuple[Floats, ...] = field(default=())
    """Embeddings (k, d) each, which may be mapped, and hold others too."""

    @classmethod
    def none_of(cls, rows: int) -> KnownRows:
        """Return what is known of rows that are all new."""
        return cls(np.full(rows, -1))

    def __len__(self) -> int:
        return len(self.places)

    @property
    def new(self) -> Flags:
        """Which rows (n,) are new."""
        return self.places < 0

    def gather(self, new: Floats) -> Iterator[Floats]:
        """Yield the embeddings (k, d) of all rows in order, a bounded number at a time, given those of the new ones."""
        begins, taken = np.cumsum([0, *map(len, self.pieces)]), 0
        for places in in_parts(self.places):
            rows = np.empty((len(places), new.shape[1]), np.float32)
            for first, piece in zip(begins, self.pieces, strict=False):
                here = (places >= first) & (places < first + len(piece))
                rows[here] = piece[places[here] - first]
            here = places < 0
            count = int(here.sum())
            rows[here] = new[taken : taken + count]
            taken += count
            yield rows

    def arrays(self, name: str) -> dict[str, Array]:
        """Return the arrays for a task's data."""
        pieces = {f"{name}_{number}": piece for number, piece in enumerate(self.pieces)}
        return {f"{name}_places": self.places, **pieces}

    @classmethod
    def unpack(cls, data: TaskData, name: str) -> KnownRows:
        """Read what `arrays` returned."""
        numbers = range(len(data.arrays))
        names = [f"{name}_{number}" for number in numbers if f"{name}_{number}" in data.arrays]
        return cls(data.integers(f"{name}_places"), tuple(data.floats(each) for each in names))


def in_parts(numbers: Integers) -> Iterator[Integers]:
    """Yield some numbers (n,) in parts (k,), of a bounded number of rows each."""
    return (numbers[begin : begin + ROWS_AT_ONCE] for begin in range(0, len(numbers), ROWS_AT_ONCE))
