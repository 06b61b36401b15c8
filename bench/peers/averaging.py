"""Federated averaging of a last layer in numpy: the same rounds as Flower's, much sooner, for sweeps.

A device's steps of full-batch gradient descent move the kernel only within the span of its few embeddings (n, d). So
its logits follow from those that it began with and from the products of its embeddings, and no kernel of a device is
formed::

    kernel after - kernel before = -rate * embeddings.T @ (sum of the steps' gradients on the logits)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bench.peers.heads import Head, as_int8
from bench.peers.task import Floats, Integers, Task

MOMENTUM = 0.9


@dataclass(frozen=True, slots=True)
class Averaging:
    """How heads are averaged."""

    epochs: int
    rate: float
    momentum: float = 0.0
    """Of the server; FedAvgM has some."""
    a_round: int | None = None
    """How many devices take part in a round, drawn from the seed; None: all."""
    int8: bool = False
    """Whether heads go down, and changes come up, as int8 with one scale a class."""

    @property
    def strategy(self) -> str:
        """What Flower calls it."""
        return "FedAvgM" if self.momentum else "FedAvg"


def average(averaging: Averaging, task: Task, start: Head, *, rounds: int, seed: int = 0) -> Iterator[Head]:
    """Yield the server's head after each round; every person's device has their uploads' embeddings."""
    random, devices = np.random.default_rng(seed), np.arange(len(task.people))
    head, speed = start, Head.nothing(task)
    for _ in range(rounds):
        chosen = devices
        if averaging.a_round is not None:
            chosen = np.sort(random.permutation(devices)[: averaging.a_round])
        change = _change(averaging, task, head, chosen)
        speed = _add(change, speed, averaging.momentum)
        head = _add(head, speed)
        yield head


def _change(averaging: Averaging, task: Task, head: Head, chosen: Integers) -> Head:
    """Return by how much the mean of the chosen devices' heads differs from the server's."""
    down = as_int8(head) if averaging.int8 else head
    embeddings = task.uploads[chosen]
    gradients = _gradients(averaging, embeddings, chosen, down)
    step = -np.float32(averaging.rate)
    if averaging.int8:
        changes = [
            as_int8(Head(step * one.T @ gradient, step * gradient.sum(axis=0)))
            for one, gradient in zip(embeddings, gradients, strict=True)
        ]
        mean = Head(np.mean([one.kernel for one in changes], axis=0), np.mean([one.bias for one in changes], axis=0))
        return _add(down, mean, 1.0, less=head)
    step /= np.float32(len(chosen))
    flat = embeddings.reshape(-1, embeddings.shape[-1])
    return Head(step * flat.T @ gradients.reshape(len(flat), -1), step * gradients.sum(axis=(0, 1)))


def _gradients(averaging: Averaging, embeddings: Floats, labels: Integers, head: Head) -> Floats:
    """Return the sums (devices, n, classes) of each device's gradients on the logits, over its steps."""
    photos = np.float32(embeddings.shape[1])
    products = embeddings @ embeddings.transpose(0, 2, 1) + np.float32(1)  # 1: the bias moves too
    logits = embeddings @ head.kernel + head.bias
    wanted = np.eye(head.kernel.shape[1], dtype=np.float32)[labels][:, np.newaxis]
    sums = np.zeros_like(logits)
    for _ in range(averaging.epochs):
        answers = np.exp(logits - logits.max(axis=-1, keepdims=True))
        answers /= answers.sum(axis=-1, keepdims=True)
        gradient = (answers - wanted) / photos
        sums += gradient
        logits -= np.float32(averaging.rate) * (products @ gradient)
    return sums


def _add(one: Head, other: Head, times: float = 1.0, *, less: Head | None = None) -> Head:
    """Return one head and `times` another, less a third."""
    kernel, bias = one.kernel + np.float32(times) * other.kernel, one.bias + np.float32(times) * other.bias
    return Head(kernel, bias) if less is None else Head(kernel - less.kernel, bias - less.bias)
