"""What users feel of a story, as shares of test photos from 0 to 1. NaN where nobody is there to ask.

Accepted: the right label is said, at or above the threshold. Of strangers: any label is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.learning.heads import Bundle, Head, Probabilities, State, Verdict
from bench.learning.people import Floats
from bench.learning.world import Member, Story

RATES = (0.01, 0.025, 0.05)
"""Of strangers accepted."""
NOBODY = float("nan")

Flags = NDArray[np.bool_]
Scores = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Answers:
    """What a head says to the tests of some people."""

    accepted: float
    right: float
    """Whether it is said or not."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One story's. Old people are those of the base, new ones have come since."""

    old_first: float
    """Accepted with the first head."""
    old_best: float
    old_latest: float
    new_best: float
    new_latest: float
    strangers_first: float
    strangers_best: float
    strangers_latest: float
    top1_first: float
    """Of everybody who is known at the end."""
    top1_best: float
    top1_latest: float
    published: float
    """The share of cycles that changed best."""
    largest_loss: float
    """The most that the acceptance of those whom best knew before a cycle fell by that cycle; best before and after."""
    known: float
    """How many people the group has at the end, not a share."""
    seconds: float
    """Of processor, for a cycle, on average."""


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """What came of one scenario in one world with one seed."""

    scenario: str
    world: str
    seed: int
    figures: Figures
    reasons: tuple[str, ...]
    """Of the gate, cycle by cycle."""
    curves: Mapping[str, Mapping[float, float]]
    """best, latest, cosine -> rate of strangers -> share accepted; empty where it is not asked for."""


def measure(story: Story, bundle: Bundle, states: Sequence[State], verdicts: Sequence[Verdict]) -> Figures:
    """Return the figures of a story; `states` are those before the first cycle and after each."""
    first, end = bundle.first, states[-1]
    old, new = story.cast.base, _arrived(story)
    strangers = story.cast.strangers
    return Figures(
        old_first=answers(first, old, story.aliases).accepted,
        old_best=answers(end.best, old, story.aliases).accepted,
        old_latest=answers(end.latest, old, story.aliases).accepted,
        new_best=answers(end.best, new, story.aliases).accepted,
        new_latest=answers(end.latest, new, story.aliases).accepted,
        strangers_first=accepted(first, strangers),
        strangers_best=accepted(end.best, strangers),
        strangers_latest=accepted(end.latest, strangers),
        top1_first=answers(first, [*old, *new], story.aliases).right,
        top1_best=answers(end.best, [*old, *new], story.aliases).right,
        top1_latest=answers(end.latest, [*old, *new], story.aliases).right,
        published=float(np.mean([verdict.published for verdict in verdicts])),
        largest_loss=_largest_loss(story, states),
        known=float(len(old) + len(new)),
        seconds=float(np.mean([verdict.seconds for verdict in verdicts])),
    )


def answers(head: Head, members: Sequence[Member], aliases: Mapping[str, str]) -> Answers:
    """Put the tests of people to a head."""
    if not members:
        return Answers(NOBODY, NOBODY)
    right, probabilities = _answer(head, members, aliases)
    return Answers(float(np.mean(right & (probabilities >= head.threshold))), float(np.mean(right)))


def accepted(head: Head, strangers: Floats) -> float:
    """Return the share of strangers' photos (n, d) that are called somebody."""
    return float(np.mean(head.answer(strangers)[1] >= head.threshold)) if len(strangers) else NOBODY


def curve(head: Head, story: Story) -> dict[float, float]:
    """Return the share of everybody known that is accepted at thresholds that let in stated rates of strangers."""
    right, probabilities = _answer(head, [*story.cast.base, *_arrived(story)], story.aliases)
    return _at_rates(right, probabilities, head.answer(story.cast.strangers)[1])


def cosine_curve(story: Story) -> dict[float, float]:
    """Return the same for cosine to the means of base and uploads by label, whose score is the cosine."""
    means = _class_means(story)
    names, directions = list(means), np.stack(list(means.values()))
    members = [*story.cast.base, *_arrived(story)]
    tests = _unit(np.concatenate([member.tests for member in members])) @ directions.T
    said = np.array([story.aliases.get(name, name) for name in names])[tests.argmax(axis=1)]
    right = said == np.repeat([member.name for member in members], [len(member.tests) for member in members])
    return _at_rates(right, tests.max(axis=1), (_unit(story.cast.strangers) @ directions.T).max(axis=1))


def names_of_figures() -> tuple[str, ...]:
    """Return them in the order of the table."""
    return tuple(one.name for one in fields(Figures))


def _answer(head: Head, members: Sequence[Member], aliases: Mapping[str, str]) -> tuple[Flags, Probabilities]:
    """Return which tests are right, and how sure the head is of each."""
    classes, probabilities = head.answer(np.concatenate([member.tests for member in members]))
    said = np.array([aliases.get(label, label) for label in head.labels])[classes]
    right = said == np.repeat([member.name for member in members], [len(member.tests) for member in members])
    return right, probabilities


def _arrived(story: Story) -> list[Member]:
    """Return the new people who were uploaded at all."""
    said = {upload.label for upload in story.uploads()}
    return [member for member in story.cast.new if member.name in said]


def _largest_loss(story: Story, states: Sequence[State]) -> float:
    losses = []
    for before, after in pairwise(states):
        labels = {story.aliases.get(label, label) for label in before.best.labels}
        known = [member for member in (*story.cast.base, *story.cast.new) if member.name in labels]
        pair = [answers(state.best, known, story.aliases).accepted for state in (before, after)]
        losses.append(pair[0] - pair[1])
    return max(losses, default=NOBODY)


def _at_rates(right: Flags, known: Scores, strangers: Scores) -> dict[float, float]:
    """Accept above the score that lets in the stated rate of strangers."""
    thresholds = np.quantile(strangers, [1 - rate for rate in RATES])
    return {
        rate: float(np.mean(right & (known > threshold))) for rate, threshold in zip(RATES, thresholds, strict=True)
    }


def _class_means(story: Story) -> dict[str, Floats]:
    photos: dict[str, list[Floats]] = {member.name: list(member.base) for member in story.cast.base}
    for upload in story.uploads():
        photos.setdefault(upload.label, []).append(upload.embedding)
    return {name: _unit(_unit(np.stack(own)).mean(axis=0, keepdims=True))[0] for name, own in photos.items()}


def _unit(vectors: Floats) -> Floats:
    units: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return units
