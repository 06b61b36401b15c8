"""Heads as peers begin with them, in numpy: the one in use, class means, and nothing at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.peers.task import Cast, Floats, Integers, Task
from export.heads.class_means import START_LENGTH, unit_vectors
from export.heads.fit import fit_classifier

INT8_STEPS = 127


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

    @property
    def kb(self) -> float:
        """Return its size in kB, as float32 without any protocol."""
        return (self.kernel.nbytes + self.bias.nbytes) / 1000

    def answer(self, embeddings: Floats) -> Integers:
        """Return the best class of each embedding (n, d)."""
        best: Integers = self.logits(embeddings).argmax(axis=1)
        return best

    def logits(self, embeddings: Floats) -> Floats:
        """Return the logits (n, people) of embeddings (n, d)."""
        logits: Floats = embeddings @ self.kernel + self.bias
        return logits


def class_means(task: Task, cast: Cast) -> Head:
    """Return the means of unit embeddings: what each device sends once, with the server's base photos added."""
    sums = _units(task.uploads).sum(axis=1)
    sums[cast.known] += _units(task.base[cast.known]).sum(axis=1)
    kernel = START_LENGTH * unit_vectors(sums).T
    return Head(np.ascontiguousarray(kernel), np.zeros(len(task.people), np.float32))


def unit_mean(embeddings: Floats) -> Floats:
    """Return what a device sends for class means: the mean direction (d,) of its photos' embeddings (n, d)."""
    mean: Floats = unit_vectors(embeddings).mean(axis=0)
    return mean


def as_int8(head: Head) -> Head:
    """Return what the other side has of a head whose kernel went as int8, with a scale and a float32 bias a class."""
    scales = np.abs(head.kernel).max(axis=0, keepdims=True) / np.float32(INT8_STEPS)
    rounded: Floats = np.round(head.kernel / np.where(scales > 0, scales, 1)) * scales
    return Head(rounded, head.bias)


def int8_kb(dimensions: int, classes: int) -> float:
    """Return the kB of such a head, without any protocol."""
    return (dimensions + 8) * classes / 1000


def _units(embeddings: Floats) -> Floats:
    flat = embeddings.reshape(-1, embeddings.shape[-1])
    return unit_vectors(flat).reshape(embeddings.shape)
