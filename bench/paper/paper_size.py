"""The last layer at the paper's size: 8,631 classes and 437,855 more samples of the same, whose features are drawn.

The people are those of `bench.measure.crowd`, whose photos lie about as small real faces do. What is trained is what
two trials of a training cycle train: the class means, and the last layer from there on, as its recipe has it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.learning.people import DIMENSIONS, Floats, Integers
from bench.measure.crowd import Crowd
from contract.cuts import TABLE_1_CLASSES
from export.heads.class_means import Classifier
from export.heads.fit import fit_classifier
from export.heads.recipe import Recipe
from export.quiet import import_quietly

ASKED_AT_ONCE = 2048
MEANS, LONG = Recipe(epochs=0), Recipe()


@dataclass(frozen=True, slots=True)
class CrowdSize:
    """How many people there are, and how many photos."""

    people: int
    base_photos: int
    """Of each person, which are there from the start."""
    more: int
    """Photos that can be added, of anybody."""
    tests: int
    """Of each person."""


PAPER = CrowdSize(TABLE_1_CLASSES, base_photos=5, more=437_855, tests=2)


@dataclass(frozen=True, slots=True)
class SharePoint:
    """A classifier once a share was added, from 0 to 1."""

    share: float
    samples: int
    """In all."""
    right: float
    """Of the photos that are asked, from 0 to 1."""
    seconds: float
    """Of its training."""
    steps_a_second: float | None = None
    """None where there are none."""


def measure_shares(
    size: CrowdSize, *, shares: Sequence[float], trained: Sequence[float], say: Callable[[str], None]
) -> tuple[list[SharePoint], list[SharePoint]]:
    """Return what class means come to with each share, and training with some; it loads Keras."""
    import_quietly("keras")
    crowd = Crowd(size.people)
    everybody = np.arange(size.people)
    more = np.random.default_rng(1).integers(0, size.people, size.more)
    owners = np.concatenate([everybody.repeat(size.base_photos), more])
    photos = _photograph(crowd, owners, seed=0)
    asked_owners = everybody.repeat(size.tests)
    asked = _photograph(crowd, asked_owners, seed=1)

    def point(share: float, recipe: Recipe) -> SharePoint:
        count = size.people * size.base_photos + round(share * size.more)
        steps: list[tuple[float, int]] = []
        began = time.perf_counter()
        classifier = fit_classifier(
            photos[:count],
            owners[:count],
            classes=size.people,
            recipe=recipe,
            progress=lambda done, total: steps.append((time.perf_counter(), done)),
        )
        took_s = time.perf_counter() - began
        say(f"{count:,} samples, {recipe.epochs} epochs: {took_s:.0f} s")
        return SharePoint(share, count, _right(classifier, asked, asked_owners), took_s, _rate(steps))

    return [point(share, MEANS) for share in shares], [point(share, LONG) for share in trained]


def epoch_steps(samples: int) -> float:
    """Return how many steps of the recipe's batches go over so many samples once."""
    return samples / LONG.batch_for(samples)


def _photograph(crowd: Crowd, owners: Integers, *, seed: int) -> Floats:
    photos = np.empty((len(owners), DIMENSIONS), np.float32)
    begin = 0
    for some in crowd.photograph(owners, seed=seed):
        photos[begin : begin + len(some)] = some
        begin += len(some)
    return photos


def _right(classifier: Classifier, asked: Floats, owners: Integers) -> float:
    kernel, bias = classifier
    parts = (slice(begin, begin + ASKED_AT_ONCE) for begin in range(0, len(asked), ASKED_AT_ONCE))
    right = sum(int(((asked[part] @ kernel + bias).argmax(axis=1) == owners[part]).sum()) for part in parts)
    return right / len(asked)


def _rate(steps: Sequence[tuple[float, int]]) -> float | None:
    """Return steps a second from the first report to the last, for what is before the first is start."""
    if len(steps) < 2:
        return None
    (began, skipped), (ended, done) = steps[0], steps[-1]
    return (done - skipped) / (ended - began)
