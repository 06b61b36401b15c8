"""What a last layer is trained on, batch by batch: one run of equal batches, however many epochs that is. Pure.

Up to `FEW_SAMPLES` every sample is in a batch once an epoch, and its gradient is multiplied by its weight. A larger
training sees few epochs, or a part of one: a label of four samples among thousands of labels would be in no batch by
chance, and all others would push it away. There samples are drawn as often as they weigh, and their gradients are not
multiplied: on average that is the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract.callbacks import Progress, ignore
from export.heads.class_means import Classifier, Floats, Frame, Samples
from export.heads.parts import steps_of_part
from export.heads.recipe import FEW_SAMPLES, Recipe

MOST_STEPS_AT_ONCE = 16

Members = NDArray[np.bool_]
Batch = tuple[Floats, NDArray[np.int32], Floats]
"""Embeddings (b, d), labels (b, heads) and weights (b, heads)."""


class EmbeddingBatches:
    """The batches of one training, in the order of their numbers."""

    def __init__(self, samples: Samples, members: Members, frame: Frame, recipe: Recipe) -> None:
        self._samples, self._members, self._frame = samples, members, frame
        self._rows = np.flatnonzero(members.any(axis=0))
        self._weights = samples.weights / samples.weights[self._rows].mean()
        self.size = min(recipe.batch_for(len(self._rows)), len(self._rows))
        """Samples of each batch."""
        self._steps = recipe.steps_for(len(self._rows))
        self.epochs = recipe.epochs_for(len(self._rows))
        """So often each sample is in a batch, on average."""
        self.rate = recipe.rate_for(len(self._rows))
        """The learning rate."""
        self._seed = recipe.seed
        self._draws_by_weight = len(self._rows) > FEW_SAMPLES and recipe.batch_size is None
        self._orders: dict[int, NDArray[np.intp]] = {}

    def __len__(self) -> int:
        """Return the steps of the training."""
        return self._steps

    def __getitem__(self, index: int) -> Batch:
        """Return one batch."""
        epoch, place = divmod(index * self.size, len(self._rows))
        rows = self._order(epoch)[place : place + self.size]
        if len(rows) < self.size:
            rows = np.concatenate([rows, self._order(epoch + 1)[: self.size - len(rows)]])
        members = self._members[:, rows].T
        weights = (members if self._draws_by_weight else members * self._weights[rows, np.newaxis]).astype(np.float32)
        labels = self._samples.labels[rows, np.newaxis].astype(np.int32)
        embeddings = (self._samples.vectors(rows) - self._frame.centre) * np.float32(self._frame.scale)
        return embeddings, np.broadcast_to(labels, weights.shape), weights

    def _order(self, epoch: int) -> NDArray[np.intp]:
        """Return the rows of an epoch, as many as there are, in order; those of this one and the last are kept."""
        if epoch not in self._orders:
            random = np.random.default_rng((self._seed, epoch))
            rows = self._drawn(random) if self._draws_by_weight else self._rows
            self._orders = {**dict(list(self._orders.items())[-1:]), epoch: random.permutation(rows)}
        return self._orders[epoch]

    def _drawn(self, random: np.random.Generator) -> NDArray[np.intp]:
        """Return as many rows as there are, each as often as its share of all weights asks for, rounded up or down."""
        until = np.cumsum(self._weights[self._rows], dtype=np.float64)
        count = len(self._rows)
        places = np.searchsorted(until, (np.arange(count) + random.random()) * (until[-1] / count), side="right")
        drawn: NDArray[np.intp] = self._rows[np.minimum(places, count - 1)]
        return drawn


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """Several classifiers over the same embeddings that train as one, side by side."""

    batches: EmbeddingBatches
    begin: Classifier
    """A kernel (d, heads * classes) and a bias (heads * classes,)."""
    heads: int
    still: NDArray[np.bool_]
    """(heads * classes,): columns that stay as they begin."""
    recipe: Recipe
    progress: Progress = ignore
    at_part: Callable[[float, float, Classifier], None] = ignore
    """Is told the epochs so far, the mean loss since it was told last, and all columns as they are then."""

    @property
    def steps_at_once(self) -> int:
        """After how many steps `progress` and `at_part` are asked, at most."""
        steps = len(self.batches)
        return min(
            MOST_STEPS_AT_ONCE, steps if self.at_part is ignore else steps_of_part(steps, epochs=self.batches.epochs)
        )

    @property
    def products(self) -> int:
        """How many multiplications of a weight by a sample it takes, forward alone."""
        return len(self.batches) * self.batches.size * int(self.begin[0].size)
