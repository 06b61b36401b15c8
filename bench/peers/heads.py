"""Heads as peers begin with them, in numpy: the one in use, class means, and nothing at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.peers.task import Cast, Floats, Integers, Task
from export.heads.class_means import START_LENGTH, unit_vectors
from export.heads.fit import fit_classifier


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A last layer: logits are `embeddings @ kernel + bias`."""

    kernel: Floats
    """(d, people)."""
    bias: Floats

    @classmethod
    def nothing(cls, task: Task) -> Head:
        """Return the head of zeros."""
        people = len(task.people)
        return cls(np.zeros((task.tests.shape[1], people), np.float32), np.zeros(people, np.float32))

    @classmethod
    def in_use(cls, task: Task, cast: Cast) -> Head:
        """Return what the project fits to the base photos of those who are known.

        The column of a new person is 0, with the bias 0: the logit of nobody in particular. A first head of ours has no
        such column, and gives it a bias below all others once it comes; averaging would take long to climb from there.
        """
        known = cast.known
        embeddings = task.base[known].reshape(-1, task.base.shape[-1])
        labels = np.arange(len(known)).repeat(task.base.shape[1])
        kernel, bias = fit_classifier(embeddings, labels, classes=len(known))
        head = cls.nothing(task)
        head.kernel[:, known], head.bias[known] = kernel, bias
        return head

    def answer(self, embeddings: Floats) -> Integers:
        """Return the best class of each embedding (n, d)."""
        best: Integers = (embeddings @ self.kernel + self.bias).argmax(axis=1)
        return best


def class_means(task: Task, cast: Cast) -> Head:
    """Return the means of unit embeddings: what each device sends once, with the server's base photos added."""
    sums = _units(task.uploads).sum(axis=1)
    sums[cast.known] += _units(task.base[cast.known]).sum(axis=1)
    kernel = START_LENGTH * unit_vectors(sums).T
    return Head(np.ascontiguousarray(kernel), np.zeros(len(task.people), np.float32))


def _units(embeddings: Floats) -> Floats:
    flat = embeddings.reshape(-1, embeddings.shape[-1])
    return unit_vectors(flat).reshape(embeddings.shape)
