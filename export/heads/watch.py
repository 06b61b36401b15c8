"""How a training goes, told as it goes on: a callback of Keras."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from contract.callbacks import Progress, ignore
from export.heads.parts import Parts

AtPart = Callable[[float, float, keras.Model], None]
"""Is told the epochs so far, the mean loss since it was told last, and the model as it is now."""


class TrainingWatch(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """Watches one run of `fit`, whose only Keras epoch has `steps` equal batches of `epochs` epochs."""

    def __init__(self, *, steps: int, epochs: float, progress: Progress, at_part: AtPart = ignore) -> None:
        super().__init__()
        self._steps = steps
        self._parts: Parts[keras.Model] = Parts(steps=steps, epochs=epochs, progress=progress, at_part=at_part)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Tell how far the training is; Keras calls this, once it has carried out some steps.

        What it says of the loss is the mean of all steps so far.
        """
        done = min(batch + 1, self._steps)
        self._parts.passed(done, loss=lambda: float(logs["loss"]), state=lambda: self.model)
