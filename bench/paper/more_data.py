"""What a head is worth with more and more of the photos that could be added: people of the data, a training cycle each.

Everybody is known from the start, by a photo or two. The photos that are added were taken in any order, and those of a
smaller share are among those of a larger one; two devices send those of each person. What is asked is never added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.learning.figures import answers
from bench.learning.scenarios import SAMPLES_A_SEED
from bench.learning.world import Cast, Casting, Draft, Story, Upload, cast_people
from bench.learning.worlds import people_of
from export.quiet import import_quietly

DEVICES_OF_A_PERSON = 2


@dataclass(frozen=True, slots=True)
class Draw:
    """Who has which photos where, by chance."""

    world: str
    base_photos: int
    """Of each person, which the first head knows."""
    seed: int


@dataclass(frozen=True, slots=True)
class Point:
    """The head that devices have once a share was added; shares are from 0 to 1."""

    draw: Draw
    share: float
    added: int
    """Photos."""
    right: float
    """Of the photos that are asked, whether the answer is said or not."""
    said: float
    """Of these, said and right."""
    published: bool
    """Whether the gate let a new head pass; without, devices keep the first one."""


def play_draw(draw: Draw, *, shares: Sequence[float], work: Path) -> list[Point]:
    """Add one share after another to the same first head; it loads Keras."""
    import_quietly("keras")
    from bench.learning.cycle import make_bundle
    from bench.learning.playing import run_story

    people = people_of(draw.world, work=work, seed=draw.seed)
    cast = cast_people(people, Casting(people.count, 0, draw.base_photos), seed=draw.seed)
    bundle = make_bundle(cast)
    uploads = all_uploads(cast, seed=draw.seed)
    points = []
    for share in shares:
        chosen = uploads[: round(share * len(uploads))]
        states, verdicts = run_story(Story(cast, (tuple(chosen),) if chosen else (), {}), bundle)
        told = answers(states[-1].best, cast.base, {})
        published = all(verdict.published for verdict in verdicts)
        points.append(Point(draw, share, len(chosen), told.right, told.accepted, published))
    return points


def all_uploads(cast: Cast, *, seed: int) -> list[Upload]:
    """Return everything that could be added, in the order in which it is."""
    draft = Draft(cast, np.random.default_rng((seed, 4)), samples=seed * SAMPLES_A_SEED)
    draft.begin_cycle()
    for member in cast.base:
        draft.send(member.name, member.stock, draft.choose_devices(DEVICES_OF_A_PERSON))
    uploads = draft.cycles[0]
    return [uploads[place] for place in draft.random.permutation(len(uploads)).tolist()]
