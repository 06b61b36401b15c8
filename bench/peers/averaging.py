"""Federated averaging of a last layer in numpy: the same rounds as Flower's, much sooner, for sweeps.

A device's steps of full-batch gradient descent move the layer only within the span of its few embeddings (n, d), and
the mean of all devices only within the span of all uploads. So a round is told by one row of numbers for each upload,
and logits follow from the products of embeddings; no kernel of a device is formed::

    kernel = start's kernel + uploads.T @ moved       bias = start's bias + moved.sum(axis=0)

int8 rounds what goes over the line, which leaves that span: there every device's layer is formed.
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
    """Whether kernels go down, and their changes come up, as int8 with a scale a class; without momentum, by all."""

    @property
    def strategy(self) -> str:
        """What Flower calls it."""
        return "FedAvgM" if self.momentum else "FedAvg"


def average(averaging: Averaging, task: Task, start: Head, *, rounds: int, seed: int = 0) -> Iterator[Head]:
    """Yield the server's head after each round; every person's device has their uploads' embeddings."""
    if averaging.int8:
        yield from _average_int8(averaging, task, start, rounds)
        return
    uploads = _flat(task)
    for moved in _moved(averaging, task, start, rounds, seed):
        yield Head(start.kernel + uploads.T @ moved, start.bias + moved.sum(axis=0))


def answers(averaging: Averaging, task: Task, start: Head, *, rounds: int, seed: int = 0) -> Iterator[Integers]:
    """Yield what the server's head answers to the tested photos after each round; sooner than by the heads."""
    if averaging.int8:
        yield from (head.answer(task.tests) for head in _average_int8(averaging, task, start, rounds))
        return
    first, products = start.logits(task.tests), _products(task.tests, _flat(task))
    for moved in _moved(averaging, task, start, rounds, seed):
        yield (first + products @ moved).argmax(axis=1)


def _moved(averaging: Averaging, task: Task, start: Head, rounds: int, seed: int) -> Iterator[Floats]:
    """Yield after each round how far each upload has moved the head (uploads, classes)."""
    random, devices = np.random.default_rng(seed), np.arange(len(task.people))
    uploads, shape = _flat(task), (*task.uploads.shape[:2], len(task.people))
    first, products, own = start.logits(uploads), _products(uploads, uploads), _own_products(task)
    moved = speed = np.zeros_like(first)
    for _ in range(rounds):
        chosen = devices
        if averaging.a_round is not None:
            chosen = np.sort(random.permutation(devices)[: averaging.a_round])
        logits = (first + products @ moved).reshape(shape)[chosen]
        change = np.zeros(shape, np.float32)
        step = np.float32(averaging.rate / len(chosen))
        change[chosen] = -step * _gradients(averaging, logits, own[chosen], chosen)
        speed = change.reshape(first.shape) + np.float32(averaging.momentum) * speed
        moved = moved + speed
        yield moved


def _gradients(averaging: Averaging, logits: Floats, own: Floats, labels: Integers) -> Floats:
    """Return the sums (devices, n, classes) of each device's gradients on its logits, over its steps.

    `own` are the products (devices, n, n) of a device's embeddings.
    """
    photos, logits = np.float32(logits.shape[1]), logits.copy()
    wanted = np.eye(logits.shape[2], dtype=np.float32)[labels][:, np.newaxis]
    sums = np.zeros_like(logits)
    for _ in range(averaging.epochs):
        said = np.exp(logits - logits.max(axis=-1, keepdims=True))
        said /= said.sum(axis=-1, keepdims=True)
        gradient = (said - wanted) / photos
        sums += gradient
        logits -= np.float32(averaging.rate) * (own @ gradient)
    return sums


def _average_int8(averaging: Averaging, task: Task, start: Head, rounds: int) -> Iterator[Head]:
    head, own, devices = start, _own_products(task), np.arange(len(task.people))
    step = -np.float32(averaging.rate)
    for _ in range(rounds):
        down = as_int8(head)
        gradients = _gradients(averaging, task.uploads @ down.kernel + down.bias, own, devices)
        changes = [
            as_int8(Head(step * photos.T @ gradient, step * gradient.sum(axis=0)))
            for photos, gradient in zip(task.uploads, gradients, strict=True)
        ]
        head = Head(
            down.kernel + np.mean([change.kernel for change in changes], axis=0),
            down.bias + np.mean([change.bias for change in changes], axis=0),
        )
        yield head


def _flat(task: Task) -> Floats:
    """Return all uploads (n, d), person by person."""
    return task.uploads.reshape(-1, task.uploads.shape[-1])


def _own_products(task: Task) -> Floats:
    """Return the products (people, n, n) of each device's own embeddings."""
    products: Floats = task.uploads @ task.uploads.transpose(0, 2, 1) + np.float32(1)
    return products


def _products(one: Floats, other: Floats) -> Floats:
    """Return the products of all embeddings with all others; the bias moves, too, as one more that is always 1."""
    products: Floats = one @ other.T + np.float32(1)
    return products
