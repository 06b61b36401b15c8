"""The recipes of a last layer: how it is trained. Plain numbers, without Keras."""

from __future__ import annotations

from dataclasses import dataclass

EPOCHS = (0, 10, 50)
"""The recipes that are tried, by their epochs. The longer one trains on few photos, the surer it is of strangers; where
there are many, or the class means lie badly, it answers more.
"""


SMALLEST_BATCH, LARGEST_BATCH = 16, 2048


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a classifier is trained."""

    learning_rate: float = 1e-3
    epochs: int = 50
    """Without any, the classifier is the class means."""
    batch_size: int | None = None
    """Without one, it grows with the number of samples."""
    weight_decay: float = 0.0
    seed: int = 0

    def batch_for(self, samples: int) -> int:
        """Return the batch size: a quarter of the samples, as a power of two between 16 and 2048, unless it is given.

        So the smallest problems, too, take some hundred steps, and the largest ones are a matter of multiplying.
        """
        if self.batch_size is not None:
            return self.batch_size
        quarter = 1 << max(samples // 4, 1).bit_length() - 1
        return min(max(quarter, SMALLEST_BATCH), LARGEST_BATCH)


STATED_RECIPE = Recipe()
