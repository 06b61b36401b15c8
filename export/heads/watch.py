"""How a training goes, told as it goes on: its steps, and its loss over each part of it. A callback of Keras."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from contract.callbacks import Progress, ignore

FEWEST_PARTS = 10
"""Of a training that has fewer epochs; else each epoch is one."""

AtPart = Callable[[float, float, keras.Model], None]
"""Is told the epochs so far, the mean loss since it was told last, and the model as it is now."""


class TrainingWatch(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """Watches one run of `fit`, whose only Keras epoch has `steps` equal batches of `epochs` epochs."""

    def __init__(self, *, steps: int, epochs: int, progress: Progress, at_part: AtPart = ignore) -> None:
        super().__init__()
        self._steps, self._epochs, self._progress, self._at_part = steps, epochs, progress, at_part
        self._parts, self._part = max(epochs, FEWEST_PARTS), 0
        self._done, self._sum = 0, 0.0
        """Steps that were told, and the sum of their losses."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Tell how far the training is; Keras calls this, once it has carried out some steps."""
        done = min(batch + 1, self._steps)
        self._progress(done, self._steps)
        part = done * self._parts // self._steps
        if self._at_part is ignore or part == self._part:
            return
        total = float(logs["loss"]) * done  # what Keras tells is the mean of all steps so far
        mean = (total - self._sum) / (done - self._done)
        self._part, self._done, self._sum = part, done, total
        self._at_part(self._epochs * done / self._steps, mean, self.model)


def steps_of_part(steps: int, *, epochs: int) -> int:
    """Return how many steps, at least 1, may be carried out at once, so that the end of no part is passed over."""
    return max(steps // max(epochs, FEWEST_PARTS), 1)
