"""What a last layer is trained on, batch by batch: one run of equal batches, however many epochs that is. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract.callbacks import Progress, ignore
from export.heads.class_means import Classifier, Floats, Frame, Samples
from export.heads.parts import steps_of_part
from export.heads.recipe import Recipe

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
        weights = (self._members[:, rows].T * self._weights[rows, np.newaxis]).astype(np.float32)
        labels = self._samples.labels[rows, np.newaxis].astype(np.int32)
        embeddings = (self._samples.vectors(rows) - self._frame.centre) * np.float32(self._frame.scale)
        return embeddings, np.broadcast_to(labels, weights.shape), weights

    def _order(self, epoch: int) -> NDArray[np.intp]:
        """Return all rows in the order of an epoch; that of this one and the last are kept."""
        if epoch not in self._orders:
            order = np.random.default_rng((self._seed, epoch)).permutation(self._rows)
            self._orders = {**dict(list(self._orders.items())[-1:]), epoch: order}
        return self._orders[epoch]


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
