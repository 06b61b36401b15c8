"""The parts of a training, by which it is told as it goes on: its steps, and its loss over each part of it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from contract.callbacks import Progress, ignore

State = TypeVar("State")

FEWEST_PARTS = 10
"""Of a training that has fewer epochs; else each epoch is one."""


class Parts(Generic[State]):
    """Tells of one run of `steps` equal batches, which are `epochs` epochs.

    `at_part` is told the epochs so far, the mean loss since it was told last, and the state as it is now.
    """

    def __init__(
        self, *, steps: int, epochs: float, progress: Progress, at_part: Callable[[float, float, State], None]
    ) -> None:
        self._steps, self._epochs, self._progress, self._at_part = steps, epochs, progress, at_part
        self._parts, self._part = _parts_of(epochs), 0
        self._done, self._sum = 0, 0.0
        """Steps that were told, and the sum of their losses."""

    def passed(self, done: int, *, loss: Callable[[], float], state: Callable[[], State]) -> None:
        """Tell how far the training is, given the mean loss of all steps so far."""
        self._progress(done, self._steps)
        part = done * self._parts // self._steps
        if self._at_part is ignore or part == self._part:
            return
        total = loss() * done
        mean = (total - self._sum) / (done - self._done)
        self._part, self._done, self._sum = part, done, total
        self._at_part(self._epochs * done / self._steps, mean, state())


def steps_of_part(steps: int, *, epochs: float) -> int:
    """Return how many steps, at least 1, may be carried out at once, so that the end of no part is passed over."""
    return max(steps // _parts_of(epochs), 1)


def _parts_of(epochs: float) -> int:
    return max(int(epochs), FEWEST_PARTS)
