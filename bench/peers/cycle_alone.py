"""FEDEx's training cycle alone, without service and devices: what it makes of a cast's uploads, for its accuracy.

It is the code that the worker runs: the ledger, the trials, the gate. The first head is fitted as the export does it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench.isolated import in_fresh_process
from bench.learning.world import Cast as Played
from bench.learning.world import Member, Upload
from bench.peers.task import Accuracy, Cast, Floats, Task, score
from export.quiet import import_quietly

if TYPE_CHECKING:
    from bench.learning.heads import Head as CloudHead


@dataclass(frozen=True, slots=True)
class Cycle:
    """What one cast's cycle came to."""

    accuracy: Accuracy
    """Of the head that devices then use: the new one, or the first where the gate refused it."""
    latest: Accuracy
    """Of the new head."""
    refusal: str
    """Why it did, or ""."""
    processor_s: float
    """Of the cycle, in a process that runs already; the first of a process is longer."""


def play_cycles(kept: Path) -> list[Cycle]:
    """Return what becomes of every cast of the task in a file, in a process of its own, for Keras' sake."""
    return in_fresh_process(_play_all, kept)


def _play_all(kept: Path) -> list[Cycle]:
    import_quietly("keras")
    task = Task.load(kept)
    return [_play(task, cast) for cast in task.casts]


def _play(task: Task, cast: Cast) -> Cycle:
    from bench.learning.cycle import Pool, make_bundle, run_cycle
    from bench.learning.heads import State

    bundle = make_bundle(_as_played(task, cast))
    pool = Pool.of(bundle)
    pool.add(_uploads(task))
    after, verdict = run_cycle(State(bundle.first, bundle.first), pool)
    best, latest = (_score(head, task, cast) for head in (after.best, after.latest))
    return Cycle(best, latest, "" if verdict.published else verdict.reason, verdict.seconds)


def _score(head: CloudHead, task: Task, cast: Cast) -> Accuracy:
    places = np.array([task.people.index(label) for label in head.labels])
    classes, _ = head.answer(task.tests)
    return score(places[classes], task, cast)


def _as_played(task: Task, cast: Cast) -> Played:
    members = [_member(task, number) for number in range(len(task.people))]
    nobody = np.zeros((0, task.tests.shape[1]), np.float32)
    known = tuple(member for member, is_new in zip(members, cast.new, strict=True) if not is_new)
    new = tuple(member for member, is_new in zip(members, cast.new, strict=True) if is_new)
    return Played(known, new, nobody)


def _member(task: Task, number: int) -> Member:
    own: Floats = task.tests[task.owners == number]
    return Member(task.people[number], task.base[number], task.uploads[number], own)


def _uploads(task: Task) -> Sequence[Upload]:
    """Return everybody's uploads: a device a person."""
    return [
        Upload(f"device-{number}", photo, name, embedding)
        for number, name in enumerate(task.people)
        for photo, embedding in enumerate(task.uploads[number])
    ]
