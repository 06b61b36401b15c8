"""The recipes of a last layer: how it is trained. Plain numbers, without Keras."""

from __future__ import annotations

import math
from dataclasses import dataclass

EPOCHS = (0, 10, 50)
"""The recipes that are tried, by their epochs. The longer one trains on few photos, the surer it is of strangers; where
there are many, or the class means lie badly, it answers more.
"""


SMALLEST_BATCH, LARGEST_BATCH = 16, 2048
MOST_STEPS_OF_AN_EPOCH = 8
FEW_SAMPLES = MOST_STEPS_OF_AN_EPOCH * LARGEST_BATCH
"""Up to so many, the batch is an eighth to a quarter of the samples, and all epochs are run."""
MOST_PACE = 3.0


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

    def pace_for(self, samples: int) -> float:
        """Return how much longer each step is, and by what factor fewer of them there are, of so many samples.

        Up to 16,384 samples it is 1: all epochs are run at the stated rate, 4 to 8 steps each. With more samples
        batches do not grow, and epochs would be ever more steps. But what a head learns goes by how far it moves, which
        is steps times rate. So a training moves as far as one of 16,384 samples, by samples drawn from all; and as no
        step repeats the last ones' samples, steps are longer and fewer, by the root of how many times as many samples
        there are. Three times as long ones lose nothing, and ten times as long ones do (`docs/learning.md` has what was
        measured). A given batch size is for who wants every step.
        """
        if self.batch_size is not None:
            return 1.0
        return min(max(math.sqrt(samples / FEW_SAMPLES), 1.0), MOST_PACE)

    def rate_for(self, samples: int) -> float:
        """Return the learning rate for so many samples."""
        return self.learning_rate * self.pace_for(samples)

    def steps_for(self, samples: int) -> int:
        """Return how many steps train on so many samples, 1 or more."""
        size = min(self.batch_for(samples), samples)
        whole = -(-samples * self.epochs // size)
        if self.batch_size is not None or samples <= FEW_SAMPLES:
            return whole
        return math.ceil(self.epochs * MOST_STEPS_OF_AN_EPOCH / self.pace_for(samples))

    def epochs_for(self, samples: int) -> float:
        """Return how often such a training sees each of so many samples, on average: `epochs`, or fewer."""
        seen = self.steps_for(samples) * min(self.batch_for(samples), samples)
        return min(float(self.epochs), seen / samples)


STATED_RECIPE = Recipe()
